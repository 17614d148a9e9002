import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../src/core/common/clock';
import { STORAGE_NAMES } from '../src/core/common/storageNames';
import type { Phase } from '../src/core/task/phases';
import type { VideoRow } from '../src/core/task/videoRow';
import type { TaskRecord } from '../src/core/store/record';
import { TaskStore } from '../src/core/store/store';
import { KEY_ID, engineOptions } from './engineOptions';

/** Creates and opens the store in a storage folder. The caller closes it. */
export async function openStoreIn(folder: string): Promise<TaskStore> {
  const libraryFolder = path.join(folder, STORAGE_NAMES.library);
  await mkdir(libraryFolder, { recursive: true });
  const location = {
    folder: path.join(folder, STORAGE_NAMES.store),
    legacy: path.join(folder, STORAGE_NAMES.legacyDatabase),
    libraryFolder,
  };
  const store = new TaskStore(location, systemClock, engineOptions(folder, '').log);
  await store.ready();
  return store;
}

/** A task as the store keeps it. */
export function taskRecord(
  phase: Phase,
  baseUrl: string,
  gatewayTaskId: string,
  model = 'sora-2',
): TaskRecord {
  const now = Date.now();
  return {
    id: randomUUID(),
    version: 1,
    createdAt: now - 120_000,
    updatedAt: now,
    phase,
    baseUrl,
    keyId: KEY_ID,
    request: {
      model,
      prompt: 'A paper boat drifts down a gutter in heavy rain, seen from just above the water, at dusk.',
      options: { seconds: '8', size: '1280x720' },
    },
    bodySha256: '',
    gatewayTaskId,
    progress: undefined,
    failure: undefined,
    submittedAt: now - 119_000,
    succeededAt: now,
    expiresAt: undefined,
    nextDue: undefined,
    consecutiveErrors: 0,
    notFoundCount: 0,
    lastNotFoundAt: undefined,
    links: [],
    diskBlockedMs: 0,
    diskFailedAt: undefined,
    notifiedAt: undefined,
    seenAt: undefined,
    exportedAt: undefined,
    deletedAt: undefined,
    idSource: undefined,
    fetchProgress: undefined,
    basedOn: undefined,
    money: [],
  };
}

/** Adds one task to a storage folder. */
export async function storeTask(
  folder: string,
  record: TaskRecord,
  videos: readonly Omit<VideoRow, 'position' | 'state'>[] = [],
): Promise<void> {
  const store = await openStoreIn(folder);
  const path: Phase[] = ['draft', 'sending', 'queued', 'running', 'ready', 'saving', 'saved'];
  const timeline = path
    .slice(0, path.indexOf(record.phase) + 1)
    .map((phase, index) => ({ at: record.createdAt + index * 15_000, phase }));
  try {
    const rows = videos.map((video, position) => ({ ...video, position, state: 'recorded' as const }));
    await store.import({ record, videos: rows, timeline });
  } finally {
    store.dispose();
  }
}
