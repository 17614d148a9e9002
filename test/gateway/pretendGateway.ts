import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Accounts } from './accounts';
import { classifyApi, classifyResults } from './classify';
import { createClock } from './clock';
import { handleControl } from './control';
import type { GatewayState } from './exchange';
import { families, findFamily } from './families/families';
import { FaultRegistry, type ActiveFault, type FaultOptions } from './faults/faultRegistry';
import {
  defaultRenderPlan,
  defaultShapes,
  defaultSite,
  type Dialect,
  type GatewayOptions,
  type ResponseShapes,
} from './gatewayOptions';
import { settleMoney } from './money/billing';
import { Ledger, type Balance, type LedgerEntry } from './money/ledger';
import { listStockModels } from './newapi/submit';
import { Listener } from './listener';
import { Origin } from './origin';
import { PretendTask, type TaskFailure, type TaskSnapshot } from './pretendTask';
import { RequestLog, type RequestRecord } from './requestLog';
import { apiRoutes, resultRoutes } from './routes/apiRoutes';
import { SeededRandom } from './seededRandom';
import { TaskStore } from './taskStore';
import { findEncoder } from './video/encoder';
import { findProjectRoot } from './video/projectRoot';
import { VideoGenerator } from './video/videoGenerator';

export type { AccountOptions, AccountError as Trouble } from './accounts';
export type { ClockOptions } from './clock';
export type { FaultRoute } from './faults/fault';
export type { FaultName } from './faults/faultTable';
export type {
  Dialect,
  GatewayOptions,
  RenderPlan,
  ResponseShapes as ReplyShapes,
  SiteOptions,
} from './gatewayOptions';
export type { FailureShape, TaskSnapshot, TaskStatus } from './pretendTask';
export type { RequestKind, RequestRecord } from './requestLog';
export type { ActiveFault, Balance, FaultOptions, LedgerEntry, TaskFailure };

/** A running pretend gateway. */
export interface PretendGateway {
  readonly dialect: Dialect;
  /** Value for the setting `nebulaVideo.baseUrl`: `http://127.0.0.1:port` and the path prefix. */
  readonly baseUrl: string;
  /** The second origin, which serves result links. It needs no key and must never receive one. */
  readonly resultsUrl: string;
  /** The control API (see README), on its own port. */
  readonly controlUrl: string;
  /** The first accepted key. */
  readonly key: string;
  /** Every request, in order of arrival, including those that faults cut off. */
  readonly log: readonly RequestRecord[];
  /** Every task that was accepted and not forgotten, in its current state. */
  readonly tasks: readonly TaskSnapshot[];
  task(id: string): TaskSnapshot | undefined;
  /** Balances of all users and all bookings. */
  readonly money: { readonly balances: readonly Balance[]; readonly entries: readonly LedgerEntry[] };
  /** Gateway time in milliseconds since 1970. */
  now(): number;
  /**
   * Moves the clock. Resolves when the videos of all due tasks are encoded, so that those tasks have ended.
   */
  advance(ms: number): Promise<void>;
  setFault(options: FaultOptions): ActiveFault;
  clearFaults(): void;
  /** Faults that can still be injected. */
  readonly faults: readonly ActiveFault[];
  /** Changes the shapes of later responses. */
  setShapes(shapes: Partial<ResponseShapes>): void;
  /** If false, the API refuses connections. If true, it listens again on the same port. */
  setReachable(reachable: boolean): Promise<void>;
  failTask(id: string, failure?: Partial<TaskFailure>): void;
  /** Ends the task now. It succeeds as soon as its video is encoded. */
  finishTask(id: string): void;
  /** A held task doesn't end until it's released or finished. */
  holdTask(id: string, held: boolean): void;
  forgetTask(id: string): void;
  /** Whether a task's image was used, which the service itself never reports. */
  imageUse(id: string): 'none' | 'used' | 'dropped';
  /**
   * Adds a finished task with this file as its video, whatever its content. For measurements with files of
   * any size.
   */
  addFinishedTask(task: {
    file: string;
    bytes: number;
    model?: string;
    prompt?: string;
  }): Promise<TaskSnapshot>;
  /** How often the encoder ran. Cached videos don't count. */
  readonly encodes: number;
  /** Stops all listeners, open connections, hanging responses and encoders. */
  stop(): Promise<void>;
}

