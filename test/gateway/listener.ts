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
    while (!(await listen(server, this.#port || randomPort()))) {
      if (this.#port !== 0) throw new Error(`Port ${this.#port} is in use.`);
    }
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

/**
 * A port below those that systems hand out by themselves (32768 and up): while a gateway is closed to be
 * unreachable, no other program of the machine gets its port by chance and answers in its place.
 */
function randomPort(): number {
  return 10_000 + Math.floor(Math.random() * 22_000);
}

/** @returns false if the port is in use */
function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      server.off('listening', onListening);
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    };
    const onListening = () => {
      server.off('error', onError);
      resolve(true);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen(port, '127.0.0.1');
  });
}
