import { z } from 'zod';
import type { MaybeResponse, Exchange } from '../exchange';
import { failureShapes } from '../pretendTask';
import { mapJson } from '../gatewayResponse';
import { unknownTask } from '../routes/unknownTask';
import { fault } from './fault';

/** Faults of tasks at the vendor, as the gateway reports them. */
export const taskFaults = {
  taskFailed: fault({
    routes: ['submit', 'query'],
    reference: '5.3',
    description: 'the task fails: at the next query, or (set on submit) at its planned end; shape F1 to F6',
    args: {
      shape: z.enum(failureShapes).optional(),
      code: z.string().default('content_policy_violation'),
      message: z.string().default('blocked by the safety filter'),
    },
    inject: async (exchange, next, { shape, code, message }) => {
      const failure = { code, message, ...(shape === undefined ? {} : { shape }) };
      const fail = (when: 'now' | 'atEnd'): void =>
        exchange.task?.fail(failure, when, exchange.state.clock.now());
      if (exchange.record.kind === 'query') fail('now');
      const response = await next();
      if (exchange.record.kind === 'submit') fail('atEnd');
      return response;
    },
  }),
  taskStuck: fault({
    routes: ['submit', 'query'],
    reference: '11, 12',
    description: 'the task never ends (finish it through the control API)',
    args: {},
    inject: async (exchange, next) => {
      exchange.task?.hold(true);
      const response = await next();
      exchange.task?.hold(true);
      return response;
    },
  }),
  taskLost: fault({
    routes: ['query', 'download'],
    reference: '10.4, 11',
    description: 'the gateway forgets the task permanently',
    args: {},
    inject: (exchange, next) => {
      if (exchange.task !== undefined) exchange.state.tasks.forget(exchange.task.id);
      return next();
    },
  }),
  taskNotStored: fault({
    routes: ['submit'],
    reference: 'money-and-gateways 2.2',
    description: 'the response has an ID, then storing the task fails: new-api keeps the reserved amount',
    args: {},
    inject: async (exchange, next) => {
      const response = await next();
      if (exchange.task !== undefined) exchange.state.tasks.forget(exchange.task.id);
      return response;
    },
  }),
  taskNotFound: fault({
    routes: ['query'],
    reference: '10.4, 10.6, 13 row 16',
    description: 'the task is not found this time: 400 `task_not_exist` or 404',
    args: { status: z.union([z.literal(400), z.literal(404)]).default(400) },
    inject: (_exchange, _next, args) => unknownTask(args.status),
  }),
  statusWord: fault({
    routes: ['submit', 'query'],
    reference: '8, 14',
    description: 'another status: any text, also upper case and synonyms of section 8',
    args: { word: z.string() },
    inject: (_exchange, next, args) => changeTask(next, (task) => ({ ...task, status: args.word })),
  }),
  progressIs: fault({
    routes: ['query'],
    reference: '8, 14',
    description: 'another progress: a number, a text such as "30%", null, or anything else',
    args: { progress: z.unknown() },
    inject: (_exchange, next, args) => changeTask(next, (task) => ({ ...task, progress: args.progress })),
  }),
  urlIs: fault({
    routes: ['query'],
    reference: '5.2, 9.2',
    description: 'another url: "expired", "", null, a list, a data URI, any link',
    args: { url: z.unknown() },
    inject: (exchange, next, args) =>
      changeTask(next, (task) => ({ ...task, [linkField(exchange, task)]: args.url })),
  }),
  linkAt: fault({
    routes: ['query'],
    reference: '9.2 as corrected by money-and-gateways 6',
    description:
      'the link of a finished task is in another place: names with dots between them; a number is a list index',
    args: { place: z.string().regex(/^\w+(\.\w+)*$/) },
    inject: (exchange, next, { place }) => changeJson(next, (value) => moveLink(exchange, value, place)),
  }),
  mediaFiltered: fault({
    routes: ['query'],
    reference: '9.2, 15',
    description: "some videos of a succeeded task (default: all) were held back by the provider's filter",
    args: { count: z.int().positive().optional() },
    inject: (_exchange, next, args) =>
      changeJson(next, (value) => (value['status'] === 'succeeded' ? filtered(value, args.count) : value)),
  }),
  extraFields: fault({
    routes: ['submit', 'query', 'models'],
    reference: '4.2 S3b, 14',
    description: 'more fields, or other values for known ones, in a JSON response',
    args: { fields: z.record(z.string(), z.unknown()) },
    inject: (_exchange, next, args) => changeJson(next, (value) => ({ ...value, ...args.fields })),
  }),
};

/** If one is left, it's plain text, whatever was requested (API reference 5.2, Q10). */
function filtered(value: Record<string, unknown>, count = Infinity): Record<string, unknown> {
  const links = [value['url']].flat().filter((link) => typeof link === 'string' && link !== '');
  const remaining = links.slice(Math.min(count, links.length));
  const videos = remaining.map((url) => ({ mimeType: 'video/mp4', encoding: 'mp4', url }));
  const response = { videos, raiMediaFilteredCount: links.length - remaining.length };
  return { ...value, url: remaining.length > 1 ? remaining : (remaining[0] ?? ''), metadata: { response } };
}

/** The field that holds a task's link. */
function linkField({ state }: Exchange, task: Record<string, unknown>): string {
  return state.dialect === 'nebula' || 'url' in task ? 'url' : 'result_url';
}

/** Moves the link from its usual place, which depends on the dialect, to another one. */
function moveLink(exchange: Exchange, value: Record<string, unknown>, place: string): unknown {
  const task = taskIn(value);
  const field = linkField(exchange, task);
  const { [field]: link, ...rest } = task;
  if (typeof link !== 'string' || link === '') return value;
  const moved = task === value ? rest : { ...value, data: rest };
  return setDeep(moved, place.split('.'), link);
}

/** Sets a value deep inside an object. A number among the names is a list index. */
function setDeep(target: unknown, [name, ...names]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  if (/^\d+$/.test(name)) return [setDeep(undefined, names, value)];
  const object = isObject(target) ? target : {};
  return { ...object, [name]: setDeep(object[name], names, value) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the task in a response: the response itself, or the content of its envelope. */
function taskIn(value: Record<string, unknown>): Record<string, unknown> {
  const { data } = value;
  return isObject(data) && 'task_id' in data ? data : value;
}

async function changeTask(
  next: () => Promise<MaybeResponse>,
  change: (task: Record<string, unknown>) => Record<string, unknown>,
): Promise<MaybeResponse> {
  return changeJson(next, (value) => {
    const task = taskIn(value);
    return task === value ? change(task) : { ...value, data: change(task) };
  });
}

async function changeJson(
  next: () => Promise<MaybeResponse>,
  change: (value: Record<string, unknown>) => unknown,
): Promise<MaybeResponse> {
  const response = await next();
  return response && mapJson(response, change);
}
