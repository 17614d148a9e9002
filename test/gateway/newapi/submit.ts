import { gatewayRefusal, modelForbidden, type Account } from '../accounts';
import { VIDEOS } from '../classify';
import type { Exchange, GatewayState } from '../exchange';
import { families, findFamily } from '../families/families';
import type { Accepted, Family, Refused } from '../families/family';
import { formatQuota } from '../money/amounts';
import { reserve, stockReserve } from '../money/billing';
import { PretendTask } from '../pretendTask';
import { errorE2, errorE3, json, type GatewayResponse } from '../gatewayResponse';
import { noChannel } from '../routes/noChannel';
import { createTaskView } from '../routes/view';
import { channelFor, type StockChannel } from './channels';
import { submitObject } from './responses';
import { bindRequest, type StockRequest } from './request';

interface Route {
  readonly family: Family;
  readonly channel: StockChannel;
}

/** Handles a submit on any of the three routes of new-api (money-and-gateways 5.2, 5.3). */
export async function stockSubmit(exchange: Exchange, account: Account): Promise<GatewayResponse> {
  const { state, path } = exchange;
  const source = new RegExp(`^${VIDEOS}/([^/]+)/remix$`).exec(path)?.[1];
  if (source !== undefined) return remix(exchange, account, decodeURIComponent(source));
  const read = await readFields(exchange);
  if ('refusal' in read) return read.refusal;
  const { fields, isForm } = read;
  const model = typeof fields['model'] === 'string' ? fields['model'] : '';
  exchange.record.model = model;
  if (model === '') {
    const message =
      state.site.language === 'zh' ? '未指定模型名称，模型名称不能为空' : 'model name is required';
    return gatewayRefusal('newapi', 400, message, exchange.requestId);
  }
  const route = routeFor(exchange, account, model);
  if ('refusal' in route) return route.refusal;
  const request = bindRequest(model, fields, isForm, route.channel.bindError);
  if ('refusal' in request) return request.refusal;
  return accept(exchange, account, route, request, {
    action: request.images.length > 0 || request.inputReference !== '' ? 'generate' : 'textGenerate',
    ratios: route.channel.ratios(request),
    send: () => route.channel.submit(request),
  });
}

/** A remix uses, and bills, the model, length and size of the source. */
async function remix(exchange: Exchange, account: Account, sourceId: string): Promise<GatewayResponse> {
  const { state } = exchange;
  const read = await readFields(exchange);
  if ('refusal' in read) return read.refusal;
  const source = state.tasks.visibleTo(account.user, sourceId);
  if (source === undefined) return errorE2(400, 'task_not_exist', 'task_origin_not_exist');
  const route = routeFor(exchange, account, source.model);
  if ('refusal' in route) return route.refusal;
  const request = bindRequest(source.model, read.fields, read.isForm, 'invalid_request');
  if ('refusal' in request) return request.refusal;
  const [spec] = source.specs;
  const remixed = {
    ...request,
    ...{ seconds: String(spec?.seconds), size: `${spec?.width}x${spec?.height}`, fields: {} },
  };
  return accept(exchange, account, route, remixed, {
    action: 'remixGenerate',
    ratios: source.stock?.ratios ?? {},
    send: async () => {
      const isFinished = source.family === 'sora' && source.at(state.clock.now()).status === 'succeeded';
      if (!isFinished) return notRemixable(sourceId);
      const accepted = await route.channel.submit(remixed);
      if ('refusal' in accepted) return accepted;
      return { ...accepted, details: { ...accepted.details, remixOf: source.stock?.upstreamId ?? sourceId } };
    },
  });
}

