import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** One port of this machine that can be closed and opened again, always under the same number. */
export class Listener {
  readonly #handle: RequestHandler;
  #server: Server | undefined;
  #port: number;

  constructor(port: number, handle: RequestHandler) {
    this.#port = port;
    this.#handle = handle;
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    // Time limits are the client's business here: a hanging request has to hang.
    const server = createServer(
      { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 30_000 },
      this.#handle,
    );
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Refuses new connections and ends the open ones. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }
}
