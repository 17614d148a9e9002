import type { ResponseShapes } from '../gatewayOptions';
import type { FailureShape, ImageUse, TaskFailure, TaskSnapshot } from '../pretendTask';
import type { GatewayResponse } from '../gatewayResponse';
import type { VideoSpec } from '../video/videoSpec';

/**
 * A family of models: what it accepts, what it corrects, and how its responses look. A new family is a new
 * file in this folder and a row in `families.ts`. It has nothing to do with authentication, routing, time or
 * faults.
 */
export interface Family {
  readonly name: string;
  readonly models: readonly string[];
  /** Newer IDs of the same kind that Nebula doesn't document. They're served only if a test asks for them. */
  readonly newerModels?: readonly string[];
  /** Where its finished videos are: behind the download call, or behind links (API reference 9.1). */
  readonly result: 'download' | 'link';
  /** A task ID in the family's format (API reference 4.3). */
  newTaskId(hex: (length: number) => string): string;
  /** Checks and corrects a request for one of the family's models, or refuses it. */
  accept(request: SubmitRequest): Promise<Accepted | Refused>;
  submitResponse(task: TaskView, shapes: ResponseShapes): unknown;
  queryResponse(task: TaskView, shapes: ResponseShapes): unknown;
}

export interface SubmitRequest {
  readonly model: string;
  /** The entire JSON object as it arrived. */
  readonly body: Readonly<Record<string, unknown>>;
  findTask(id: string): TaskSnapshot | undefined;
}

export interface Accepted {
  readonly prompt: string;
  readonly videos: readonly Omit<VideoSpec, 'faststart'>[];
  /** Values that later responses need. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly imageUse: ImageUse;
  /** Fields that the service changes or ignores without an error. */
  readonly silentChanges: readonly string[];
}

export interface Refused {
  readonly refusal: GatewayResponse;
}

/** A task as its family sees it when it builds a response. */
export interface TaskView extends TaskSnapshot {
  readonly details: Readonly<Record<string, unknown>>;
  /** One per video: result links, or data URIs if the gateway sends those. Empty unless succeeded. */
  readonly links: readonly string[];
  /** The vendor has deleted the videos. */
  readonly expired: boolean;
}

export const seconds = (ms: number): number => Math.floor(ms / 1_000);

/** `error` and related fields of a failed task (API reference 5.3). */
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
