import type { AccountOptions } from './accounts';
import type { ClockOptions } from './clock';
import type { FailureShape } from './pretendTask';

/** How long a task stays in each state, in milliseconds of the gateway's clock (API reference, section 8). */
export interface RenderPlan {
  /** Answering `unknown`, as the service does until its first background refresh. */
  readonly unknownMs: number;
  readonly queuedMs: number;
  readonly runningMs: number;
  /** How long after success the video can be fetched; null = no end and `expires_at: null`. */
  readonly expiresMs: number | null;
}

/** Which of the documented shapes the replies have (API reference, 4.2 and 5). Can be changed while running. */
export interface ReplyShapes {
  /** `full` = S1, `short` = S2. */
  readonly submit: 'full' | 'short';
  /** `flat` = Q2/Q6, `slim` = Q1/Q5, `nested` = Q3. */
  readonly query: 'flat' | 'slim' | 'nested';
  /** `none` = succeeded without url (the download call is needed), `url` = a link on the second origin as in seed A. */
  readonly link: 'none' | 'url';
  /** The shape of a failed task. */
  readonly failure: FailureShape;
  /** 401 as the documentation prints it or as the code writes it (section 13, row 17). */
  readonly auth: 'gateway' | 'documented';
  /** Unknown task: 400 `task_not_exist` of the code or 404 `not_found` of the documentation (row 16). */
  readonly unknownTask: 400 | 404;
  /** The download's optional second copy of the video (row 11). */
  readonly dataUrl: boolean;
}

export interface GatewayOptions {
  /** Port of the API; 0 or absent = any free one. The other two listeners always take free ones unless given. */
  readonly port?: number;
  readonly resultsPort?: number;
  readonly controlPort?: number;
  /** A gateway may live below a path, e.g. `/nebula`. */
  readonly pathPrefix?: string;
  /** Accepted keys; absent = one of our own making, in perfect order. */
  readonly keys?: readonly (string | AccountOptions)[];
  readonly clock?: ClockOptions;
  readonly render?: Partial<RenderPlan>;
  readonly shapes?: Partial<ReplyShapes>;
  /** Same seed, same task ids. Absent = random, so that a restarted gateway never repeats an id. */
  readonly seed?: string;
  /** Models this gateway has a channel for; absent = all that its families know. */
  readonly models?: readonly string[];
  /** Where encoded videos are kept; absent = `.vscode-test/pretend-videos` in the project. */
  readonly cacheFolder?: string;
  /** Index in front of the media (what the player can start on at once) or behind it. Default: in front. */
  readonly faststart?: boolean;
}

export const defaultRenderPlan: RenderPlan = {
  unknownMs: 1_000,
  queuedMs: 4_000,
  runningMs: 25_000,
  expiresMs: null,
};

export const defaultShapes: ReplyShapes = {
  submit: 'full',
  query: 'flat',
  link: 'none',
  failure: 'F2',
  auth: 'gateway',
  unknownTask: 400,
  dataUrl: true,
};
