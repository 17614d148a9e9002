import type { ApiKey } from './apiKey';
import { parseJson, type JsonRecord } from '../common/json';
import { asText, knownObjects, type KnownObject } from './jsonValues';
import { holdsKey, looksLikeKey } from './redaction';

/** Why an ID may not be that of the task: it stands in for one, or its place or form is that of another ID. */
export type IdSource = 'request_id' | 'weak';

interface Candidate {
  readonly id: string;
  readonly source?: IdSource;
}

/** Objects that can be the task itself, or hold the fields of its envelope. */
export const TASKS: ReadonlySet<string> = new Set([
  '',
  'data',
  'task',
  'result',
  'output',
  'response',
  'metadata',
]);
/** Objects whose ID is that of the task at some gateways, and that of its video or job at others. */
const RELATED: ReadonlySet<string> = new Set(['video', 'videos', 'job', 'generation', 'task_info']);
/** In the order of preference (API reference 4.3). */
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

/** What can't be the new task's ID. */
interface KnownTask {
  readonly key: ApiKey;
  /** The task that is remixed: errors quote its ID. */
  readonly remixOf?: string | undefined;
}

function isNewId(id: string, { key, remixOf }: KnownTask): boolean {
  return id !== remixOf && !holdsKey(id, key);
}

/** Finds the task's ID in all that arrived (API reference 4.3): one that is dropped is a paid video lost. */
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

/** Returns true if a document gives the task's ID at a documented place: what follows it changes nothing. */
export function holdsSureId(document: unknown, task: KnownTask): boolean {
  const isNew = ({ id }: Candidate) => isNewId(id, task);
  return knownObjects(document).some((object) => {
    const { record, name, path } = object;
    if (!TASKS.has(name) || path.includes('metadata')) return false;
    const isNamed = toId(record['task_id'] ?? record['taskId']) !== undefined;
    return (isNamed || asText(record['status']) !== undefined) && idsIn(object).some(isNew);
  });
}

/**
 * Finds the task ID in a response that was kept as text, also in the message of a failure that quotes one: earlier
 * versions missed IDs that came in an unusual shape.
 */
export function recoverTaskId(text: string, remixOf?: string): string | undefined {
  const objects = knownObjects(parseJson(text.slice(Math.max(0, text.indexOf('{')))));
  const ids = objects.filter(({ name }) => TASKS.has(name)).flatMap(idsIn);
  return [...ids, ...idsInText(text)].map(({ id }) => id).find((id) => id !== remixOf && !looksLikeKey(id));
}

export function idsIn({ record }: KnownObject): readonly Candidate[] {
  return ID_NAMES.map((name) => ({ name, id: toId(record[name]) })).flatMap(({ name, id }) =>
    id === undefined || isWeak(name, id) ? [] : [{ id }],
  );
}

function weakIdsIn({ record, name }: KnownObject): readonly Candidate[] {
  const id = TASKS.has(name) || RELATED.has(name) ? toId(record['id']) : undefined;
  return id === undefined ? [] : [{ id, source: 'weak' }];
}

/** Whether an `id` looks like that of a request or of a row in a database. */
function isWeak(name: string, id: string): boolean {
  return name === 'id' && (/^(req|request|log|trace|msg)[-_.]/i.test(id) || /^\d{1,6}$/.test(id));
}

/** Some forks give the ID itself as `data`; messages stand there too. */
function dataId(root: JsonRecord, saysError: boolean): readonly Candidate[] {
  const id = toId(root['data']);
  if (id === undefined || !/\d/.test(id)) return [];
  if (!saysError) return [{ id }];
  // A code that only its own gateway can read.
  return typeof root['code'] === 'number' && root['code'] < 200 ? [{ id, source: 'weak' }] : [];
}

/** IDs in a text that is no JSON, or not from there on; a cut one isn't one. */
function idsInText(text: string): readonly Candidate[] {
  if (/^\s*(<!doctype|<html)/i.test(text)) return [];
  const matches = text.matchAll(
    /\\?["']?\btask_?id\\?["']?\s*[:=]\s*(?:\\?["']([^"'\\\s]+)\\?["']|(\d+)\s*[,}\]\s])/gi,
  );
  return [...matches].flatMap(([, quoted, digits]) => {
    const id = toId(quoted ?? digits);
    return id === undefined ? [] : [{ id }];
  });
}

/** IDs are opaque: one word of printable ASCII. A sentence in its place is a message, and a link is a link. */
function toId(value: unknown): string | undefined {
  const text = Number.isInteger(value) ? String(value) : asText(value)?.trim();
  if (text === undefined || !/^[!-~]{1,2000}$/.test(text)) return undefined;
  return /^(null|none|undefined|nan|nil|true|false|0|-1|-|(https?|data):.*)$/i.test(text) ? undefined : text;
}
