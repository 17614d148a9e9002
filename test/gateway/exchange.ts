import type { IncomingMessage } from 'node:http';
import type { Accounts } from './accounts';
import type { GatewayClock } from './clock';
import type { Dialect, RenderPlan, ReplyShapes, SiteOptions } from './gatewayOptions';
import type { Ledger } from './money/ledger';
import type { PretendTask } from './pretendTask';
import type { Reply } from './reply';
import type { RequestRecord } from './requestLog';
import type { SeededRandom } from './seededRandom';
import type { TaskStore } from './taskStore';
import type { VideoMaker } from './video/videoMaker';

/** All that a running gateway consists of; routes and faults get it handed in. */
export interface GatewayState {
  readonly dialect: Dialect;
  readonly site: SiteOptions;
  readonly ledger: Ledger;
  readonly clock: GatewayClock;
  readonly accounts: Accounts;
  readonly tasks: TaskStore;
  readonly videos: VideoMaker;
  readonly random: SeededRandom;
  readonly models: readonly string[];
  readonly plan: RenderPlan;
  readonly faststart: boolean;
  /** Signs result links, so that a link can't be guessed or altered. */
  readonly linkSecret: string;
  /** When the pages about a key were asked for, in gateway time. */
  keyCalls: readonly number[];
  shapes: ReplyShapes;
  baseUrl: string;
  resultsUrl: string;
}

/** One request on its way through faults and route. */
export interface Exchange {
  readonly state: GatewayState;
  readonly request: IncomingMessage;
  readonly record: RequestRecord;
  readonly requestId: string;
  /** Path below the prefix, undecoded, and the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body, once it was read: as text, and as it came. */
  body: string;
  bytes: Buffer;
  /** The task a query or download names, or the one a submit has just made. */
  task: PretendTask | undefined;
  /** What faults want different about a download. */
  readonly download: DownloadTweaks;
  /** Real milliseconds; ends early when the gateway stops or the client goes. */
  pause(ms: number): Promise<void>;
  /** Until the gateway stops or the client goes. */
  untilGone(): Promise<void>;
  /** Ends the connection: in order, or with a reset. */
  disconnect(how: 'close' | 'reset'): void;
}

/** The answer to a request; null = none, the connection is gone. */
export type Answer = Reply | null;

export type Handler = () => Promise<Answer>;

export interface DownloadTweaks {
  success: boolean;
  base64: boolean;
  /** Absent = as the gateway's shapes say. */
  dataUrl?: boolean;
  sizeOffset: number;
  /** How many characters are missing at the end of each base64 text. */
  missingCharacters: number;
  escaped: boolean;
  trailingComma: boolean;
  /** Sent instead of the video. */
  content?: Buffer;
}
