import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Engine, type EngineOptions } from '../../../src/core/engine';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import type { Log } from '../../../src/core/common/log';
import type { ApiKey, KeyAnswer, KeySource, NoKeyReason } from '../../../src/core/gateway/apiKey';
import { looksLikeKey } from '../../../src/core/gateway/redaction';
import { createHttp, type HttpResponse, type HttpConnector } from '../../../src/core/gateway/http';
import type { VideoRequest } from '../../../src/core/models/request';
import { isFinal, type Phase } from '../../../src/core/task/phases';
import type { Task } from '../../../src/core/task/task';
import { startPretendGateway, type GatewayOptions, type PretendGateway } from '../../gateway/pretendGateway';
import { assertNoLeak } from '../../support/keySearch';
import { storeFile } from '../../support/storeFile';
import { CountingDisk } from './countingDisk';
import { FakeClock } from './fakeClock';
import { catalog, prepareRequest } from '../../support/catalog';

/** A key source that tests can change. */
export class FakeKeys implements KeySource {
  key: ApiKey | undefined;
  /** Reason for a missing key. */
  reason: NoKeyReason = 'none';
  version = 0;

  constructor(key: ApiKey | undefined) {
    this.key = key;
  }

  looksLikeKey = (text: string): boolean => looksLikeKey(text, this.key ? [this.key.value] : []);

  keyFor = (): Promise<KeyAnswer> =>
    Promise.resolve(this.key ? { kind: 'key', key: this.key } : { kind: this.reason });
}

/** Makes a window check for changes at once, because no timer fires while the clock stands still. */
export function looked(engine: Engine): Engine {
  engine.checkForChanges();
  return engine;
}

/** Counts exchanges in progress, so that the clock can wait for the network. */
function counting(open: HttpConnector): { readonly open: HttpConnector; readonly underWay: () => number } {
  let underWay = 0;
  return {
    underWay: () => underWay,
    open: async (request) => {
      underWay++;
      let over = false;
      const end = () => {
        if (!over) underWay--;
        over = true;
      };
      const opened = await open(request).catch((error: unknown) => {
        end();
        throw error;
      });
      return {
        close: () => {
          opened.close();
          end();
        },
        send: async (body, signal) => {
          try {
            const reply = await opened.send(body, signal);
            const close = () => {
              reply.close();
              end();
            };
            return { ...reply, body: ending(reply, end), close };
          } catch (error) {
            end();
            throw error;
          }
        },
      };
    },
  };
}

async function* ending(reply: HttpResponse, end: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* reply.body;
  } finally {
    end();
  }
}

/**
 * A profile with a pretend gateway and any number of windows, all with one clock that only the test moves.
 */
export class World {
  readonly clock: FakeClock;
  readonly gateway: PretendGateway;
  readonly folder: string;
  readonly keys: FakeKeys;
  readonly lines: string[] = [];
  readonly #windows: Engine[] = [];
  readonly #http: ReturnType<typeof counting>;
  readonly #disk = new CountingDisk();

  private constructor(clock: FakeClock, gateway: PretendGateway) {
    this.clock = clock;
    this.gateway = gateway;
    this.folder = mkdtempSync(path.join(tmpdir(), 'nebula-'));
    this.keys = new FakeKeys({ id: 'key-1', value: gateway.key });
    this.#http = counting(createHttp(clock));
  }

  static async create(options: GatewayOptions = {}): Promise<World> {
    const clock = new FakeClock();
    const gateway = await startPretendGateway({
      clock: { kind: 'given', now: clock.elsewhere },
      seed: 'test',
      ...options,
    });
    return new World(clock, gateway);
  }

  get log(): Log {
    const write = (level: string) => (message: string) => void this.lines.push(`${level} ${message}`);
    return {
      trace: write('trace'),
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    };
  }

  get options(): EngineOptions {
    return {
      storageFolder: this.folder,
      keys: this.keys,
      catalog,
      log: this.log,
      l10n: untranslatedL10n,
      pollInterval: () => 5000,
      clock: this.clock,
      http: this.#http.open,
      disk: this.#disk.around(),
      random: () => 0.5,
      // In the Nebula dialect, the pretend gateway has Nebula's own origin, which only the address
      // determines.
      ...(this.gateway.dialect === 'nebula' ? { nebulaBaseUrl: this.gateway.baseUrl } : {}),
    };
  }

  /** Opens a window on the profile. */
  async open(overrides: Partial<EngineOptions> = {}): Promise<Engine> {
    const disk = this.#disk.around(overrides.disk);
    const engine = await Engine.open({ ...this.options, ...overrides, disk });
    engine.start();
    this.#windows.push(engine);
    return engine;
  }

  get access() {
    return { baseUrl: this.gateway.baseUrl, key: { id: 'key-1', value: this.gateway.key } };
  }

  submit(
    engine: Engine,
    request: Partial<VideoRequest> = {},
    signal?: AbortSignal,
    basedOn?: string,
  ): Promise<Task> {
    const whole = { model: 'sora-2', prompt: 'a paper boat in the rain', ...request };
    const access = { ...this.access, key: this.keys.key ?? this.access.key };
    return engine.submit(prepareRequest(whole, untranslatedL10n), access, signal, basedOn);
  }

