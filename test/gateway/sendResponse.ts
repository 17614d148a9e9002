import type { ServerResponse } from 'node:http';
import type { GatewayResponse } from './gatewayResponse';
import type { RequestRecord } from './requestLog';

/** Sends a response at the client's pace. Breaks the connection where the response says so. */
export async function sendResponse(
  serverResponse: ServerResponse,
  response: GatewayResponse,
  record: RequestRecord,
): Promise<void> {
  if (serverResponse.destroyed) return;
  const headers: Record<string, string> = { ...response.headers };
  const length = response.cut?.declaredLength ?? bodyLength(response);
  if (length !== undefined) headers['content-length'] = String(length);
  record.status = response.status;
  serverResponse.writeHead(response.status, headers);
  serverResponse.flushHeaders();
  const remaining = response.cut?.afterBytes ?? Infinity;
  if (record.method !== 'HEAD') await writeBody(serverResponse, response, record, remaining);
  // The written bytes have left the process by now, and none will follow.
  if (response.cut !== undefined) serverResponse.socket?.destroy();
  else if (await endResponse(serverResponse)) record.outcome = 'sent';
}

/** Ends the response. Returns false if the client disconnected first. */
async function endResponse(serverResponse: ServerResponse): Promise<boolean> {
  if (!serverResponse.destroyed) {
    await new Promise<void>((resolve) => {
      serverResponse.once('close', resolve);
      serverResponse.end();
    });
  }
  return serverResponse.writableFinished;
}

async function writeBody(
  serverResponse: ServerResponse,
  { body }: GatewayResponse,
  record: RequestRecord,
  limit: number,
): Promise<void> {
  let remaining = limit;
  const chunks = body.kind === 'bytes' ? [body.bytes] : body.open();
  for await (const chunk of chunks) {
    if (remaining <= 0 || serverResponse.destroyed) return;
    const part = chunk.length > remaining ? chunk.subarray(0, remaining) : chunk;
    remaining -= part.length;
    if (part.length > 0 && !(await write(serverResponse, part))) return;
    record.bytesSent += part.length;
  }
}

/** Returns true once the operating system has the chunk, or false if the client disconnected first. */
function write(serverResponse: ServerResponse, chunk: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const onClose = (): void => resolve(false);
    serverResponse.once('close', onClose);
    serverResponse.write(chunk, (error) => {
      serverResponse.off('close', onClose);
      resolve(error === null || error === undefined);
    });
  });
}

function bodyLength({ body }: GatewayResponse): number | undefined {
  return body.kind === 'bytes' ? body.bytes.length : body.length;
}