const notRemixable = (id: string): Refused => ({
  refusal: errorE3(400, {
    error: {
      message: `Video '${id}' cannot be remixed.`,
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  }),
});

interface Order {
  readonly action: string;
  readonly ratios: Readonly<Record<string, number>>;
  readonly send: () => Promise<Accepted | Refused>;
}

/**
 * Reserves the price, submits to the provider, and refunds if it refuses. A reservation that is refunded at
 * once leaves no trace in the balances, so here the provider comes first.
 */
async function accept(
  exchange: Exchange,
  account: Account,
  { family, channel }: Route,
  request: StockRequest,
  { action, ratios, send }: Order,
): Promise<GatewayResponse> {
  const { state } = exchange;
  const refused = channel.check?.(request);
  if (refused !== undefined) return refused.refusal;
  const points = stockReserve(state, request.model, ratios);
  if (points === undefined) {
    const message = `模型 ${request.model} 倍率或价格未配置; model ${request.model} ratio or price not set`;
    return errorE2(400, 'model_price_error', message);
  }
  const tooLow = balanceTooLow(state, account, points);
  if (tooLow !== undefined) return tooLow;
  const accepted = await send();
  if ('refusal' in accepted) return accepted.refusal;

  const specs = accepted.videos.map((video) => ({ ...video, faststart: state.faststart }));
  const task = new PretendTask({
    id: `task_${state.random.alphanumeric(32)}`,
    ...{ family: family.name, model: request.model, prompt: accepted.prompt, user: account.user, account },
    ...{ createdAt: state.clock.now(), plan: state.plan, specs },
    videos: Promise.all(specs.map((spec) => state.videos.generate(spec))),
    ...{ details: accepted.details, imageUse: accepted.imageUse },
    stock: {
      ...{ number: state.tasks.count + 1, platform: channel.platform, action, ratios },
      upstreamId: family.newTaskId((length) => state.random.hex(length)),
    },
  });
  reserve(state, task, account, points);
  state.tasks.add(task);
  exchange.task = task;
  exchange.record.taskId = task.id;
  const body = submitObject(createTaskView(state, task), task.stock!, channel);
  return json(200, body, { 'x-new-api-other-ratios': JSON.stringify(ratios) });
}

function routeFor(exchange: Exchange, account: Account, model: string): Route | Refused {
  const { state, requestId } = exchange;
  if (account.models !== undefined && !account.models.includes(model))
    return { refusal: modelForbidden('newapi', model, requestId) };
  const family = state.models.includes(model) ? findFamily(model) : undefined;
  const channel = channelFor(family?.name ?? '');
  if (family === undefined || channel === undefined)
    return { refusal: noChannel(state, account.group, model, requestId) };
  return { family, channel };
}

/** The account comes first, then the key's own limit (money-and-gateways 1.5). */
function balanceTooLow(
  { ledger, site }: GatewayState,
  account: Account,
  points: number,
): GatewayResponse | undefined {
  const remaining = ledger.getQuota(account);
  const [has, needs] = [formatQuota(remaining, site), formatQuota(points, site)];
  const isChinese = site.language === 'zh';
  if (remaining <= 0 || account.error === 'balanceTooLow') {
    const message = isChinese
      ? `用户额度不足, 剩余额度: ${has}`
      : `Insufficient user quota, remaining quota: ${has}`;
    return errorE2(403, 'insufficient_user_quota', message);
  }
  if (remaining < points) {
    const message = isChinese
      ? `预扣费额度失败, 用户剩余额度: ${has}, 需要预扣费额度: ${needs}`
      : `Failed to pre-consume quota, user remaining: ${has}, required: ${needs}`;
    return errorE2(403, 'insufficient_user_quota', message);
  }
  const { quota } = ledger.getKeyBalance(account);
  if (quota === undefined || quota >= points) return undefined;
  const message = `token quota is not enough, token remain quota: ${formatQuota(quota, site)}, need quota: ${needs}`;
  return errorE2(403, 'pre_consume_token_quota_failed', message);
}

interface Fields {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly isForm: boolean;
}

/** Reads JSON or a form. Other types are read as JSON, and then the model is missing. */
async function readFields(exchange: Exchange): Promise<Fields | Refused> {
  const type = exchange.request.headers['content-type'] ?? '';
  if (/^multipart\/form-data/i.test(type)) return readForm(exchange, type);
  try {
    const value: unknown = JSON.parse(exchange.body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
    return { fields: value as Record<string, unknown>, isForm: false };
  } catch {
    const message = `无效的请求, invalid character in body`;
    return { refusal: gatewayRefusal('newapi', 400, message, exchange.requestId) };
  }
}

/** Converts files to data URIs, because only the bytes that reach the provider count. */
async function readForm({ bytes }: Exchange, type: string): Promise<Fields | Refused> {
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- keeps the body in memory, which is fine in tests
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
    const fields: Record<string, unknown> = {};
    for (const [name, value] of form.entries()) {
      const content = typeof value === 'string' ? value : await toDataUri(value);
      const known = fields[name];
      if (name === 'images') fields[name] = [...(Array.isArray(known) ? (known as unknown[]) : []), content];
      else fields[name] ??= content;
    }
    return { fields, isForm: true };
  } catch {
    return { refusal: errorE2(400, 'invalid_multipart_form', 'multipart: NextPart: EOF') };
  }
}

async function toDataUri(file: Blob): Promise<string> {
  const data = Buffer.from(await file.arrayBuffer()).toString('base64');
  return `data:${file.type === '' ? 'application/octet-stream' : file.type};base64,${data}`;
}

/** All models of families with a channel in stock new-api. */
export const listStockModels = (): string[] =>
  families
    .filter(({ name }) => channelFor(name) !== undefined)
    .flatMap(({ models, newerModels = [] }) => [...models, ...newerModels]);
