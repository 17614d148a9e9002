import type { Clock } from '../common/clock';
import type { L10n } from '../common/l10n';
import type { Log } from '../common/log';
import type { KeySource } from '../gateway/apiKey';
import type { GatewayClient } from '../gateway/client';
import type { VideoClient } from '../gateway/videoClient';
import type { Library } from '../library/library';
import type { Catalog } from '../models/catalog';
import type { PendingMarker } from '../store/pendingMarker';
import type { TaskStore } from '../store/store';
import type { FailuresAt } from './failures';
import type { OriginCircuitBreaker } from './originCircuitBreaker';
import type { PartialResults } from './partialResults';

/** Services that the classes of this folder share. */
export interface TaskServices {
  readonly catalog: Catalog;
  readonly store: TaskStore;
  readonly library: Library;
  readonly client: GatewayClient;
  /** Loaded for the first download. */
  readonly videoClient: () => Promise<VideoClient>;
  readonly keys: KeySource;
  readonly circuitBreaker: OriginCircuitBreaker;
  readonly failures: FailuresAt;
  readonly partialResults: PartialResults;
  readonly marker: PendingMarker;
  readonly clock: Clock;
  readonly log: Log;
  readonly l10n: L10n;
}
