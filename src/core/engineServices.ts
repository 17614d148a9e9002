import * as path from 'node:path';
import { systemClock, type Clock } from './common/clock';
import type { Disk } from './common/fileSystem';
import type { L10n } from './common/l10n';
import { withPrefix, type Log } from './common/log';
import type { KeySource } from './gateway/apiKey';
import { GatewayClient } from './gateway/client';
import { createHttp, type HttpConnector } from './gateway/http';
import { Library } from './library/library';
import { STORAGE_NAMES } from './common/storageNames';
import type { Catalog } from './models/catalog';
import { PendingMarker } from './store/pendingMarker';
import { StorageWatcher } from './store/storageWatcher';
import { TaskStore } from './store/store';
import { Failures } from './tasks/failures';
import { LibraryUsage } from './tasks/libraryUsage';
import { OriginCircuitBreaker } from './tasks/originCircuitBreaker';
import { OriginKinds } from './tasks/originKinds';
import { PartialResults } from './tasks/partialResults';
import { Poller } from './tasks/poller';
import { TaskReopener } from './tasks/taskReopener';
import type { StatusCheck } from './tasks/statusCheck';
import { Submitter } from './tasks/submitter';
import type { TaskServices } from './tasks/taskServices';
import { TimeoutKeySource } from './tasks/timeoutKeySource';
import { VideoDownloader } from './tasks/videoDownloader';

export interface EngineOptions {
  /** Absolute path of the extension's global storage folder. Shared by all windows. */
  readonly storageFolder: string;
  readonly keys: KeySource;
  readonly catalog: Catalog;
  readonly log: Log;
  readonly l10n: L10n;
  /** Language tag for dates and times in messages. Defaults to the host's language. */
  readonly language?: string;
  /** Base interval between status checks, in ms. */
  readonly pollInterval: () => number;
  readonly clock?: Clock;
  readonly http?: HttpConnector;
  /** Base URL of Nebula's own gateway. Tests set it to a local server. */
  readonly nebulaBaseUrl?: string;
  readonly disk?: Disk;
  /** Returns 0 to 1; varies the intervals between status checks. */
  readonly random?: () => number;
}

/** Events that the engine reacts to. */
interface Callbacks {
  /** No task is unfinished. */
  readonly onIdle: () => void;
  /** Another window may have written. */
  readonly onStorageChange: () => void;
}

export interface EngineServices extends TaskServices {
  readonly kinds: OriginKinds;
  readonly submitter: Submitter;
  readonly downloader: VideoDownloader;
  readonly reopener: TaskReopener;
  readonly libraryUsage: LibraryUsage;
  readonly poller: Poller;
  readonly watcher: StorageWatcher;
}

/** Creates and connects the services of an engine. Doesn't read or start anything. */
export function createEngineServices(
  options: EngineOptions,
  { onIdle, onStorageChange }: Callbacks,
): EngineServices {
  const { storageFolder, catalog, l10n, clock = systemClock, random = Math.random } = options;
  const log = withPrefix(options.log, 'tasks');
  const keys = new TimeoutKeySource(options.keys, clock);
  const marker = new PendingMarker(path.join(storageFolder, STORAGE_NAMES.pending));
  const libraryFolder = path.join(storageFolder, STORAGE_NAMES.library);
  const location = {
    folder: path.join(storageFolder, STORAGE_NAMES.store),
    legacy: path.join(storageFolder, STORAGE_NAMES.legacyDatabase),
    libraryFolder,
    format: { l10n, language: options.language },
  };
  const store = new TaskStore(location, clock, withPrefix(options.log, 'store'), () => marker.set());
  const library = new Library(libraryFolder, options.disk, clock);
  const gatewayLog = withPrefix(options.log, 'gateway');
  const open = options.http ?? createHttp(clock);
  const kinds = new OriginKinds(store, open, clock, gatewayLog, options.nebulaBaseUrl);
  const client = new GatewayClient(kinds.observe(open), clock, gatewayLog);
  // Not observed: a check would compete with the download, and queries come before it.
  const videoClient = async () => {
    const { VideoClient } = await import('./gateway/videoClient');
    return new VideoClient(open, clock, gatewayLog);
  };
  const failures = (baseUrl: string) => new Failures(kinds.get(baseUrl));
  const partialResults = new PartialResults({ library, failures, log });
  const circuitBreaker = new OriginCircuitBreaker(store, clock);
  const common = { catalog, store, library, client, videoClient, keys, circuitBreaker, clock, log, l10n };
  const deps: TaskServices = { ...common, failures, partialResults, marker };
  const submitter = new Submitter(deps);
  const downloader = new VideoDownloader(deps);
  const reopener = new TaskReopener(deps);
  const statusCheck: Pick<StatusCheck, 'run'> = {
    run: async (record, signal) => {
      const { StatusCheck } = await import('./tasks/statusCheck');
      await new StatusCheck({ ...deps, random, baseInterval: options.pollInterval }).run(record, signal);
    },
  };
  return {
    ...deps,
    kinds,
    submitter,
    downloader,
    reopener,
    libraryUsage: new LibraryUsage(deps),
    poller: new Poller({ ...deps, downloader, submitter, statusCheck, onIdle }),
    watcher: new StorageWatcher(location.folder, clock, log, onStorageChange),
  };
}
