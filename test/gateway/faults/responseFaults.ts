import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { documented401, gatewayRefusal, modelForbidden } from '../accounts';
import type { Exchange } from '../exchange';
import { empty, errorE1, errorE2, errorE3, html, json, type GatewayResponse } from '../gatewayResponse';
import { api, everywhere, fault } from './fault';
import { noChannel } from '../routes/noChannel';

const GARBAGE = 'a little later';

/** Faults that replace the route's response: errors in every envelope, redirects, empty responses. */
export const responseFaults = {
  rateLimit: fault({
    routes: everywhere,
    reference: '10.1, 10.2 E9, 10.3, 10.5',
    description: '429; Retry-After as seconds, date, nonsense or missing; body as E1, E2, HTML or empty',
    args: {
      retryAfter: z.enum(['seconds', 'date', 'none', 'nonsense']).default('seconds'),
      seconds: z.int().nonnegative().default(1),
      body: z.enum(['E1', 'E2', 'html', 'empty']).default('E1'),
    },
    inject: (exchange, _next, args) => {
      const headers = {
        seconds: { 'retry-after': String(args.seconds) },
        date: { 'retry-after': new Date(exchange.state.clock.now() + args.seconds * 1_000).toUTCString() },
        none: undefined,
        nonsense: { 'retry-after': GARBAGE },
      }[args.retryAfter];
      return {
        ...rateLimitResponse(args.body),
        headers: { ...rateLimitResponse(args.body).headers, ...headers },
      };
    },
  }),
  serverError: fault({
    routes: everywhere,
    reference: '10.1, 10.2 E1/E2/E8, 10.4',
    description:
      'any 5xx status, as E1, E2 (with a code of 10.4), HTML or empty; with `accepted`, the request is carried out',
    args: {
      status: z.int().min(500).max(599).default(500),
      as: z.enum(['E1', 'E2', 'html', 'empty']).default('E1'),
      code: z.string().default('do_request_failed'),
      message: z.string().default('请求上游地址失败'),
      accepted: z.boolean().default(false),
    },
    inject: async (_exchange, next, { status, as, code, message, accepted }) => {
      if (accepted) await next();
      switch (as) {
        case 'E1':
          return errorE1(status, { message, type: 'server_error', code });
        case 'E2':
          return errorE2(status, code, message);
        case 'html':
          return html(status, STATUS_CODES[status] ?? 'Unknown Error');
        case 'empty':
          return empty(status);
      }
    },
  }),
  clientError: fault({
    routes: api,
    reference: '10.1, 10.2, 10.4',
    description: 'any 4xx status, as E1, E2, HTML or empty',
    args: {
      status: z.int().min(400).max(499).default(400),
      as: z.enum(['E1', 'E2', 'html', 'empty']).default('E1'),
      code: z.string().default('invalid_request'),
      message: z.string().default('the request was refused'),
    },
    inject: (_exchange, _next, { status, as, code, message }) => {
      switch (as) {
        case 'E1':
          return errorE1(status, { message, type: 'invalid_request_error', code });
        case 'E2':
          return errorE2(status, code, message);
        case 'html':
          return html(status, STATUS_CODES[status] ?? 'Unknown Error');
        case 'empty':
          return empty(status);
      }
    },
  }),
  okWithError: fault({
    routes: api,
    reference: '10.3',
    description: 'HTTP 200 with the error envelope E2 and no task',
    args: { code: z.string().default('api_error'), message: z.string().default('the vendor did not answer') },
    inject: (_exchange, _next, { code, message }) => errorE2(200, code, message),
  }),
  vendorRefused: fault({
    routes: ['submit'],
    reference: '10.2 E3',
    description: 'the vendor rejects the job: its own JSON inside the message',
    args: {
      status: z.int().min(400).max(499).default(400),
      code: z.string().default('content_policy_violation'),
      message: z.string().default('blocked by the safety filter'),
    },
    inject: (_exchange, _next, { status, code, message }) =>
      errorE3(status, { error: { code, message, type: 'invalid_request_error', param: null } }),
  }),
  modelGone: fault({
    routes: ['submit'],
    reference: '1, 10.4',
    description: '503: no channel serves the model anymore',
    args: {},
    inject: (exchange) => noChannel(exchange.state, 'default', findModel(exchange), exchange.requestId),
  }),
  keyRejected: fault({
    routes: api,
    reference: '10.1, 10.4',
    description: '401, as in the code or as documented',
    args: {
      as: z.enum(['gateway', 'documented']).default('gateway'),
      message: z.string().default('无效的令牌'),
    },
    inject: (exchange, _next, args) =>
      args.as === 'documented'
        ? documented401()
        : gatewayRefusal(exchange.state.dialect, 401, args.message, exchange.requestId),
  }),
  modelForbidden: fault({
    routes: api,
    reference: '10.4',
    description: '403: the key may not use this model',
    args: {},
    inject: (exchange) => modelForbidden(exchange.state.dialect, findModel(exchange), exchange.requestId),
  }),
  balanceTooLow: fault({
    routes: ['submit'],
    reference: '10.4',
    description: '403: the account balance is too low, nothing was charged',
    args: {},
    inject: () => errorE2(403, 'quota_not_enough', 'user quota is not enough'),
  }),
  inFlightBudget: fault({
    routes: ['submit'],
    reference: '10.6 as corrected by money-and-gateways 6',
    description: '402 with Retry-After: too many jobs at once, the balance is fine',
    args: { seconds: z.int().nonnegative().default(1) },
    inject: (_exchange, _next, { seconds }) => {
      const message = 'Too many jobs in flight for the available credits.';
      const error = { message, type: 'insufficient_credits', code: 'in_flight_budget_exhausted' };
      return json(402, { error }, { 'retry-after': String(seconds) });
    },
  }),
  echoKey: fault({
    routes: api,
    reference: '10.3',
    description: 'an error message that repeats the Authorization header',
    args: { status: z.int().min(400).max(599).default(401) },
    inject: (exchange, _next, args) => {
      const message = `the key was not accepted: ${exchange.request.headers.authorization ?? ''}`;
      return errorE1(args.status, { message, type: 'authentication_error', code: 'invalid_api_key' });
    },
  }),
  invalidUrl: fault({
    routes: api,
    reference: '10.4',
    description: '404 "Invalid URL": the address is not (or no longer) a gateway',
    args: {},
    inject: ({ request, path }) => invalidUrl(request.method ?? '', path),
  }),
  htmlPage: fault({
    routes: everywhere,
    reference: '10.2 E8',
    description: 'a web page with any status, including 200: a captive portal or a proxy',
    args: { status: z.int().min(200).max(599).default(200) },
    inject: (_exchange, _next, args) => html(args.status, STATUS_CODES[args.status] ?? 'Welcome'),
  }),
  emptyBody: fault({
    routes: everywhere,
    reference: '10.2 E9, 14',
    description: 'the right status, the request carried out, no body',
    args: { status: z.int().min(200).max(599).optional() },
    inject: async (_exchange, next, args) => {
      const response = await next();
      return response && empty(args.status ?? response.status, {});
    },
  }),
  redirect: fault({
    routes: everywhere,
    reference: '9.3',
    description: 'a redirect to the same origin, to a different one, or an endless loop',
    args: {
      to: z.enum(['same', 'other', 'loop']).default('same'),
      status: z
        .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
        .default(302),
    },
    inject: (exchange, _next, args) => ({
      ...html(args.status, STATUS_CODES[args.status] ?? 'Found', {
        location: redirectLocation(exchange, args.to),
      }),
    }),
  }),
  malformed: fault({
    routes: api,
    reference: '10.3, 14',
    description: 'the right status, the request carried out, a body that is not JSON',
    args: { text: z.string().default('{"task_id": ') },
    inject: async (_exchange, next, args) => {
      const response = await next();
      return response && { ...response, body: { kind: 'bytes', bytes: Buffer.from(args.text) } };
    },
  }),
};

