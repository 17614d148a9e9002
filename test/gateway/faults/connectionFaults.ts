import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { GatewayResponse } from '../gatewayResponse';
import { api, everywhere, fault } from './fault';

const how = { how: z.enum(['close', 'reset']).default('close') };

/** Network faults: connections that close or stall at each stage of a request. */
export const connectionFaults = {
  cutBeforeReading: fault({
    routes: everywhere,
    reference: '10.6',
    description: 'the connection closes before the request is read',
    isEarly: true,
    args: how,
    inject: (exchange, _next, args) => {
      exchange.disconnect(args.how);
      return null;
    },
  }),
  replyLostAfterAcceptance: fault({
    routes: api,
    reference: '10.6',
    description: 'the request is carried out, but the connection closes without a response',
    args: how,
    inject: async (exchange, next, args) => {
      await next();
      exchange.disconnect(args.how);
      return null;
    },
  }),
  cutBeforeBody: fault({
    routes: everywhere,
    reference: '10.6',
    description: "status and headers arrive, but the body doesn't",
    args: { declaredLength: z.int().positive().optional() },
    inject: async (_exchange, next, args) => cut(await next(), 0, args.declaredLength),
  }),
  cutDuringBody: fault({
    routes: everywhere,
    reference: '10.6',
    description: 'the connection closes halfway (or at another share) through the body',
    args: { share: z.number().min(0).max(1).default(0.5), declaredLength: z.int().positive().optional() },
    inject: async (_exchange, next, args) => {
      const response = await next();
      return (
        response && cut(response, Math.floor((await bodyLength(response)) * args.share), args.declaredLength)
      );
    },
  }),
  cutAfterBytes: fault({
    routes: everywhere,
    reference: '10.6',
    description: 'the connection closes after a number of body bytes',
    args: { bytes: z.int().nonnegative(), declaredLength: z.int().positive().optional() },
    inject: async (_exchange, next, args) => cut(await next(), args.bytes, args.declaredLength),
  }),
  hang: fault({
    routes: everywhere,
    reference: '12',
    description:
      'no response until the gateway stops or the client disconnects; with `accepted`, the request is carried out',
    args: { accepted: z.boolean().default(false) },
    inject: async (exchange, next, args) => {
      if (args.accepted) await next();
      await exchange.untilDisconnected();
      return null;
    },
  }),
  slow: fault({
    routes: everywhere,
    reference: '12',
    description: 'the response is delayed by real milliseconds',
    args: { ms: z.int().positive() },
    inject: async (exchange, next, args) => {
      const response = await next();
      await exchange.pause(args.ms);
      return response;
    },
  }),
  gzip: fault({
    routes: everywhere,
    reference: '14',
    description: 'the body is compressed, requested or not; with `missing`, bytes are missing at its end',
    args: {
      as: z.enum(['gzip', 'deflate', 'br']).default('gzip'),
      missing: z.int().nonnegative().default(0),
    },
    inject: async (_exchange, next, { as, missing }) => {
      const response = await next();
      if (response === null) return null;
      const compressResponse = { gzip: gzipSync, deflate: deflateSync, br: brotli }[as];
      const data = compressResponse(await readFullBody(response));
      const headers = { ...response.headers, 'content-encoding': as };
      const bytes = data.subarray(0, Math.max(0, data.length - missing));
      return { ...response, headers, body: { kind: 'bytes', bytes } };
    },
  }),
};

/** Not the highest compression: a video would take seconds. */
const brotli = (data: Buffer): Buffer =>
  brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });

function cut(
  response: GatewayResponse | null,
  afterBytes: number,
  declaredLength: number | undefined,
): GatewayResponse | null {
  return (
    response && {
      ...response,
      cut: { afterBytes, ...(declaredLength === undefined ? {} : { declaredLength }) },
    }
  );
}

async function bodyLength({ body }: GatewayResponse): Promise<number> {
  if (body.kind === 'bytes') return body.bytes.length;
  if (body.length !== undefined) return body.length;
  let length = 0;
  for await (const chunk of body.open()) length += chunk.length;
  return length;
}

async function readFullBody({ body }: GatewayResponse): Promise<Buffer> {
  if (body.kind === 'bytes') return body.bytes;
  const chunks: Buffer[] = [];
  for await (const chunk of body.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
