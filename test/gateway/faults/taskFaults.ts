import { z } from 'zod';
import type { Answer, Exchange } from '../exchange';
import { failureShapes } from '../pretendTask';
import { mapJson } from '../reply';
import { unknownTask } from '../routes/unknownTask';
import { fault } from './fault';

/** What happens to tasks at the vendor, and how the gateway words it. */
export const taskFaults = {
  taskFailed: fault({
    routes: ['submit', 'query'],
    reference: '5.3',
    about: 'the task fails: at the next query, or (set on submit) when its time is up; shape F1 to F6',
    args: {
      shape: z.enum(failureShapes).optional(),
      code: z.string().default('content_policy_violation'),
      message: z.string().default('blocked by the safety filter'),
    },
    strike: async (exchange, next, { shape, code, message }) => {
      const failure = { code, message, ...(shape === undefined ? {} : { shape }) };
      const fail = (when: 'now' | 'atEnd'): void =>
        exchange.task?.fail(failure, when, exchange.state.clock.now());
      if (exchange.record.kind === 'query') fail('now');
      const answer = await next();
      if (exchange.record.kind === 'submit') fail('atEnd');
      return answer;
    },
  }),
  taskStuck: fault({
    routes: ['submit', 'query'],
    reference: '11, 12',
    about: 'the task never ends by itself (finish it through the control API)',
    args: {},
    strike: async (exchange, next) => {
      exchange.task?.hold(true);
      const answer = await next();
      exchange.task?.hold(true);
      return answer;
    },
  }),
  taskLost: fault({
    routes: ['query', 'download'],
    reference: '10.4, 11',
    about: 'the gateway forgets the task, for good',
    args: {},
    strike: (exchange, next) => {
      if (exchange.task !== undefined) exchange.state.tasks.forget(exchange.task.id);
      return next();
    },
  }),
  taskNotStored: fault({
    routes: ['submit'],
    reference: 'money-and-gateways 2.2',
    about: 'the ID is answered, then storing the task fails: new-api keeps what it reserved',
    args: {},
    strike: async (exchange, next) => {
      const answer = await next();
      if (exchange.task !== undefined) exchange.state.tasks.forget(exchange.task.id);
      return answer;
    },
  }),
  taskNotFound: fault({
    routes: ['query'],
    reference: '10.4, 10.6, 13 row 16',
    about: 'the task is not found this time: 400 `task_not_exist` or 404',
    args: { status: z.union([z.literal(400), z.literal(404)]).default(400) },
    strike: (_exchange, _next, args) => unknownTask(args.status),
  }),
  statusWord: fault({
    routes: ['submit', 'query'],
    reference: '8, 14',
    about: 'another word for the status, also odd ones; upper case and synonyms of section 8 too',
    args: { word: z.string() },
    strike: (_exchange, next, args) => changeTask(next, (task) => ({ ...task, status: args.word })),
  }),
  progressIs: fault({
    routes: ['query'],
    reference: '8, 14',
    about: 'another progress: a number, a text such as "30%", null, or anything else',
    args: { progress: z.unknown() },
    strike: (_exchange, next, args) => changeTask(next, (task) => ({ ...task, progress: args.progress })),
  }),
  urlIs: fault({
    routes: ['query'],
    reference: '5.2, 9.2',
    about: 'another url: "expired", "", null, a list, a data URI, any link',
    args: { url: z.unknown() },
    strike: (exchange, next, args) =>
      changeTask(next, (task) => ({ ...task, [linkField(exchange, task)]: args.url })),
  }),
  linkAt: fault({
    routes: ['query'],
    reference: '9.2 as corrected by money-and-gateways 6',
    about:
      'the link of a finished task stands in another place: names with dots between them; a number makes a list',
    args: { place: z.string().regex(/^\w+(\.\w+)*$/) },
    strike: (exchange, next, { place }) => changeJson(next, (value) => moveLink(exchange, value, place)),
  }),
  mediaFiltered: fault({
    routes: ['query'],
    reference: '9.2, 15',
    about: 'so many videos of a succeeded task (default: all) were held back by the provider’s filter',
    args: { count: z.int().positive().optional() },
    strike: (_exchange, next, args) =>
      changeJson(next, (value) => (value['status'] === 'succeeded' ? filtered(value, args.count) : value)),
  }),
  extraFields: fault({
    routes: ['submit', 'query', 'models'],
    reference: '4.2 S3b, 14',
    about: 'more fields, or other values for known ones, in a JSON reply',
    args: { fields: z.record(z.string(), z.unknown()) },
    strike: (_exchange, next, args) => changeJson(next, (value) => ({ ...value, ...args.fields })),
  }),
};

/** One that is left is a plain text, whatever was asked for (API reference 5.2, Q10). */
function filtered(value: Record<string, unknown>, count = Infinity): Record<string, unknown> {
  const links = [value['url']].flat().filter((link) => typeof link === 'string' && link !== '');
  const left = links.slice(Math.min(count, links.length));
  const videos = left.map((url) => ({ mimeType: 'video/mp4', encoding: 'mp4', url }));
  const response = { videos, raiMediaFilteredCount: links.length - left.length };
  return { ...value, url: left.length > 1 ? left : (left[0] ?? ''), metadata: { response } };
}

/** The name under which a task has its link. */
function linkField({ state }: Exchange, task: Record<string, unknown>): string {
  return state.dialect === 'nebula' || 'url' in task ? 'url' : 'result_url';
}

/** Takes the link from its place, wherever the dialect has it, and puts it at another one. */
function moveLink(exchange: Exchange, value: Record<string, unknown>, place: string): unknown {
  const task = taskIn(value);
  const field = linkField(exchange, task);
  const { [field]: link, ...rest } = task;
  if (typeof link !== 'string' || link === '') return value;
  const moved = task === value ? rest : { ...value, data: rest };
  return put(moved, place.split('.'), link);
}

/** Sets a value deep inside an object; a number among the names stands for a place in a list. */
function put(target: unknown, [name, ...names]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  if (/^\d+$/.test(name)) return [put(undefined, names, value)];
  const object = isObject(target) ? target : {};
  return { ...object, [name]: put(object[name], names, value) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What of a reply is the task: the reply itself, or what its envelope holds. */
function taskIn(value: Record<string, unknown>): Record<string, unknown> {
  const { data } = value;
  return isObject(data) && 'task_id' in data ? data : value;
}

async function changeTask(
  next: () => Promise<Answer>,
  change: (task: Record<string, unknown>) => Record<string, unknown>,
): Promise<Answer> {
  return changeJson(next, (value) => {
    const task = taskIn(value);
    return task === value ? change(task) : { ...value, data: change(task) };
  });
}

async function changeJson(
  next: () => Promise<Answer>,
  change: (value: Record<string, unknown>) => unknown,
): Promise<Answer> {
  const answer = await next();
  return answer && mapJson(answer, change);
}