/** The gateway's response to an unknown path (API reference 10.4). */
export const invalidUrl = (method: string, path: string): GatewayResponse =>
  errorE1(404, { message: `Invalid URL (${method} ${path})`, type: 'invalid_request_error', code: '' });

function rateLimitResponse(as: 'E1' | 'E2' | 'html' | 'empty'): GatewayResponse {
  const message = '当前分组上游负载已饱和，请稍后再试';
  switch (as) {
    case 'E1':
      return errorE1(429, { message, type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    case 'E2':
      return json(429, { code: 'fail_to_fetch_task', message, data: null });
    case 'html':
      return html(429, 'Too Many Requests');
    case 'empty':
      return empty(429);
  }
}

const findModel = ({ record, task }: Exchange): string => record.model ?? task?.model ?? '';

function redirectLocation({ state, record, path, query }: Exchange, to: 'same' | 'other' | 'loop'): string {
  // The count makes each address unique, so that no cache hides a redirect chain.
  const parameters = new URLSearchParams(query);
  parameters.set('hop', String(Number(query.get('hop') ?? '0') + 1));
  const nextQuery = parameters.toString();
  if (record.origin === 'api') {
    return to === 'other'
      ? `${state.resultsUrl}/elsewhere${path}?${nextQuery}`
      : `${state.baseUrl}${path}?${nextQuery}`;
  }
  // For the result host, another name of this machine is a different origin.
  const host = to === 'other' ? state.resultsUrl.replace('127.0.0.1', 'localhost') : state.resultsUrl;
  return `${host}${path}?${nextQuery}`;
}
