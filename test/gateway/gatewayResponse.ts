/** A route's response before it's sent. Faults can still change it. */
export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** Set by faults: how the connection breaks while this response is sent. */
  readonly cut?: Cut;
}

/** Short bodies are bytes. Long ones are streams whose length may be known. */
export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly open: () => AsyncIterable<Buffer>; readonly length?: number };

export interface Cut {
  /** Number of body bytes that still arrive. */
  readonly afterBytes: number;
  /** A Content-Length that is larger than what is sent. Absent means the body's own length, or chunked. */
  readonly declaredLength?: number;
}

export const bytes = (data: Buffer | string): Body => ({ kind: 'bytes', bytes: Buffer.from(data) });

/** A JSON response as the gateway's JSON library writes it. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: bytes(JSON.stringify(value)),
  };
}

/** An HTML response as proxies in front of the gateway write it (API reference 10.2, E8). */
export function html(status: number, title: string, headers: Record<string, string> = {}): GatewayResponse {
  const page = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: { 'content-type': 'text/html', ...headers }, body: bytes(page) };
}

/** A response without a body (API reference 10.2, E9). */
export function empty(status: number, headers: Record<string, string> = {}): GatewayResponse {
  return { status, headers, body: bytes('') };
}

export interface ErrorDetails {
  readonly message: string;
  readonly type: string;
  readonly code?: string | number;
  readonly details?: string;
}

/** Error envelope E1 (API reference 10.2). */
export const errorE1 = (status: number, error: ErrorDetails): GatewayResponse => json(status, { error });

/** Error envelope E2 (API reference 10.2). */
export const errorE2 = (status: number, code: string, message: string): GatewayResponse =>
  json(status, { code, message, data: null });

/** Error envelope E3: E2 around the vendor's own error as JSON text (API reference 10.2). */
export const errorE3 = (status: number, vendor: unknown): GatewayResponse =>
  errorE2(status, 'fail_to_fetch_task', JSON.stringify(vendor));

/** Changes a response whose body is JSON in memory. Other responses stay as they are. */
export function mapJson(
  response: GatewayResponse,
  change: (value: Record<string, unknown>) => unknown,
): GatewayResponse {
  if (response.body.kind !== 'bytes') return response;
  const value = jsonObject(response.body.bytes.toString('utf8'));
  return value === undefined ? response : { ...response, body: bytes(JSON.stringify(change(value))) };
}

/** Returns undefined if another fault has replaced the body: a page, compressed data, nothing. */
function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
