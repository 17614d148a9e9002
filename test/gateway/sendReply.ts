import type { ServerResponse } from 'node:http';
import type { Reply } from './reply';
import type { RequestRecord } from './requestLog';

/** Writes a reply, at the client's pace, and dies on the way where the reply says so. */
export async function sendReply(
  response: ServerResponse,
  reply: Reply,
  record: RequestRecord,
): Promise<void> {
  if (response.destroyed) return;
  const headers: Record<string, string> = { ...reply.headers };
  const length = reply.cut?.declaredLength ?? bodyLength(reply);
  if (length !== undefined) headers['content-length'] = String(length);
  record.status = reply.status;
  response.writeHead(reply.status, headers);
  response.flushHeaders();
  const left = reply.cut?.afterBytes ?? Infinity;
  if (record.method !== 'HEAD') await writeBody(response, reply, record, left);
  // What was written has left the process by now; nothing after it will.
  if (reply.cut !== undefined) response.socket?.destroy();
  else if (await endOf(response)) record.outcome = 'sent';
}

/** Ends the reply; false when the client went before its end. */
async function endOf(response: ServerResponse): Promise<boolean> {
  if (!response.destroyed) {
    await new Promise<void>((resolve) => {
      response.once('close', resolve);
      response.end();
    });
  }
  return response.writableFinished;
}

async function writeBody(
  response: ServerResponse,
  { body }: Reply,
  record: RequestRecord,
  limit: number,
): Promise<void> {
  let left = limit;
  const chunks = body.kind === 'bytes' ? [body.bytes] : body.open();
  for await (const chunk of chunks) {
    if (left <= 0 || response.destroyed) return;
    const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= part.length;
    if (part.length > 0 && !(await write(response, part))) return;
    record.bytesSent += part.length;
  }
}

/** True once the chunk is with the operating system, false when the client went first. */
function write(response: ServerResponse, chunk: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const gone = (): void => resolve(false);
    response.once('close', gone);
    response.write(chunk, (error) => {
      response.off('close', gone);
      resolve(error === null || error === undefined);
    });
  });
}

function bodyLength({ body }: Reply): number | undefined {
  return body.kind === 'bytes' ? body.bytes.length : body.length;
}
