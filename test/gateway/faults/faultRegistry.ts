import { z } from 'zod';
import type { MaybeResponse, Exchange, Handler } from '../exchange';
import { faultRoutes, type FaultRoute, type InjectFault } from './fault';
import { faultNames, faultTable, isFaultName, type FaultName } from './faultTable';

/** A fault to set. Unknown names, routes and arguments are errors. */
export interface FaultOptions {
  readonly name: FaultName;
  /** Absent means every route that the fault can affect. */
  readonly route?: FaultRoute;
  /** How often to inject it. The default is 1. */
  readonly times?: number | 'always';
  /** Number of matching requests to let pass first. The default is 0. */
  readonly after?: number;
  /** Only for this gateway task ID. */
  readonly task?: string;
  /** Only for tasks and submits whose prompt contains this text. */
  readonly prompt?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A fault that is set, with its counters. */
export interface ActiveFault extends FaultOptions {
  readonly id: number;
  readonly injectedCount: number;
}

const optionsSchema = z.strictObject({
  name: z.string(),
  route: z.enum(faultRoutes).optional(),
  times: z.union([z.int().positive(), z.literal('always')]).default(1),
  after: z.int().nonnegative().default(0),
  task: z.string().optional(),
  prompt: z.string().optional(),
  args: z.record(z.string(), z.unknown()).default({}),
});

interface Entry extends z.infer<typeof optionsSchema> {
  readonly id: number;
  readonly name: FaultName;
  readonly routes: readonly FaultRoute[];
  readonly isEarly: boolean;
  readonly inject: InjectFault;
  passedCount: number;
  injectedCount: number;
}

/** The faults that are set, in the order in which they're injected: as they were set, early ones first. */
export class FaultRegistry {
  #entries: Entry[] = [];
  #count = 0;

  /** The parameter is unknown because the control API passes on request bodies. */
  set(options: unknown): ActiveFault {
    const checked = optionsSchema.parse(options);
    const { name, route } = checked;
    if (!isFaultName(name)) throw new Error(`There is no fault "${name}". Known: ${faultNames.join(', ')}.`);
    const row = faultTable[name];
    if (route !== undefined && !row.routes.includes(route)) {
      throw new Error(`Fault "${name}" can strike ${row.routes.join(', ')}, not ${route}.`);
    }
    if (checked.task !== undefined && (route === 'submit' || route === 'models')) {
      throw new Error(`A ${route} names no task, so a fault on it can't wait for one.`);
    }
    const inject = row.prepare(checked.args);
    const times = name === 'redirect' && checked.args['to'] === 'loop' ? 'always' : checked.times;
    this.#count += 1;
    const entry: Entry = {
      ...{ ...checked, name, times, inject },
      ...{
        id: this.#count,
        routes: route === undefined ? row.routes : [route],
        isEarly: row.isEarly,
        passedCount: 0,
        injectedCount: 0,
      },
    };
    this.#entries.push(entry);
    return describe(entry);
  }

  get active(): readonly ActiveFault[] {
    return this.#entries.filter((entry) => !isUsedUp(entry)).map(describe);
  }

  clear(): void {
    this.#entries = [];
  }

  /** Passes a request through the matching faults, then to its route. */
  run(exchange: Exchange, readBody: () => Promise<void>, route: Handler): Promise<MaybeResponse> {
    const isEarly = this.#entries.filter((entry) => entry.isEarly);
    const lateFaults = this.#entries.filter((entry) => !entry.isEarly);
    const afterBody = chain(exchange, lateFaults, route);
    return chain(exchange, isEarly, async () => {
      await readBody();
      return afterBody();
    })();
  }
}

/** Counts a fault only when a request reaches it. A fault that responds itself hides the later ones. */
function chain(exchange: Exchange, entries: readonly Entry[], route: Handler): Handler {
  return entries.reduceRight<Handler>(
    (next, entry) => () => {
      if (!injections(entry, exchange)) return next();
      const { record } = exchange;
      record.fault = record.fault === undefined ? entry.name : `${record.fault}, ${entry.name}`;
      return entry.inject(exchange, next);
    },
    route,
  );
}

function injections(entry: Entry, exchange: Exchange): boolean {
  if (isUsedUp(entry) || !matches(entry, exchange)) return false;
  if (entry.passedCount < entry.after) {
    entry.passedCount += 1;
    return false;
  }
  entry.injectedCount += 1;
  return true;
}

function matches(entry: Entry, { record, task }: Exchange): boolean {
  const { kind } = record;
  if (kind === 'other' || kind === 'site' || !entry.routes.includes(kind)) return false;
  if (entry.task !== undefined && record.taskId !== entry.task) return false;
  if (entry.prompt === undefined) return true;
  const prompt = task?.prompt ?? findPrompt(record.body);
  return prompt.includes(entry.prompt);
}

function findPrompt(body: unknown): string {
  const found = z.object({ prompt: z.string() }).safeParse(body);
  return found.success ? found.data.prompt : '';
}

const isUsedUp = ({ times, injectedCount }: Entry): boolean => times !== 'always' && injectedCount >= times;

function describe({ id, name, route, times, after, task, prompt, args, injectedCount }: Entry): ActiveFault {
  return {
    ...{ id, name, times, after, args, injectedCount },
    ...(route === undefined ? {} : { route }),
    ...(task === undefined ? {} : { task }),
    ...(prompt === undefined ? {} : { prompt }),
  };
}