  /** Counts the gateway's requests of a kind. */
  requests(kind: string): number {
    return this.gateway.log.filter((record) => record.kind === kind).length;
  }

  /**
   * Moves the clock from timer to timer until the condition holds, but only while neither network nor disk is
   * busy.
   * @throws if it doesn't hold within the limit of fake time
   */
  async until(condition: () => boolean, limitMs = 30 * 60_000): Promise<void> {
    const limit = this.clock.now() + limitMs;
    for (;;) {
      await this.quiet(condition);
      if (condition()) return;
      const next = this.clock.nextTimer;
      if (next === undefined || next > limit) {
        throw new Error(`it did not come to pass; the log says:\n${this.lines.slice(-40).join('\n')}`);
      }
      // Encoding takes real time, which the gateway's clock doesn't measure.
      await this.gateway.advance(0).catch(() => undefined);
      this.clock.moveTo(next);
    }
  }

  /** Resolves when nothing is running that could change something without the clock. */
  async quiet(condition: () => boolean = () => false): Promise<void> {
    const limit = performance.now() + 300;
    for (let turns = 0; turns < 8; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (condition()) return;
      if (this.#http.underWay() > 0 || this.#disk.isBusy) turns = 0;
      // The disk takes real time too, which the fake clock doesn't measure. The task of a crashed window
      // stays as it is.
      if (turns === 7 && performance.now() < limit && this.#isSaving()) turns = 0;
    }
  }

  #isSaving(): boolean {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(storeFile(this.folder), { readOnly: true });
      return database.prepare(`SELECT 1 FROM tasks WHERE phase = 'saving'`).get() !== undefined;
    } catch {
      return false;
    } finally {
      database?.close();
    }
  }

  /** Lets network and disk proceed while the clock stands still, until the condition holds or for a while. */
  async turns(condition?: () => boolean): Promise<void> {
    const limit = performance.now() + (condition ? 10_000 : 0);
    for (let turn = 0; turn < 20 || performance.now() < limit; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (condition?.() === true) return;
    }
    if (condition)
      throw new Error(`it did not come to pass; the log says:\n${this.lines.slice(-40).join('\n')}`);
  }

  /** Waits, with the clock stopped, until all exchanges have ended except a number of hanging ones. */
  async exchangesEnd(hanging: number): Promise<void> {
    const limit = performance.now() + 5_000;
    do await this.turns();
    while ((this.#http.underWay() > hanging || this.#disk.isBusy) && performance.now() < limit);
  }

  /** Like {@link until}, for one request that never gets a response: the clock moves anyway. */
  async turnsWhileHanging(condition: () => boolean): Promise<void> {
    for (let steps = 0; steps < 1000; steps++) {
      const limit = performance.now() + 5_000;
      const isAtWork = () => this.#http.underWay() > 1 || this.#disk.isBusy || this.#isSaving();
      // The other requests get theirs, however slow the machine is.
      do await this.turns();
      while (isAtWork() && performance.now() < limit && !condition());
      if (condition()) return;
      const next = this.clock.nextTimer;
      if (next === undefined) break;
      // Encoding takes real time, which the gateway's clock doesn't measure.
      await this.gateway.advance(0).catch(() => undefined);
      this.clock.moveTo(next);
    }
    throw new Error(`it did not come to pass; the log says:\n${this.lines.slice(-40).join('\n')}`);
  }

  /** Waits for a task to reach one of the phases, or any final one. */
  async untilPhase(engine: Engine, id: string, ...phases: Phase[]): Promise<Task> {
    const wanted = (task: Task | undefined) =>
      task !== undefined && (phases.length === 0 ? isFinal(task.phase) : phases.includes(task.phase));
    await this.until(() => wanted(engine.task(id)));
    return engine.task(id)!;
  }

  /** @throws if the key is in anything that was stored, logged or shown, or was sent outside its header */
  async stop(): Promise<void> {
    const told = this.#windows.map((window) => JSON.stringify(window.tasks()));
    for (const window of this.#windows) window.dispose();
    await this.gateway.stop();
    try {
      const texts = { 'the log': this.lines, 'a task': told, 'the store': this.#rows() };
      // One test removes the entire folder.
      const folder = existsSync(this.folder) ? { folder: this.folder } : {};
      assertNoLeak(this.gateway.key, { ...folder, texts, requests: this.gateway.log });
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  /** Reads all rows of the store. In its file, a long text may be split. */
  #rows(): string[] {
    const file = storeFile(this.folder);
    if (!existsSync(file)) return [];
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
      return tables.flatMap(({ name }) =>
        database
          .prepare(`SELECT * FROM "${String(name)}"`)
          .all()
          .map((row) => JSON.stringify(row)),
      );
    } catch (error) {
      // Some tests damage it. Its bytes are searched anyway.
      if (/not a database|malformed/.test(String(error))) return [];
      throw error;
    } finally {
      database.close();
    }
  }
}
