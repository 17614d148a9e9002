import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A local port that can be closed and opened again with the same number. */
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
    // No timeouts: clients must detect a request that hangs.
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

  /** Refuses new connections and closes the open ones. */
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
 * Returns a port below the ephemeral range (32768 and up). While a gateway is closed to be unreachable, no
 * other program can get its port by chance and respond in its place.
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
