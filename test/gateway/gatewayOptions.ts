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

export const submitShapes = [
  ...(['full', 'short', 'code', 'bare', 'envelope', 'envelopeText', 'oldPage', 'vendor'] as const),
] as const;
export type SubmitShape = (typeof submitShapes)[number];

/** Which of the documented shapes the replies have (API reference, 4.2 and 5). Can be changed while running. */
export interface ReplyShapes {
  /**
   * `full` = the family's documented one (S1, S3, S4, S5, S6), `code` = as its code writes it (S3b; legacy: S5),
   * `short` = S2, `bare` = S5, `envelope` = S6, `envelopeText` = S6 with the id as text, `oldPage` = S7,
   * `vendor` = the vendor's own object (S8).
   */
  readonly submit: SubmitShape;
  /**
   * `flat` = sora's Q2/Q6 and legacy's envelope (the others have none and are nested), `slim` = Q1/Q5,
   * `nested` = Q3 and Q7 to Q10, `envelope` = Q4/Q11/F5.
   */
  readonly query: 'flat' | 'slim' | 'nested' | 'envelope';
  /** Sora: `none` = succeeded without url (the download call is needed), `url` = a link as in seed A. */
  readonly link: 'none' | 'url';
  /** What stands where a link belongs: a link on the second origin, or the video itself as a data URI (Q9). */
  readonly video: 'link' | 'inline';
  /** The shape of a failed task. */
  readonly failure: FailureShape;
  /** 401 as the documentation prints it or as the code writes it (section 13, row 17). */
  readonly auth: 'gateway' | 'documented';
  /** Unknown task: 400 `task_not_exist` of the code or 404 `not_found` of the documentation (row 16). */
  readonly unknownTask: 400 | 404;
  /** The download's optional second copy of the video (row 11). */
  readonly dataUrl: boolean;
  /**
   * What `metadata` tells about money (5.4, money-and-gateways 1.3): `some` = the documented fields of Wan, `all` = also
   * those that only code shows, for every family, `none` = as newer builds, which remove them.
   */
  readonly billing: 'some' | 'all' | 'none';
  /** Whether the list of models names endpoint types; an empty list proves nothing (6.1). */
  readonly endpointTypes: boolean;
}

export const dialects = ['nebula', 'newapi'] as const;

/**
 * Whose API the gateway speaks: Nebula's, or that of new-api as its authors ship it in 2026 (money-and-gateways 5.2
 * and 5.3).
 */
export type Dialect = (typeof dialects)[number];

export const quotaDisplays = ['USD', 'CNY', 'TOKENS', 'CUSTOM'] as const;

/** Settings of the site's administrator that clients notice (money-and-gateways 1). */
export interface SiteOptions {
  /** Points of one US dollar. */
  readonly quotaPerUnit: number;
  /** Unit of the amounts that the site shows. */
  readonly quotaDisplay: (typeof quotaDisplays)[number];
  /** Yuan per US dollar. */
  readonly usdExchangeRate: number;
  readonly customSymbol: string;
  /** Units of the site's own currency per US dollar. */
  readonly customRate: number;
  /** Factor of the key's group. */
  readonly groupRatio: number;
  /** newapi: the price list is open, switched off, or for users who are logged in. */
  readonly pricing: 'open' | 'disabled' | 'login';
  /** newapi: an unfinished task fails after this time. */
  readonly timeoutMinutes: number;
  /** newapi: language of its messages. */
  readonly language: 'zh' | 'en';
}

export interface GatewayOptions {
  /** Default: nebula. */
  readonly dialect?: Dialect;
  readonly site?: Partial<SiteOptions>;
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
  video: 'link',
  failure: 'F2',
  auth: 'gateway',
  unknownTask: 400,
  dataUrl: true,
  billing: 'some',
  endpointTypes: false,
};

export const defaultSite: SiteOptions = {
  quotaPerUnit: 500_000,
  quotaDisplay: 'USD',
  usdExchangeRate: 7.3,
  customSymbol: 'pt',
  customRate: 10,
  groupRatio: 1,
  pricing: 'open',
  timeoutMinutes: 1_440,
  language: 'zh',
};
