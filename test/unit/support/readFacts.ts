import { parseRetryAfter } from '../../../src/core/gateway/transport';
import { readResponse, type ReadContext, type ResponseFacts } from '../../../src/core/gateway/responseReader';
import { CASE_BASE, type CannedResponse } from '../../support/replyCases';
import { pieces } from './scriptedHttp';

export const CASE_KEY = { id: 'key-1', value: 'sk-AbCdEfGhIjKlMnOpQrStUvWx0123456789' };

/** Reads a response as the client does. */
export function readCanned(
  { status = 200, headers = {}, body = Buffer.alloc(0), cutAfter = false }: Partial<CannedResponse>,
  context: Partial<ReadContext> = {},
): Promise<ResponseFacts> {
  return readResponse(
    { status, headers, body: pieces(body, cutAfter), close: () => undefined },
    {
      step: 'query',
      baseUrl: CASE_BASE,
      key: CASE_KEY,
      now: 0,
      retryAfterMs: parseRetryAfter(headers['retry-after'], 0),
      ...context,
    },
  );
}

/** Reads a body: a string as it is, anything else as JSON. */
export function readFacts(
  status: number,
  body: unknown,
  context: Partial<ReadContext> = {},
): Promise<ResponseFacts> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readCanned({ status, body: Buffer.from(text) }, context);
}
