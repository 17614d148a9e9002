import type { IncomingMessage } from 'node:http';
import type { Accounts } from './accounts';
import type { GatewayClock } from './clock';
import type { Dialect, RenderPlan, ResponseShapes, SiteOptions } from './gatewayOptions';
import type { Ledger } from './money/ledger';
import type { PretendTask } from './pretendTask';
import type { GatewayResponse } from './gatewayResponse';
import type { RequestRecord } from './requestLog';
import type { SeededRandom } from './seededRandom';
import type { TaskStore } from './taskStore';
import type { VideoGenerator } from './video/videoGenerator';

/** State of a running gateway, passed to routes and faults. */
export interface GatewayState {
  readonly dialect: Dialect;
  readonly site: SiteOptions;
  readonly ledger: Ledger;
  readonly clock: GatewayClock;
  readonly accounts: Accounts;
  readonly tasks: TaskStore;
  readonly videos: VideoGenerator;
  readonly random: SeededRandom;
  readonly models: readonly string[];
  readonly plan: RenderPlan;
  readonly faststart: boolean;
  /** Signs result links, so they can't be guessed or altered. */
  readonly linkSecret: string;
  /** When the pages about a key were requested, in gateway time. */
  keyCalls: readonly number[];
  shapes: ResponseShapes;
  baseUrl: string;
  resultsUrl: string;
}

/** A request on its way through the faults to its route. */
export interface Exchange {
  readonly state: GatewayState;
  readonly request: IncomingMessage;
  readonly record: RequestRecord;
  readonly requestId: string;
  /** Path below the prefix, not decoded, and the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  body: string;
  bytes: Buffer;
  /** The task that a query or download names, or that a submit has created. */
  task: PretendTask | undefined;
  /** Changes that faults make to a download. */
  readonly download: DownloadTweaks;
  /** Waits in real milliseconds. Ends early if the gateway stops or the client disconnects. */
  pause(ms: number): Promise<void>;
  /** Resolves when the gateway stops or the client disconnects. */
  untilDisconnected(): Promise<void>;
  /** Closes the connection, orderly or with a reset. */
  disconnect(how: 'close' | 'reset'): void;
}

/** The response to a request, or null if the connection is gone. */
export type MaybeResponse = GatewayResponse | null;

export type Handler = () => Promise<MaybeResponse>;

export interface DownloadTweaks {
  success: boolean;
  base64: boolean;
  /** Absent means as the gateway's shapes say. */
  dataUrl?: boolean;
  sizeOffset: number;
  /** Number of characters missing at the end of each base64 text. */
  missingCharacters: number;
  escaped: boolean;
  trailingComma: boolean;
  /** Sent instead of the video. */
  content?: Buffer;
}
