import type { RequestKind } from './requestLog';

export interface Classified {
  readonly kind: RequestKind;
  readonly taskId?: string;
}

const GENERATIONS = '/v1/video/generations';

/** Which documented call of the API a request is, if any (API reference, sections 4, 5, 6.0 and 6.1). */
export function classifyApi(method: string, path: string, query: URLSearchParams): Classified {
  if (method === 'POST' && path === GENERATIONS) return { kind: 'submit' };
  if (method === 'GET' && path === '/v1/models') return { kind: 'models' };
  if (method !== 'GET') return { kind: 'other' };
  // The reserved word comes first: a task called "download" can't be asked for.
  if (path === `${GENERATIONS}/download`) return withTask('download', query.get('id') ?? '');
  const segment = /^\/v1\/video\/generations\/([^/]+)$/.exec(path)?.[1];
  return segment === undefined ? { kind: 'other' } : withTask('query', decode(segment));
}

/** What a request to the second origin is for. */
export function classifyResults(method: string, path: string): Classified {
  const id = /^\/results\/([^/]+)\/\d+\.mp4$/.exec(path)?.[1];
  if (id === undefined || (method !== 'GET' && method !== 'HEAD')) return { kind: 'other' };
  return withTask('result', id);
}

function withTask(kind: RequestKind, taskId: string): Classified {
  return taskId === '' ? { kind } : { kind, taskId };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
