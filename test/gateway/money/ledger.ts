import type { Account } from '../accounts';

/** A row of the log that a key can read (money-and-gateways 1.1). */
export interface LedgerEntry {
  /** Gateway time in ms since 1970. */
  readonly at: number;
  readonly type: 'consume' | 'refund';
  readonly user: string;
  readonly points: number;
  readonly model: string;
  readonly taskId: string;
  readonly other: Readonly<Record<string, unknown>>;
}

export interface Balance {
  readonly user: string;
  /** Points left to the user. */
  readonly quota: number;
  /** Points used so far. */
  readonly used: number;
}

/** What a task has cost so far. */
interface TaskMoney {
  readonly account: Account;
  readonly model: string;
  points: number;
  isFinal: boolean;
}

/** 1000 US dollars. */
const PLENTY = 500_000_000;

/** The points of users and keys. Nothing here decides when something is charged. */
export class Ledger {
  readonly #users = new Map<string, { quota: number; used: number }>();
  readonly #keys = new Map<string, { quota: number | undefined; used: number }>();
  readonly #tasks = new Map<string, TaskMoney>();
  readonly #entries: LedgerEntry[] = [];

  constructor(accounts: readonly Account[]) {
    for (const { key, user, quota, keyQuota } of accounts) {
      const known = this.#users.get(user);
      if (known === undefined || quota !== undefined)
        this.#users.set(user, { quota: quota ?? PLENTY, used: 0 });
      this.#keys.set(key, { quota: keyQuota, used: 0 });
    }
  }

  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  get balances(): readonly Balance[] {
    return [...this.#users].map(([user, { quota, used }]) => ({ user, quota, used }));
  }

  quotaOf({ user }: Account): number {
    return this.#users.get(user)?.quota ?? 0;
  }

  /** What the key has left and has used; a key without a limit of its own has `quota: undefined`. */
  keyOf({ key }: Account): { readonly quota: number | undefined; readonly used: number } {
    return this.#keys.get(key) ?? { quota: undefined, used: 0 };
  }

  /** What a task has cost so far; undefined if nothing was ever booked for it. */
  taskMoney(taskId: string): Readonly<TaskMoney> | undefined {
    return this.#tasks.get(taskId);
  }

  /**
   * Books what a task costs in all; the difference to what was booked before is taken or given back.
   * @param andKey whether the key's counters move too
   */
  book(
    at: number,
    task: { readonly id: string; readonly model: string },
    account: Account,
    points: number,
    options: {
      readonly andKey: boolean;
      readonly isFinal: boolean;
      readonly other?: Record<string, unknown>;
    },
  ): void {
    const money = this.#tasks.get(task.id) ?? { account, model: task.model, points: 0, isFinal: false };
    this.#move(at, task, account, points - money.points, options);
    this.#tasks.set(task.id, { ...money, points, isFinal: options.isFinal });
  }

  /** Gives back what was booked for a task. The task keeps the amount, as the service does. */
  refund(at: number, taskId: string, other: Record<string, unknown>): void {
    const money = this.#tasks.get(taskId);
    if (money === undefined || money.isFinal) return;
    this.#move(at, { id: taskId, model: money.model }, money.account, -money.points, { andKey: true, other });
    money.isFinal = true;
  }

  /** Leaves what was booked for a task as it is, for good. */
  keep(taskId: string): void {
    const money = this.#tasks.get(taskId);
    if (money !== undefined) money.isFinal = true;
  }

  #move(
    at: number,
    task: { readonly id: string; readonly model: string },
    account: Account,
    points: number,
    { andKey, other = {} }: { readonly andKey: boolean; readonly other?: Record<string, unknown> },
  ): void {
    if (points === 0) return;
    const user = this.#users.get(account.user);
    const key = this.#keys.get(account.key);
    if (user !== undefined) {
      user.quota -= points;
      user.used += points;
    }
    if (andKey && key !== undefined) {
      if (key.quota !== undefined) key.quota -= points;
      key.used += points;
    }
    this.#entries.push({
      ...{ at, type: points > 0 ? 'consume' : 'refund', user: account.user, points: Math.abs(points) },
      ...{ model: task.model, taskId: task.id, other },
    });
  }
}
