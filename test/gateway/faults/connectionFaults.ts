import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Reply } from '../reply';
import { api, everywhere, fault } from './fault';

const how = { how: z.enum(['close', 'reset']).default('close') };

/** What networks do: connections that die or stall at every stage of a request. */
export const connectionFaults = {
  cutBeforeReading: fault({
    routes: everywhere,
    reference: '10.6',
    about: 'the connection dies before the request is read',
    early: true,
    args: how,
    strike: (exchange, _next, args) => {
      exchange.disconnect(args.how);
      return null;
    },
  }),
  replyLostAfterAcceptance: fault({
    routes: api,
    reference: '10.6',
    about: 'the request is carried out, the connection dies without a reply',
    args: how,
    strike: async (exchange, next, args) => {
      await next();
      exchange.disconnect(args.how);
      return null;
    },
  }),
  cutBeforeBody: fault({
    routes: everywhere,
    reference: '10.6',
    about: 'status and headers arrive, the body does not',
    args: { declaredLength: z.int().positive().optional() },
    strike: async (_exchange, next, args) => cut(await next(), 0, args.declaredLength),
  }),
  cutDuringBody: fault({
    routes: everywhere,
    reference: '10.6',
    about: 'the connection dies half-way (or at another share) through the body',
    args: { share: z.number().min(0).max(1).default(0.5), declaredLength: z.int().positive().optional() },
    strike: async (_exchange, next, args) => {
      const answer = await next();
      return answer && cut(answer, Math.floor((await lengthOf(answer)) * args.share), args.declaredLength);
    },
  }),
  cutAfterBytes: fault({
    routes: everywhere,
    reference: '10.6',
    about: 'the connection dies after so many bytes of the body',
    args: { bytes: z.int().nonnegative(), declaredLength: z.int().positive().optional() },
    strike: async (_exchange, next, args) => cut(await next(), args.bytes, args.declaredLength),
  }),
  hang: fault({
    routes: everywhere,
    reference: '12',
    about:
      'no reply, until the gateway stops or the client goes; with `accepted` the request was carried out',
    args: { accepted: z.boolean().default(false) },
    strike: async (exchange, next, args) => {
      if (args.accepted) await next();
      await exchange.untilGone();
      return null;
    },
  }),
  slow: fault({
    routes: everywhere,
    reference: '12',
    about: 'the reply comes so many real milliseconds late',
    args: { ms: z.int().positive() },
    strike: async (exchange, next, args) => {
      const answer = await next();
      await exchange.pause(args.ms);
      return answer;
    },
  }),
  gzip: fault({
    routes: everywhere,
    reference: '14',
    about: 'the body is compressed, asked for or not; with `missing` so many bytes at its end never come',
    args: {
      as: z.enum(['gzip', 'deflate', 'br']).default('gzip'),
      missing: z.int().nonnegative().default(0),
    },
    strike: async (_exchange, next, { as, missing }) => {
      const answer = await next();
      if (answer === null) return null;
      const pack = { gzip: gzipSync, deflate: deflateSync, br: brotli }[as];
      const data = pack(await wholeBody(answer));
      const headers = { ...answer.headers, 'content-encoding': as };
      const bytes = data.subarray(0, Math.max(0, data.length - missing));
      return { ...answer, headers, body: { kind: 'bytes', bytes } };
    },
  }),
};

/** Not as small as can be: a video would take seconds. */
const brotli = (data: Buffer): Buffer =>
  brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });

function cut(answer: Reply | null, afterBytes: number, declaredLength: number | undefined): Reply | null {
  return (
    answer && { ...answer, cut: { afterBytes, ...(declaredLength === undefined ? {} : { declaredLength }) } }
  );
}

async function lengthOf({ body }: Reply): Promise<number> {
  if (body.kind === 'bytes') return body.bytes.length;
  if (body.length !== undefined) return body.length;
  let length = 0;
  for await (const chunk of body.open()) length += chunk.length;
  return length;
}

async function wholeBody({ body }: Reply): Promise<Buffer> {
  if (body.kind === 'bytes') return body.bytes;
  const chunks: Buffer[] = [];
  for await (const chunk of body.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
