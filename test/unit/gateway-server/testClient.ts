import { request, type IncomingHttpHeaders } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { startPretendGateway, type GatewayOptions, type PretendGateway } from '../../gateway/pretendGateway';

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Sends an object as JSON and a string as it is. */
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

/** A response, complete or not. */
export interface Received {
  /** Absent if the connection closed before a status line. */
  readonly status?: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** False if the response broke off or never came. */
  readonly isComplete: boolean;
}

/** Sends one request on its own connection. A broken connection is a result, not an exception. */
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
    const done = (isComplete: boolean): void => {
      let bytes: Buffer = Buffer.concat(chunks);
      if (headers['content-encoding'] === 'gzip') bytes = gunzipSync(bytes);
      resolve({
        ...(status === undefined ? {} : { status }),
        headers,
        bytes,
        text: bytes.toString('utf8'),
        isComplete,
      });
    };
    const sent = request(
      url,
      {
        method: options.method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...type, ...options.headers },
        agent: false,
      },
      (response) => {
        status = response.statusCode;
        headers = response.headers;
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => undefined);
        response.on('close', () => done(response.complete));
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

/** Calls the API with the gateway's own key. */
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

  /** Submits a task that must be accepted, and returns its ID. */
  async submitTask(fields: Record<string, unknown> = {}): Promise<string> {
    const response = await this.submit({ ...anyRequest, ...fields });
    const id = parseBody(response)['task_id'];
    if (response.status !== 200 || typeof id !== 'string') throw new Error(`Not accepted: ${response.text}`);
    return id;
  }

  query(id: string): Promise<Received> {
    return this.call(`/v1/video/generations/${id}`);
  }

  download(id: string): Promise<Received> {
    return this.call(`/v1/video/generations/download?id=${id}`);
  }
}

/** The same prompt for all tests, so that its video is encoded only once. */
export const anyRequest = {
  model: 'sora-2',
  prompt: 'a paper boat in the rain',
  seconds: '4',
  size: '1280x720',
};

export type JsonObject = Record<string, unknown>;

export const parseBody = (response: Received): JsonObject => JSON.parse(response.text) as JsonObject;

export const getObject = (value: JsonObject, key: string): JsonObject => value[key] as JsonObject;

/** Starts gateways for a test, and stops and removes them after it. Videos are kept for the whole run. */
export class TestGateways {
  static #cache: string | undefined;
  readonly #running: PretendGateway[] = [];

  static get cacheFolder(): string {
    if (TestGateways.#cache === undefined) {
      const folder = mkdtempSync(join(tmpdir(), 'pretend-videos-'));
      process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
      TestGateways.#cache = folder;
    }
    return TestGateways.#cache;
  }

  /** Starts a gateway with a manual clock. */
  async start(options: GatewayOptions = {}): Promise<TestClient> {
    const gateway = await startPretendGateway({
      clock: { kind: 'manual', startAt: Date.UTC(2026, 10, 22, 10) },
      seed: 'test',
      cacheFolder: TestGateways.cacheFolder,
      ...options,
    });
    this.#running.push(gateway);
    return new TestClient(gateway);
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((gateway) => gateway.stop()));
  }
}

/** Longer than the default plan of any task. */
export const PAST_ALL_TASKS_MS = 60_000;
