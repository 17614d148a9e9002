import type { ApiKey } from './apiKey';
import { parseJson, type JsonRecord } from '../common/json';
import { asText, knownObjects, type KnownObject } from './jsonValues';
import { containsKey, looksLikeKey } from './redaction';

/** Why an ID may not be the task's. `weak`: its place or form suggests another kind of ID. */
export type IdSource = 'request_id' | 'weak';

interface Candidate {
  readonly id: string;
  readonly source?: IdSource;
}

/** Keys of the task itself or its envelope. */
export const TASKS: ReadonlySet<string> = new Set([
  '',
  'data',
  'task',
  'result',
  'output',
  'response',
  'metadata',
]);
/** Keys of objects whose ID is the task's at some gateways, and that of a video or job at others. */
const RELATED: ReadonlySet<string> = new Set(['video', 'videos', 'job', 'generation', 'task_info']);
/** In order of preference (API reference 4.3). */
export const ID_NAMES = [
  'task_id',
  'taskId',
  'id',
  'generation_id',
  'generationId',
  'job_id',
  'jobId',
  'video_id',
];

interface KnownTask {
  readonly key: ApiKey;
  /** ID of the remixed task, which errors quote. */
  readonly remixOf?: string | undefined;
}

function isNewId(id: string, { key, remixOf }: KnownTask): boolean {
  return id !== remixOf && !containsKey(id, key);
}

/** Finds the task's ID anywhere in a response (API reference 4.3). A missed ID is a lost video that was paid for. */
export function findTaskId(
  objects: readonly KnownObject[],
  text: string,
  saysError: boolean,
  task: KnownTask,
): { readonly taskId?: string; readonly idSource?: IdSource } {
  const isNew = ({ id }: Candidate) => isNewId(id, task);
  const ids = objects
    .filter(({ name }) => TASKS.has(name))
    .flatMap(idsIn)
    .filter(isNew);
  const found = [
    ...ids,
    ...dataId(objects[0]?.record ?? {}, saysError),
    ...(ids.length > 0 ? [] : idsInText(text)),
    ...objects.flatMap(weakIdsIn),
  ];
  if (!saysError) {
    const requestId = objects.map(({ record }) => toId(record['request_id'])).find((id) => id !== undefined);
    if (requestId !== undefined) found.push({ id: requestId, source: 'request_id' });
  }
  const best = found.find(isNew);
  return best ? { taskId: best.id, ...(best.source === undefined ? {} : { idSource: best.source }) } : {};
}

/** Returns true if a document has the task's ID at a documented place. */
export function holdsSureId(document: unknown, task: KnownTask): boolean {
  const isNew = ({ id }: Candidate) => isNewId(id, task);
  return knownObjects(document).some((object) => {
    const { record, name, path } = object;
    if (!TASKS.has(name) || path.includes('metadata')) return false;
    const isNamed = toId(record['task_id'] ?? record['taskId']) !== undefined;
    return (isNamed || asText(record['status']) !== undefined) && idsIn(object).some(isNew);
  });
}

/** Finds a task ID in a stored response or failure message. Earlier versions missed IDs in unusual places. */
export function recoverTaskId(text: string, remixOf?: string): string | undefined {
  const objects = knownObjects(parseJson(text.slice(Math.max(0, text.indexOf('{')))));
  const ids = objects.filter(({ name }) => TASKS.has(name)).flatMap(idsIn);
  return [...ids, ...idsInText(text)].map(({ id }) => id).find((id) => id !== remixOf && !looksLikeKey(id));
}

export function idsIn({ record }: KnownObject): readonly Candidate[] {
  return ID_NAMES.flatMap((name) => {
    const id = toId(record[name]);
    return id === undefined || isWeak(name, id) ? [] : [{ id }];
  });
}

function weakIdsIn({ record, name }: KnownObject): readonly Candidate[] {
  const id = TASKS.has(name) || RELATED.has(name) ? toId(record['id']) : undefined;
  return id === undefined ? [] : [{ id, source: 'weak' }];
}

/** Returns true if an `id` looks like that of a request or a database row. */
function isWeak(name: string, id: string): boolean {
  return name === 'id' && (/^(req|request|log|trace|msg)[-_.]/i.test(id) || /^\d{1,6}$/.test(id));
}

/** Reads an ID as `data`, which some forks return. Others put messages there. */
function dataId(root: JsonRecord, saysError: boolean): readonly Candidate[] {
  const id = toId(root['data']);
  if (id === undefined || !/\d/.test(id)) return [];
  if (!saysError) return [{ id }];
  // A small number is a code of the gateway, which may mean success.
  return typeof root['code'] === 'number' && root['code'] < 200 ? [{ id, source: 'weak' }] : [];
}

/** Finds IDs in text outside JSON. Skips an ID that may be cut off. */
function idsInText(text: string): readonly Candidate[] {
  if (/^\s*(<!doctype|<html)/i.test(text)) return [];
  const matches = text.matchAll(
    /\\?["']?\b(?:task|generation|job)_?id\\?["']?\s*[:=]\s*(?:\\?["']([^"'\\\s]+)\\?["']|(\d+)\s*[,}\]\s])/gi,
  );
  return [...matches].flatMap(([, quoted, digits]) => {
    const id = toId(quoted ?? digits);
    return id === undefined ? [] : [{ id }];
  });
}

/** Accepts one word of printable ASCII, except placeholders such as `null` and links. */
function toId(value: unknown): string | undefined {
  const text = Number.isInteger(value) ? String(value) : asText(value)?.trim();
  if (text === undefined || !/^[!-~]{1,2000}$/.test(text)) return undefined;
  return /^(null|none|undefined|nan|nil|true|false|0|-1|-|(https?|data):.*)$/i.test(text) ? undefined : text;
}
