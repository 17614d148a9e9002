import { z } from 'zod';
import type { Answer } from '../exchange';
import { failureShapes } from '../pretendTask';
import { mapJson } from '../reply';
import { unknownTask } from '../routes/query';
import { fault } from './fault';

/** What happens to tasks at the vendor, and how the gateway words it. */
export const taskFaults = {
  taskFailed: fault({
    routes: ['submit', 'query'],
    reference: '5.3',
    about: 'the task fails: at the next query, or (set on submit) when its time is up; shape F1 to F5',
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
    strike: (_exchange, next, args) => changeJson(next, (value) => ({ ...value, status: args.word })),
  }),
  progressIs: fault({
    routes: ['query'],
    reference: '8, 14',
    about: 'another progress: a number, a text such as "30%", null, or anything else',
    args: { progress: z.unknown() },
    strike: (_exchange, next, args) => changeJson(next, (value) => ({ ...value, progress: args.progress })),
  }),
  urlIs: fault({
    routes: ['query'],
    reference: '5.2, 9.2',
    about: 'another url: "expired", "", null, a list, a data URI, any link',
    args: { url: z.unknown() },
    strike: (_exchange, next, args) => changeJson(next, (value) => ({ ...value, url: args.url })),
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

async function changeJson(
  next: () => Promise<Answer>,
  change: (value: Record<string, unknown>) => unknown,
): Promise<Answer> {
  const answer = await next();
  return answer && mapJson(answer, change);
}
