import { request, type IncomingHttpHeaders } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { startPretendGateway, type GatewayOptions, type PretendGateway } from '../../gateway/pretendGateway';

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

/** What came back, whole or not. */
export interface Received {
  /** Absent when the connection died before a status line. */
  readonly status?: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** False when the reply broke off, or never came. */
  readonly whole: boolean;
}

/** One request on a connection of its own; a broken one is a result, not an exception. */
export function call(url: string, options: Call = {}): Promise<Received> {
  const body =
    options.body === undefined || typeof options.body === 'string'
      ? options.body
      : JSON.stringify(options.body);
  const type = options.body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let status: number | undefined;
    let headers: IncomingHttpHeaders = {};
    const done = (whole: boolean): void => {
      let bytes: Buffer = Buffer.concat(chunks);
      if (headers['content-encoding'] === 'gzip') bytes = gunzipSync(bytes);
      resolve({
        ...(status === undefined ? {} : { status }),
        headers,
        bytes,
        text: bytes.toString('utf8'),
        whole,
      });
    };
    const sent = request(
      url,
      {
        method: options.method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...type, ...options.headers },
        agent: false,
      },
      (reply) => {
        status = reply.statusCode;
        headers = reply.headers;
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('error', () => undefined);
        reply.on('close', () => done(reply.complete));
      },
    );
    sent.on('error', () => {
      if (status === undefined) done(false);
    });
    if (options.timeoutMs !== undefined) setTimeout(() => sent.destroy(), options.timeoutMs).unref();
    sent.end(body);
  });
}

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

/** Calls of the API with the gateway's own key. */
export class TestClient {
  readonly gateway: PretendGateway;
  readonly #key: string;

  constructor(gateway: PretendGateway, key: string = gateway.key) {
    this.gateway = gateway;
    this.#key = key;
  }

  call(path: string, options: Call = {}): Promise<Received> {
    return call(`${this.gateway.baseUrl}${path}`, {
      ...options,
      headers: { ...bearer(this.#key), ...options.headers },
    });
  }

  submit(body: unknown, headers: Record<string, string> = {}): Promise<Received> {
    return this.call('/v1/video/generations', { method: 'POST', body, headers });
  }

  /** A submit that must succeed; gives the task id. */
  async newTask(fields: Record<string, unknown> = {}): Promise<string> {
    const reply = await this.submit({ ...anyRequest, ...fields });
    const id = jsonOf(reply)['task_id'];
    if (reply.status !== 200 || typeof id !== 'string') throw new Error(`Not accepted: ${reply.text}`);
    return id;
  }

  query(id: string): Promise<Received> {
    return this.call(`/v1/video/generations/${id}`);
  }

  download(id: string): Promise<Received> {
    return this.call(`/v1/video/generations/download?id=${id}`);
  }
}

/** The same prompt everywhere, so that its video is encoded once for all tests. */
export const anyRequest = {
  model: 'sora-2',
  prompt: 'a paper boat in the rain',
  seconds: '4',
  size: '1280x720',
};

export type JsonObject = Record<string, unknown>;

export const jsonOf = (reply: Received): JsonObject => JSON.parse(reply.text) as JsonObject;

export const objectAt = (value: JsonObject, key: string): JsonObject => value[key] as JsonObject;

/** Gateways for one test, all stopped and removed after it; videos are kept for the whole run. */
export class GatewayRack {
  static #cache: string | undefined;
  readonly #running: PretendGateway[] = [];

  static get cacheFolder(): string {
    if (GatewayRack.#cache === undefined) {
      const folder = mkdtempSync(join(tmpdir(), 'pretend-videos-'));
      process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
      GatewayRack.#cache = folder;
    }
    return GatewayRack.#cache;
  }

  /** A gateway with a clock that stands still until it is moved. */
  async start(options: GatewayOptions = {}): Promise<TestClient> {
    const gateway = await startPretendGateway({
      clock: { kind: 'manual', startAt: Date.UTC(2026, 10, 22, 10) },
      seed: 'test',
      cacheFolder: GatewayRack.cacheFolder,
      ...options,
    });
    this.#running.push(gateway);
    return new TestClient(gateway);
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((gateway) => gateway.stop()));
  }
}

/** Past the end of every task with the default plan. */
export const LONG_ENOUGH = 60_000;
