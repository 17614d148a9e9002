import type { Dialect } from './gatewayOptions';
import type { RequestKind } from './requestLog';

export interface Classified {
  readonly kind: RequestKind;
  readonly taskId?: string;
}

export const GENERATIONS = '/v1/video/generations';
export const VIDEOS = '/v1/videos';

/** Pages about the site and its billing, as paths below `/api` and `/v1` (money-and-gateways 1.1). */
const SITE_PAGES: Readonly<Record<Dialect, readonly string[]>> = {
  nebula: ['/api/status', '/v1/dashboard/billing/subscription', '/v1/dashboard/billing/usage'],
  newapi: [
    ...['/api/status', '/v1/dashboard/billing/subscription', '/v1/dashboard/billing/usage'],
    ...['/api/pricing', '/api/usage/token', '/api/usage/token/', '/api/log/token'],
  ],
};

/** Classifies a request by the API call it is (API reference, sections 4, 5, 6.0 and 6.1). */
export function classifyApi(
  dialect: Dialect,
  method: string,
  path: string,
  query: URLSearchParams,
): Classified {
  if (method === 'POST' && path === GENERATIONS) return { kind: 'submit' };
  if (method === 'GET' && path === '/v1/models') return { kind: 'models' };
  if (method === 'GET' && SITE_PAGES[dialect].includes(path)) return { kind: 'site' };
  if (dialect === 'newapi') {
    const call = classifyVideos(method, path);
    if (call !== undefined) return call;
  }
  if (method !== 'GET') return { kind: 'other' };
  // Nebula reserves this path: a task named "download" can't be queried.
  if (dialect === 'nebula' && path === `${GENERATIONS}/download`)
    return withTask('download', query.get('id') ?? '');
  const segment = /^\/v1\/video\/generations\/([^/]+)$/.exec(path)?.[1];
  return segment === undefined ? { kind: 'other' } : withTask('query', decode(segment));
}

/** The OpenAI-like routes of new-api (money-and-gateways 5.3). */
function classifyVideos(method: string, path: string): Classified | undefined {
  if (method === 'POST' && path === VIDEOS) return { kind: 'submit' };
  const [, segment, below] = /^\/v1\/videos\/([^/]+)(?:\/(content|remix))?$/.exec(path) ?? [];
  if (segment === undefined) return undefined;
  // The ID in a remix path is the source, not the new task.
  if (method === 'POST') return below === 'remix' ? { kind: 'submit' } : undefined;
  if (method !== 'GET' || below === 'remix') return undefined;
  return withTask(below === 'content' ? 'content' : 'query', decode(segment));
}

/** Classifies a request to the second origin. */
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
