import { isRecord, parseJson, type JsonRecord } from '../common/json';

export function asRecord(value: unknown): JsonRecord | undefined {
  return isRecord(value) ? value : undefined;
}

/** Returns a string that isn't blank, or undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** Reads a number, or a string with one, optionally followed by `%` or `s`. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*[%s]?\s*$/.test(value)) return parseFloat(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** An object in a response, at a path that is known to hold facts about the task. */
export interface KnownObject {
  readonly record: JsonRecord;
  /** Keys and indexes from the root of the response. */
  readonly path: readonly (string | number)[];
  /** Property name of the object, or of the list that contains it. Empty for the root. */
  readonly name: string;
}

/** Keys under which gateways and vendors put a task, its result, its error and its price. */
const CONTAINERS = [
  'task',
  'data',
  'result',
  'output',
  'response',
  'metadata',
  'error',
  'base_resp',
  'usage',
  'content',
  'video',
  'videos',
  'creations',
  'task_result',
  'task_info',
  'job',
  'generation',
  'resultJson',
] as const;

const MAX_OBJECTS = 200;
const MAX_ITEMS = 16;

/** Returns the known objects of a response, outer ones first. */
export function knownObjects(root: unknown): readonly KnownObject[] {
  const found: KnownObject[] = [];
  const add = (value: unknown, path: KnownObject['path'], name: string): void => {
    const inner = typeof value === 'string' && value.startsWith('{') ? parseJson(value) : value;
    const record = asRecord(inner);
    if (record && found.length < MAX_OBJECTS) found.push({ record, path, name });
    if (Array.isArray(inner))
      inner.slice(0, MAX_ITEMS).forEach((item, index) => add(item, [...path, index], name));
  };
  add(root, [], '');
  // Breadth first: the array grows during the loop.
  for (const { record, path } of found) {
    for (const name of CONTAINERS) if (name in record) add(record[name], [...path, name], name);
  }
  return found;
}

/** Returns the first readable value. Tries each name in all objects before the next name. */
export function firstValue<T>(
  objects: readonly KnownObject[],
  names: readonly string[],
  read: (value: unknown) => T | undefined,
): { readonly value: T; readonly path: string } | undefined {
  for (const name of names) {
    for (const { record, path } of objects) {
      const value = read(record[name]);
      if (value !== undefined) return { value, path: [...path, name].join('.') };
    }
  }
  return undefined;
}
