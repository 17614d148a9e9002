import type { ReplyShapes } from '../gatewayOptions';
import type { FailureShape, ImageUse, TaskFailure, TaskSnapshot } from '../pretendTask';
import type { Reply } from '../reply';
import type { VideoSpec } from '../video/videoSpec';

/**
 * One family of models: what it takes, what it corrects, how its replies look. A new family is a new file beside this
 * one and a row in `families.ts`; authentication, routing, time and faults are none of its business.
 */
export interface Family {
  readonly name: string;
  readonly models: readonly string[];
  /** Newer IDs of the same kind that Nebula doesn't document: it serves them only where a test says so. */
  readonly newerModels?: readonly string[];
  /** Where its finished videos are: behind the download call, or behind links (API reference 9.1). */
  readonly result: 'download' | 'link';
  /** A task id in the family's own form (API reference 4.3). */
  newTaskId(hex: (length: number) => string): string;
  /** Checks and corrects a request whose model is one of ours, or refuses it. */
  accept(request: SubmitRequest): Promise<Accepted | Refused>;
  submitReply(task: TaskView, shapes: ReplyShapes): unknown;
  queryReply(task: TaskView, shapes: ReplyShapes): unknown;
}

export interface SubmitRequest {
  readonly model: string;
  /** The whole JSON object as it arrived. */
  readonly body: Readonly<Record<string, unknown>>;
  /** A task of the same user, at this moment. */
  findTask(id: string): TaskSnapshot | undefined;
}

export interface Accepted {
  readonly prompt: string;
  readonly videos: readonly Omit<VideoSpec, 'faststart'>[];
  /** What the replies need to know later. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly imageUse: ImageUse;
  /** What the service does to the request without a word: fields that it changes or does not read. */
  readonly silently: readonly string[];
}

export interface Refused {
  readonly refusal: Reply;
}

/** A task as its family sees it when it words a reply. */
export interface TaskView extends TaskSnapshot {
  readonly details: Readonly<Record<string, unknown>>;
  /** One a video: result links, or data URIs where the gateway sends those; empty unless succeeded. */
  readonly links: readonly string[];
  /** The vendor has thrown the videos away. */
  readonly expired: boolean;
}

export const seconds = (ms: number): number => Math.floor(ms / 1_000);

/** `error` and its companions of a failed task (API reference 5.3). */
export function failureFields(failure: TaskFailure, usual: FailureShape): Record<string, unknown> {
  const { message, code } = failure;
  switch (failure.shape ?? usual) {
    case 'F1':
      return { format: 'mp4', error: { code: 400, message } };
    case 'F2':
      return { failure_reason: message, error: { message, code } };
    case 'F3':
      return { format: 'mp4', metadata: { output: { task_status: 'FAILED', code, message } } };
    case 'F4':
      return {
        ...{ format: 'mp4', error: { code: 400, message } },
        metadata: { error: { code, message }, reason: message },
      };
    case 'F6':
      return { format: 'mp4', error: message };
    case 'F5':
      return { code: 'success', message: '', data: { status: 'FAILURE', fail_reason: message } };
  }
}
