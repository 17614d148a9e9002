import type { Account } from './accounts';
import type { RenderPlan } from './gatewayOptions';
import type { RenderedVideo, VideoSpec } from './video/videoSpec';

/** Statuses as in the query (API reference, section 8). */
export type TaskStatus = 'unknown' | 'queued' | 'in_progress' | 'succeeded' | 'failed';

/** Whether the images of a request were used. The service silently drops those it can't read. */
export type ImageUse = 'none' | 'used' | 'dropped';

/** The shapes of a failed task: F1 to F5 of API reference 5.3, and F6 with `error` as a text. */
export const failureShapes = ['F1', 'F2', 'F3', 'F4', 'F5', 'F6'] as const;
export type FailureShape = (typeof failureShapes)[number];

export interface TaskFailure {
  readonly message: string;
  readonly code: string;
  /** Absent means the gateway's default. */
  readonly shape?: FailureShape;
}

/** Fields that new-api stores with a task. */
export interface StockTask {
  /** Row number in the site's table of tasks. */
  readonly number: number;
  readonly platform: string;
  readonly action: string;
  /** The provider's ID of the job. Clients get one from the gateway. */
  readonly upstreamId: string;
  /** Price factors (`X-New-Api-Other-Ratios`). */
  readonly ratios: Readonly<Record<string, number>>;
}

export interface NewTask {
  readonly id: string;
  readonly family: string;
  readonly model: string;
  readonly prompt: string;
  readonly user: string;
  readonly createdAt: number;
  readonly plan: RenderPlan;
  /** One per sample. Veo generates up to four, the other families one. */
  readonly specs: readonly VideoSpec[];
  readonly videos: Promise<readonly RenderedVideo[]>;
  /** Values that the family needs for its responses. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly imageUse: ImageUse;
  /** The account that pays. Absent for free tasks. */
  readonly account?: Account;
  readonly stock?: StockTask;
}

/** State of a task at one moment. */
export interface TaskSnapshot {
  readonly id: string;
  readonly family: string;
  readonly model: string;
  readonly prompt: string;
  readonly status: TaskStatus;
  readonly progress: number;
  /** Queued, and the provider hasn't confirmed it yet. */
  readonly isJustSubmitted: boolean;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly expiresAt: number | null;
  readonly failure: TaskFailure | null;
  readonly specs: readonly VideoSpec[];
}

/** Whether the vendor has deleted the task's videos (API reference, section 11). */
export const isExpired = ({ expiresAt }: TaskSnapshot, now: number): boolean =>
  expiresAt !== null && now >= expiresAt;

/**
 * A paid job at the pretend vendor. Its state follows from the gateway's clock, from whether its video is
 * encoded, and from calls by tests, but never from its prompt.
 */
export class PretendTask {
  readonly id: string;
  readonly family: string;
  readonly model: string;
  readonly prompt: string;
  readonly user: string;
  readonly createdAt: number;
  readonly specs: readonly VideoSpec[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly imageUse: ImageUse;
  readonly account: Account | undefined;
  readonly stock: StockTask | undefined;
  #plan: RenderPlan;
  #failure: TaskFailure | null = null;
  #rendered: readonly RenderedVideo[] | null = null;
  #finishedAt: number | null = null;
  #held = false;
  readonly #settled: Promise<void>;

  constructor(task: NewTask) {
    this.id = task.id;
    this.family = task.family;
    this.model = task.model;
    this.prompt = task.prompt;
    this.user = task.user;
    this.createdAt = task.createdAt;
    this.specs = task.specs;
    this.details = task.details;
    this.imageUse = task.imageUse;
    this.account = task.account;
    this.stock = task.stock;
    this.#plan = task.plan;
    this.#settled = task.videos.then(
      (videos) => void (this.#rendered = videos),
      (error: unknown) => {
        // A failure of this program, not of the pretend vendor. Report it where the developer sees it.
        this.#failure ??= {
          message: `The pretend gateway could not encode: ${String(error)}`,
          code: 'encoder_failed',
        };
      },
    );
  }

  /** The finished files, or null while the encoder is busy. */
  get videos(): readonly RenderedVideo[] | null {
    return this.#rendered;
  }

  /** Resolves when encoding has ended, also if it failed. */
  whenEncoded(): Promise<void> {
    return this.#settled;
  }

  /** When the task ends by its plan, in gateway time. */
  get dueAt(): number {
    return this.createdAt + this.#plan.unknownMs + this.#plan.queuedMs + this.#plan.runningMs;
  }

  /** Makes the task fail, now or at its planned end. Failed tasks cost nothing. */
  fail(failure: TaskFailure, when: 'now' | 'atEnd', now: number): void {
    this.#failure = failure;
    if (when === 'now') this.#endPlanAt(now);
  }

  /** Ends the task's planned time now. */
  finish(now: number): void {
    this.#held = false;
    this.#endPlanAt(now);
  }

  /** Keeps the task from ending (a slow or stuck vendor) until it's released or finished. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /** Returns the state at a moment of the gateway's clock (API reference, section 8). */
  at(now: number): TaskSnapshot {
    const { status, progress, isJustSubmitted = false } = this.#stateAt(now);
    const ended = status === 'succeeded' || status === 'failed';
    if (ended) this.#finishedAt ??= Math.min(Math.max(this.dueAt, this.createdAt), now);
    const expiresMs = this.#plan.expiresMs;
    return {
      id: this.id,
      family: this.family,
      model: this.model,
      prompt: this.prompt,
      status,
      progress,
      isJustSubmitted,
      createdAt: this.createdAt,
      finishedAt: ended ? this.#finishedAt : null,
      expiresAt:
        status === 'succeeded' && expiresMs !== null && this.#finishedAt !== null
          ? this.#finishedAt + expiresMs
          : null,
      failure: status === 'failed' ? this.#failure : null,
      specs: this.specs,
    };
  }

  #stateAt(now: number): { status: TaskStatus; progress: number; isJustSubmitted?: boolean } {
    const { unknownMs, queuedMs, runningMs } = this.#plan;
    const age = now - this.createdAt;
    const running = age - unknownMs - queuedMs;
    if (running >= runningMs && !this.#held) {
      if (this.#failure !== null) return { status: 'failed', progress: 100 };
      if (this.#rendered !== null) return { status: 'succeeded', progress: 100 };
    }
    if (running >= 0) {
      const share = runningMs === 0 ? 1 : Math.min(1, running / runningMs);
      return { status: 'in_progress', progress: Math.min(99, 20 + Math.floor(79 * share)) };
    }
    if (age >= unknownMs)
      return { status: 'queued', progress: 0, isJustSubmitted: age < unknownMs + queuedMs / 2 };
    return { status: 'unknown', progress: 0 };
  }

  #endPlanAt(now: number): void {
    const age = Math.max(0, now - this.createdAt);
    const unknownMs = Math.min(this.#plan.unknownMs, age);
    const queuedMs = Math.min(this.#plan.queuedMs, age - unknownMs);
    this.#plan = {
      ...this.#plan,
      unknownMs,
      queuedMs,
      runningMs: Math.min(this.#plan.runningMs, age - unknownMs - queuedMs),
    };
  }
}
