import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { faultNames, faultTable } from './faults/faultTable';
import { submitShapes } from './gatewayOptions';
import type { PretendGateway } from './pretendGateway';
import { failureShapes } from './pretendTask';

const advanceBody = z.strictObject({ ms: z.number().nonnegative() });
const reachableBody = z.strictObject({ reachable: z.boolean() });
const shapesBody = z
  .strictObject({
    submit: z.enum(submitShapes),
    query: z.enum(['flat', 'slim', 'nested', 'envelope']),
    link: z.enum(['none', 'url']),
    video: z.enum(['link', 'inline']),
    failure: z.enum(failureShapes),
    auth: z.enum(['gateway', 'documented']),
    unknownTask: z.union([z.literal(400), z.literal(404)]),
    dataUrl: z.boolean(),
    billing: z.enum(['some', 'all', 'none']),
    endpointTypes: z.boolean(),
  })
  .partial();
const taskBody = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('fail'),
    message: z.string().default('blocked by the safety filter'),
    code: z.string().default('content_policy_violation'),
    shape: z.enum(failureShapes).optional(),
  }),
  z.strictObject({ action: z.literal('finish') }),
  z.strictObject({ action: z.literal('hold') }),
  z.strictObject({ action: z.literal('release') }),
  z.strictObject({ action: z.literal('forget') }),
]);

interface ControlCall {
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly id: string;
}
type ControlRoute = (gateway: PretendGateway, call: ControlCall) => unknown;

/**
 * Routes of the control API, which has its own port. The real service has nothing like it. The README lists
 * them.
 */
const routes: Readonly<Record<string, ControlRoute>> = {
  'GET /__control': (gateway) => ({
    baseUrl: gateway.baseUrl,
    resultsUrl: gateway.resultsUrl,
    routes: Object.keys(routes),
    faults: faultNames.map((name) => {
      const { routes, description, reference } = faultTable[name];
      return { name, routes, description, reference };
    }),
  }),
  'GET /__control/log': ({ log }, { query }) => {
    const [kind, taskId] = [query.get('kind'), query.get('task')];
    return log.filter(
      (entry) => (kind === null || entry.kind === kind) && (taskId === null || entry.taskId === taskId),
    );
  },
  'GET /__control/tasks': ({ tasks }) => tasks,
  'GET /__control/money': ({ money }) => money,
  'POST /__control/tasks/': (gateway, { id, body }) => actOnTask(gateway, id, body),
  'GET /__control/faults': ({ faults }) => faults,
  // The fault book validates these, as it does for calls in the same process.
  'POST /__control/faults': (gateway, { body }) =>
    gateway.setFault(body as Parameters<PretendGateway['setFault']>[0]),
  'DELETE /__control/faults': (gateway) => {
    gateway.clearFaults();
    return {};
  },
  'GET /__control/clock': (gateway) => ({ now: gateway.now() }),
  'POST /__control/clock/advance': async (gateway, { body }) => {
    await gateway.advance(advanceBody.parse(body).ms);
    return { now: gateway.now() };
  },
  'POST /__control/shapes': (gateway, { body }) => {
    // Absent and undefined are the same in JSON.
    gateway.setShapes(shapesBody.parse(body) as Parameters<PretendGateway['setShapes']>[0]);
    return {};
  },
  'POST /__control/reachable': async (gateway, { body }) => {
    await gateway.setReachable(reachableBody.parse(body).reachable);
    return {};
  },
};

function actOnTask(gateway: PretendGateway, id: string, body: unknown): unknown {
  if (gateway.task(id) === undefined) throw new Error(`There is no task "${id}".`);
  const order = taskBody.parse(body);
  switch (order.action) {
    case 'fail': {
      const { message, code, shape } = order;
      gateway.failTask(id, { message, code, ...(shape === undefined ? {} : { shape }) });
      break;
    }
    case 'finish':
      gateway.finishTask(id);
      break;
    case 'hold':
    case 'release':
      gateway.holdTask(id, order.action === 'hold');
      break;
    case 'forget':
      gateway.forgetTask(id);
      break;
  }
  return gateway.task(id) ?? {};
}

/** Handles a control request. Every refusal is a 400 with a message, so a misspelled fault stops a test. */
export async function handleControl(
  gateway: PretendGateway,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [status, value] = await answer(gateway, request);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

async function answer(gateway: PretendGateway, request: IncomingMessage): Promise<[number, unknown]> {
  try {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://control');
    const [, folder = '', id = ''] = /^(\/__control\/tasks\/)([^/]+)$/.exec(pathname) ?? [];
    const name = `${request.method ?? ''} ${folder === '' ? pathname : folder}`;
    const route = routes[name];
    if (route === undefined)
      return [404, { error: `There is no control call ${name}.`, known: Object.keys(routes) }];
    const sent = await text(request);
    const body: unknown = sent === '' ? {} : JSON.parse(sent);
    return [200, await route(gateway, { query: searchParams, body, id: decodeURIComponent(id) })];
  } catch (error) {
    return [400, { error: error instanceof z.ZodError ? z.prettifyError(error) : String(error) }];
  }
}
