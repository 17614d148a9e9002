import { keyExhausted, type Account, type AuthResult } from '../accounts';
import { classifyApi } from '../classify';
import type { MaybeResponse, Exchange } from '../exchange';
import { invalidUrl } from '../faults/responseFaults';
import { settleMoney } from '../money/billing';
import { stockSubmit } from '../newapi/submit';
import { content, stockQuery } from '../newapi/videos';
import { bytes, json, type GatewayResponse } from '../gatewayResponse';
import { download } from './download';
import { models } from './models';
import { query } from './query';
import { results, storageError } from './results';
import { keyPage, publicPage } from './site';
import { submit } from './submit';

/** Routes of the API's own origin: authentication first, then the call (API reference, section 2). */
export async function apiRoutes(exchange: Exchange): Promise<MaybeResponse> {
  const { state, record, path } = exchange;
  if (record.kind === 'other') return unknownPath(exchange);
  settleMoney(state);
  const open = record.kind === 'site' ? publicPage(exchange) : undefined;
  if (open !== undefined) return open;
  const auth = authenticate(exchange);
  if ('account' in auth) return call(exchange, auth.account);
  // The site's own pages have different error messages (money-and-gateways 1.1).
  const isPage = record.kind === 'site' && path.startsWith('/api/');
  return isPage ? json(401, { success: false, message: '无效的令牌' }) : auth.refusal;
}

function authenticate({ state, request, requestId }: Exchange): AuthResult {
  const auth = state.accounts.authenticate(request.headers.authorization, state.shapes.auth, requestId);
  if ('refusal' in auth) return auth;
  const { quota } = state.ledger.getKeyBalance(auth.account);
  if (quota === undefined || quota > 0) return auth;
  return { refusal: keyExhausted(state.dialect, auth.account.key, requestId) };
}

/**
 * Below `/v1` and `/api` a JSON error. Elsewhere new-api serves its web page with 200 (money-and-gateways
 * 1.1).
 */
function unknownPath({ state, record, path }: Exchange): GatewayResponse {
  const isOfApi = /^\/(v1|api)(\/|$)/.test(path);
  if (state.dialect === 'nebula' || isOfApi) return invalidUrl(record.method, path);
  const page =
    '<!doctype html>\n<html lang="zh"><head><title>New API</title></head><body><div id="root"></div></body></html>\n';
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: bytes(page) };
}

async function call(exchange: Exchange, account: Account): Promise<MaybeResponse> {
  const { dialect } = exchange.state;
  const { kind, taskId = '' } = exchange.record;
  switch (kind) {
    case 'submit':
      return dialect === 'newapi' ? stockSubmit(exchange, account) : submit(exchange, account);
    case 'query':
      return dialect === 'newapi' ? stockQuery(exchange, account, taskId) : query(exchange, account, taskId);
    case 'content':
      return content(exchange, account, taskId);
    case 'download':
      return download(exchange, account);
    case 'models':
      return models(exchange, account);
    case 'site':
      return keyPage(exchange, account);
    case 'result':
    case 'other':
      return invalidUrl(exchange.record.method, exchange.path);
  }
}

/** Routes of the second origin: result links, and targets of redirects to another origin. */
export async function resultRoutes(exchange: Exchange): Promise<MaybeResponse> {
  if (exchange.record.kind === 'result') return results(exchange);
  const below = /^\/elsewhere(\/.*)$/.exec(exchange.path)?.[1];
  return below === undefined
    ? storageError(404, 'NoSuchKey', 'The specified key does not exist.')
    : elsewhere(exchange, below);
}

/** Serves a task after a redirect, without a key. The log shows whether a client sent one. */
async function elsewhere(exchange: Exchange, path: string): Promise<MaybeResponse> {
  const { state, record, query: parameters } = exchange;
  const { kind, taskId = '' } = classifyApi(state.dialect, record.method, path, parameters);
  const task = state.tasks.get(taskId);
  if (task === undefined || !['query', 'download', 'content'].includes(kind))
    return invalidUrl(record.method, path);
  record.taskId = taskId;
  const owner: Account = {
    ...{ key: '', user: task.user, group: 'default' },
    ...{ models: undefined, error: undefined, quota: undefined, keyQuota: undefined },
  };
  const there = { ...exchange, path };
  if (kind === 'content') return content(there, owner, taskId);
  if (kind === 'download') return download(there, owner);
  return state.dialect === 'newapi' ? stockQuery(there, owner, taskId) : query(there, owner, taskId);
}
