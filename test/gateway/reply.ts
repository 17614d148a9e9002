/** What a route answers, before it is sent: faults change it on its way out. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** Set by faults: how the connection dies while this reply is being sent. */
  readonly cut?: Cut;
}

/** Short replies are bytes; long ones a stream whose length may be known. */
export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly open: () => AsyncIterable<Buffer>; readonly length?: number };

export interface Cut {
  /** How many bytes of the body still arrive. */
  readonly afterBytes: number;
  /** A Content-Length that promises more than will come; absent = the body's own, or chunked. */
  readonly declaredLength?: number;
}

export const bytes = (data: Buffer | string): Body => ({ kind: 'bytes', bytes: Buffer.from(data) });

/** A JSON reply as the gateway's JSON library writes it. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: bytes(JSON.stringify(value)),
  };
}

/** An HTML reply, as proxies in front of the gateway write it (API reference 10.2, E8). */
export function html(status: number, title: string, headers: Record<string, string> = {}): Reply {
  const page = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: { 'content-type': 'text/html', ...headers }, body: bytes(page) };
}

/** A reply without any body (API reference 10.2, E9). */
export function empty(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: bytes('') };
}

export interface ErrorDetails {
  readonly message: string;
  readonly type: string;
  readonly code?: string | number;
  readonly details?: string;
}

/** Error envelope E1 (API reference 10.2). */
export const errorE1 = (status: number, error: ErrorDetails): Reply => json(status, { error });

/** Error envelope E2 (API reference 10.2). */
export const errorE2 = (status: number, code: string, message: string): Reply =>
  json(status, { code, message, data: null });

/** Error envelope E3: E2 around the vendor's own error as JSON text (API reference 10.2). */
export const errorE3 = (status: number, vendor: unknown): Reply =>
  errorE2(status, 'fail_to_fetch_task', JSON.stringify(vendor));

/** Applies a change to a reply whose body is JSON in memory; other replies pass as they are. */
export function mapJson(reply: Reply, change: (value: Record<string, unknown>) => unknown): Reply {
  if (reply.body.kind !== 'bytes') return reply;
  const value = jsonObject(reply.body.bytes.toString('utf8'));
  return value === undefined ? reply : { ...reply, body: bytes(JSON.stringify(change(value))) };
}

/** Undefined for what another fault has made of the reply: a page, a packed body, nothing. */
function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
