import type { Account } from '../accounts';
import type { Answer, Exchange } from '../exchange';
import { invalidUrl } from '../faults/replyFaults';
import { storageError, results } from './results';
import { classifyApi } from '../classify';
import { download } from './download';
import { models } from './models';
import { query } from './query';
import { submit } from './submit';

/** The API's own origin: authentication first, then the call (API reference, section 2). */
export async function apiRoutes(exchange: Exchange): Promise<Answer> {
  const { state, record, request } = exchange;
  if (record.kind === 'other') return invalidUrl(record.method, exchange.path);
  const auth = state.accounts.authenticate(
    request.headers.authorization,
    state.shapes.auth,
    exchange.requestId,
  );
  if ('refusal' in auth) return auth.refusal;
  return call(exchange, auth.account);
}

async function call(exchange: Exchange, account: Account): Promise<Answer> {
  const { kind, taskId } = exchange.record;
  switch (kind) {
    case 'submit':
      return submit(exchange, account);
    case 'query':
      return query(exchange, account, taskId ?? '');
    case 'download':
      return download(exchange, account);
    case 'models':
      return models(exchange, account);
    case 'result':
    case 'other':
      return invalidUrl(exchange.record.method, exchange.path);
  }
}

/** The second origin: result links, and what redirects to another origin lead to. */
export async function resultRoutes(exchange: Exchange): Promise<Answer> {
  if (exchange.record.kind === 'result') return results(exchange);
  const below = /^\/elsewhere(\/.*)$/.exec(exchange.path)?.[1];
  return below === undefined
    ? storageError(404, 'NoSuchKey', 'The specified key does not exist.')
    : elsewhere(exchange, below);
}

/** Serves a task to whoever followed a redirect here, without asking for a key: the log shows who brought one. */
async function elsewhere(exchange: Exchange, path: string): Promise<Answer> {
  const { state, record, query: parameters } = exchange;
  const { kind, taskId = '' } = classifyApi(record.method, path, parameters);
  const task = state.tasks.get(taskId);
  if (task === undefined || (kind !== 'query' && kind !== 'download')) return invalidUrl(record.method, path);
  record.taskId = taskId;
  const owner: Account = {
    key: '',
    user: task.user,
    group: 'default',
    models: undefined,
    trouble: undefined,
  };
  return kind === 'query' ? query(exchange, owner, taskId) : download(exchange, owner);
}