/** Starts the pretend gateway: a strict server of the documented API (API reference, sections 2 to 10). */
export async function startPretendGateway(options: GatewayOptions = {}): Promise<PretendGateway> {
  const keys = options.keys ?? [`sk-${randomBytes(24).toString('hex')}`];
  const dialect = options.dialect ?? 'nebula';
  const accounts = new Accounts(keys, dialect);
  const [key] = accounts.keys;
  if (key === undefined) throw new Error('A gateway needs at least one key.');
  const prefix = (options.pathPrefix ?? '').replace(/\/+$/, '');
  if (prefix !== '' && !prefix.startsWith('/')) throw new Error('A path prefix starts with "/".');
  const clock = createClock(options.clock ?? { kind: 'real' });
  const videos = new VideoGenerator(
    findEncoder(),
    options.cacheFolder ?? join(findProjectRoot(), '.vscode-test', 'pretend-videos'),
  );
  const tasks = new TaskStore();
  const random = new SeededRandom(options.seed);
  const state: GatewayState = {
    ...{ dialect, clock, accounts, tasks, videos, random },
    site: { ...defaultSite, ...options.site },
    ledger: new Ledger(accounts.all),
    models:
      options.models ??
      (dialect === 'newapi' ? listStockModels() : families.flatMap((family) => family.models)),
    plan: { ...defaultRenderPlan, ...options.render },
    faststart: options.faststart ?? true,
    linkSecret: randomBytes(16).toString('hex'),
    shapes: { ...defaultShapes, ...options.shapes },
    keyCalls: [],
    baseUrl: '',
    resultsUrl: '',
  };
  const log = new RequestLog();
  const faults = new FaultRegistry();
  const stopping = new AbortController();
  const api = new Origin(
    {
      ...{ origin: 'api', prefix, route: apiRoutes },
      classify: (method, path, query) => classifyApi(dialect, method, path, query),
    },
    state,
    log,
    faults,
    stopping.signal,
  );
  const results = new Origin(
    { origin: 'results', prefix: '', classify: classifyResults, route: resultRoutes },
    ...([state, log, faults, stopping.signal] as const),
  );

  const needTask = (id: string): PretendTask => {
    const task = tasks.get(id);
    if (task === undefined) throw new Error(`The pretend gateway has no task "${id}".`);
    return task;
  };
  const gateway: PretendGateway = {
    dialect,
    get baseUrl() {
      return state.baseUrl;
    },
    get resultsUrl() {
      return state.resultsUrl;
    },
    get controlUrl() {
      return `http://127.0.0.1:${controlListener.port}`;
    },
    key,
    log: log.records,
    get tasks() {
      return tasks.all.map((task) => task.at(clock.now()));
    },
    get money() {
      settleMoney(state);
      return { balances: state.ledger.balances, entries: state.ledger.entries };
    },
    task: (id) => tasks.get(id)?.at(clock.now()),
    now: () => clock.now(),
    advance: async (ms) => {
      clock.advance(ms);
      const due = tasks.all.filter((task) => task.dueAt <= clock.now());
      await Promise.all(due.map((task) => task.whenEncoded()));
    },
    setFault: (fault) => faults.set(fault),
    clearFaults: () => faults.clear(),
    get faults() {
      return faults.active;
    },
    setShapes: (shapes) => void (state.shapes = { ...state.shapes, ...shapes }),
    setReachable: (reachable) => (reachable ? apiListener.open() : apiListener.close()),
    failTask: (id, failure) => {
      const usual = { message: 'blocked by the safety filter', code: 'content_policy_violation' };
      needTask(id).fail({ ...usual, ...failure }, 'now', clock.now());
    },
    finishTask: (id) => needTask(id).finish(clock.now()),
    holdTask: (id, held) => needTask(id).hold(held),
    forgetTask: (id) => tasks.forget(needTask(id).id),
    imageUse: (id) => needTask(id).imageUse,
    addFinishedTask: async ({ file, bytes, model = 'sora-2', prompt = 'a video made elsewhere' }) => {
      const task = await finishedTask(state, model, prompt, key, { file, bytes });
      tasks.add(task);
      return task.at(clock.now());
    },
    get encodes() {
      return videos.encodes;
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([
        apiListener.close(),
        resultsListener.close(),
        controlListener.close(),
        videos.stop(),
      ]);
    },
  };

  const apiListener = new Listener(options.port ?? 0, (request, response) => api.handle(request, response));
  const resultsListener = new Listener(options.resultsPort ?? 0, (request, response) =>
    results.handle(request, response),
  );
  const controlListener = new Listener(options.controlPort ?? 0, (request, response) => {
    handleControl(gateway, request, response).catch(() => response.destroy());
  });
  try {
    for (const listener of [apiListener, resultsListener, controlListener]) await listener.open();
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  state.baseUrl = `http://127.0.0.1:${apiListener.port}${prefix}`;
  state.resultsUrl = `http://127.0.0.1:${resultsListener.port}`;
  return gateway;
}

async function finishedTask(
  state: GatewayState,
  model: string,
  prompt: string,
  key: string,
  video: { file: string; bytes: number },
): Promise<PretendTask> {
  const family = findFamily(model);
  const accepted = await family?.accept({ model, body: { model, prompt }, findTask: () => undefined });
  const account = state.accounts.find(key);
  if (family === undefined || account === undefined || accepted === undefined || 'refusal' in accepted) {
    throw new Error(`No finished task can be made for model "${model}".`);
  }
  const task = new PretendTask({
    id: family.newTaskId((length) => state.random.hex(length)),
    ...{ family: family.name, model, prompt, user: account.user, createdAt: state.clock.now() },
    plan: { ...state.plan, unknownMs: 0, queuedMs: 0, runningMs: 0 },
    specs: accepted.videos.map((spec) => ({ ...spec, faststart: state.faststart })),
    videos: Promise.resolve([video]),
    details: accepted.details,
    imageUse: accepted.imageUse,
  });
  await task.whenEncoded();
  return task;
}
