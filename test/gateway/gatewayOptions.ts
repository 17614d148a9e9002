import type { AccountOptions } from './accounts';
import type { ClockOptions } from './clock';
import type { FailureShape } from './pretendTask';

/** How long a task stays in each state, in milliseconds of the gateway's clock (API reference, section 8). */
export interface RenderPlan {
  /** The status is `unknown`, as it is until the service's first background refresh. */
  readonly unknownMs: number;
  readonly queuedMs: number;
  readonly runningMs: number;
  /** How long the video can be downloaded after success. Null means forever, with `expires_at: null`. */
  readonly expiresMs: number | null;
}

export const submitShapes = [
  ...(['full', 'short', 'code', 'bare', 'envelope', 'envelopeText', 'oldPage', 'vendor'] as const),
] as const;
export type SubmitShape = (typeof submitShapes)[number];

/** Selects among the documented response shapes (API reference, 4.2 and 5). Can be changed while running. */
export interface ResponseShapes {
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
  /** How a video is delivered: a link on the second origin, or a data URI (Q9). */
  readonly video: 'link' | 'inline';
  readonly failure: FailureShape;
  /** 401 as documented or as the code writes it (section 13, row 17). */
  readonly auth: 'gateway' | 'documented';
  /** Unknown task: 400 `task_not_exist` of the code or 404 `not_found` of the documentation (row 16). */
  readonly unknownTask: 400 | 404;
  /** Whether the download has its optional second copy of the video (row 11). */
  readonly dataUrl: boolean;
  /**
   * Billing fields in `metadata` (5.4, money-and-gateways 1.3): `some` = the documented fields of Wan, `all`
   * = also the undocumented ones, for every family, `none` = as in newer builds, which remove them.
   */
  readonly billing: 'some' | 'all' | 'none';
  /** Whether the list of models names endpoint types. An empty list proves nothing (6.1). */
  readonly endpointTypes: boolean;
}

export const dialects = ['nebula', 'newapi'] as const;

/**
 * The API that the gateway serves: Nebula's, or that of new-api as its authors ship it in 2026
 * (money-and-gateways 5.2 and 5.3).
 */
export type Dialect = (typeof dialects)[number];

export const quotaDisplays = ['USD', 'CNY', 'TOKENS', 'CUSTOM'] as const;

/** Settings of the site's administrator that affect clients (money-and-gateways 1). */
export interface SiteOptions {
  /** Points per US dollar. */
  readonly quotaPerUnit: number;
  /** Unit of the amounts that the site displays. */
  readonly quotaDisplay: (typeof quotaDisplays)[number];
  /** Yuan per US dollar. */
  readonly usdExchangeRate: number;
  readonly customSymbol: string;
  /** Units of the site's own currency per US dollar. */
  readonly customRate: number;
  /** Price factor of the key's group. */
  readonly groupRatio: number;
  /** newapi: the price list is public, disabled, or only for users who are logged in. */
  readonly pricing: 'open' | 'disabled' | 'login';
  /** newapi: an unfinished task fails after this time. */
  readonly timeoutMinutes: number;
  /** newapi: language of its messages. */
  readonly language: 'zh' | 'en';
}

export interface GatewayOptions {
  /** The default is nebula. */
  readonly dialect?: Dialect;
  readonly site?: Partial<SiteOptions>;
  /**
   * Port of the API. 0 or absent means any free port. The other two listeners take free ports unless given.
   */
  readonly port?: number;
  readonly resultsPort?: number;
  readonly controlPort?: number;
  /** A gateway may be below a path, such as `/nebula`. */
  readonly pathPrefix?: string;
  /** Accepted keys. Absent means one generated key without restrictions. */
  readonly keys?: readonly (string | AccountOptions)[];
  readonly clock?: ClockOptions;
  readonly render?: Partial<RenderPlan>;
  readonly shapes?: Partial<ResponseShapes>;
  /**
   * The same seed gives the same task IDs. Absent means random, so a restarted gateway never repeats an ID.
   */
  readonly seed?: string;
  /** Models that this gateway has a channel for. Absent means all models of its families. */
  readonly models?: readonly string[];
  /** Cache for encoded videos. The default is `.vscode-test/pretend-videos` in the project. */
  readonly cacheFolder?: string;
  /** Whether the index is in front of the media, so that a player can start at once. The default is true. */
  readonly faststart?: boolean;
}

export const defaultRenderPlan: RenderPlan = {
  unknownMs: 1_000,
  queuedMs: 4_000,
  runningMs: 25_000,
  expiresMs: null,
};

export const defaultShapes: ResponseShapes = {
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
