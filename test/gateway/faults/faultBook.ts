import { z } from 'zod';
import type { Answer, Exchange, Handler } from '../exchange';
import { faultRoutes, type FaultRoute, type Strike } from './fault';
import { faultNames, faultTable, isFaultName, type FaultName } from './faultTable';

/** A fault to be set. Unknown names, routes and arguments are errors, never ignored. */
export interface FaultOptions {
  readonly name: FaultName;
  /** Absent = every route on which the fault can strike. */
  readonly route?: FaultRoute;
  /** How often; default 1. */
  readonly times?: number | 'always';
  /** Let so many fitting requests pass first; default 0. */
  readonly after?: number;
  /** Only for this gateway task id. */
  readonly task?: string;
  /** Only for tasks (or submits) whose prompt contains this. */
  readonly prompt?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A fault that is set, with what it has done so far. */
export interface ActiveFault extends FaultOptions {
  readonly id: number;
  readonly struck: number;
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
  readonly early: boolean;
  readonly strike: Strike;
  passed: number;
  struck: number;
}

/** The faults that are set, and the order in which they strike: as they were set, the early ones first. */
export class FaultBook {
  #entries: Entry[] = [];
  #count = 0;

  /** Takes unknown data on purpose: the control API hands over what it was sent. */
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
    const strike = row.prepare(checked.args);
    const times = name === 'redirect' && checked.args['to'] === 'loop' ? 'always' : checked.times;
    this.#count += 1;
    const entry: Entry = {
      ...{ ...checked, name, times, strike },
      ...{
        id: this.#count,
        routes: route === undefined ? row.routes : [route],
        early: row.early,
        passed: 0,
        struck: 0,
      },
    };
    this.#entries.push(entry);
    return describe(entry);
  }

  get active(): readonly ActiveFault[] {
    return this.#entries.filter((entry) => !isSpent(entry)).map(describe);
  }

  clear(): void {
    this.#entries = [];
  }

  /** Sends a request through the faults that fit it, then to its route. */
  run(exchange: Exchange, readBody: () => Promise<void>, route: Handler): Promise<Answer> {
    const early = this.#entries.filter((entry) => entry.early);
    const late = this.#entries.filter((entry) => !entry.early);
    const afterBody = chain(exchange, late, route);
    return chain(exchange, early, async () => {
      await readBody();
      return afterBody();
    })();
  }
}

/** A fault uses itself up only when a request really reaches it: one that answers first hides those behind it. */
function chain(exchange: Exchange, entries: readonly Entry[], route: Handler): Handler {
  return entries.reduceRight<Handler>(
    (next, entry) => () => {
      if (!strikes(entry, exchange)) return next();
      const { record } = exchange;
      record.fault = record.fault === undefined ? entry.name : `${record.fault}, ${entry.name}`;
      return entry.strike(exchange, next);
    },
    route,
  );
}

function strikes(entry: Entry, exchange: Exchange): boolean {
  if (isSpent(entry) || !fits(entry, exchange)) return false;
  if (entry.passed < entry.after) {
    entry.passed += 1;
    return false;
  }
  entry.struck += 1;
  return true;
}

function fits(entry: Entry, { record, task }: Exchange): boolean {
  const { kind } = record;
  if (kind === 'other' || kind === 'site' || !entry.routes.includes(kind)) return false;
  if (entry.task !== undefined && record.taskId !== entry.task) return false;
  if (entry.prompt === undefined) return true;
  const prompt = task?.prompt ?? promptOf(record.body);
  return prompt.includes(entry.prompt);
}

function promptOf(body: unknown): string {
  const found = z.object({ prompt: z.string() }).safeParse(body);
  return found.success ? found.data.prompt : '';
}

const isSpent = ({ times, struck }: Entry): boolean => times !== 'always' && struck >= times;

function describe({ id, name, route, times, after, task, prompt, args, struck }: Entry): ActiveFault {
  return {
    ...{ id, name, times, after, args, struck },
    ...(route === undefined ? {} : { route }),
    ...(task === undefined ? {} : { task }),
    ...(prompt === undefined ? {} : { prompt }),
  };
}
