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
  /** Points that the user has left. */
  readonly quota: number;
  readonly used: number;
}

interface TaskMoney {
  readonly account: Account;
  readonly model: string;
  points: number;
  isFinal: boolean;
}

/** 1000 US dollars. */
const DEFAULT_QUOTA = 500_000_000;

/** Balances of users and keys. It doesn't decide when something is charged. */
export class Ledger {
  readonly #users = new Map<string, { quota: number; used: number }>();
  readonly #keys = new Map<string, { quota: number | undefined; used: number }>();
  readonly #tasks = new Map<string, TaskMoney>();
  readonly #entries: LedgerEntry[] = [];

  constructor(accounts: readonly Account[]) {
    for (const { key, user, quota, keyQuota } of accounts) {
      const known = this.#users.get(user);
      if (known === undefined || quota !== undefined)
        this.#users.set(user, { quota: quota ?? DEFAULT_QUOTA, used: 0 });
      this.#keys.set(key, { quota: keyQuota, used: 0 });
    }
  }

  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  get balances(): readonly Balance[] {
    return [...this.#users].map(([user, { quota, used }]) => ({ user, quota, used }));
  }

  getQuota({ user }: Account): number {
    return this.#users.get(user)?.quota ?? 0;
  }

  /** Points that the key has left and has used. `quota` is undefined if the key has no limit. */
  getKeyBalance({ key }: Account): { readonly quota: number | undefined; readonly used: number } {
    return this.#keys.get(key) ?? { quota: undefined, used: 0 };
  }

  /** Points that a task has cost so far. Undefined if nothing was booked for it. */
  taskMoney(taskId: string): Readonly<TaskMoney> | undefined {
    return this.#tasks.get(taskId);
  }

  /**
   * Sets the total cost of a task, and charges or refunds the difference to the previous total.
   * @param options.includesKey whether the key's counters change too
   */
  book(
    at: number,
    task: { readonly id: string; readonly model: string },
    account: Account,
    points: number,
    options: {
      readonly includesKey: boolean;
      readonly isFinal: boolean;
      readonly other?: Record<string, unknown>;
    },
  ): void {
    const money = this.#tasks.get(task.id) ?? { account, model: task.model, points: 0, isFinal: false };
    this.#move(at, task, account, points - money.points, options);
    this.#tasks.set(task.id, { ...money, points, isFinal: options.isFinal });
  }

  /** Refunds a task. The task keeps the amount, as in the service. */
  refund(at: number, taskId: string, other: Record<string, unknown>): void {
    const money = this.#tasks.get(taskId);
    if (money === undefined || money.isFinal) return;
    this.#move(at, { id: taskId, model: money.model }, money.account, -money.points, {
      includesKey: true,
      other,
    });
    money.isFinal = true;
  }

  /** Makes a task's charge final. */
  makeFinal(taskId: string): void {
    const money = this.#tasks.get(taskId);
    if (money !== undefined) money.isFinal = true;
  }

  #move(
    at: number,
    task: { readonly id: string; readonly model: string },
    account: Account,
    points: number,
    { includesKey, other = {} }: { readonly includesKey: boolean; readonly other?: Record<string, unknown> },
  ): void {
    if (points === 0) return;
    const user = this.#users.get(account.user);
    const key = this.#keys.get(account.key);
    if (user !== undefined) {
      user.quota -= points;
      user.used += points;
    }
    if (includesKey && key !== undefined) {
      if (key.quota !== undefined) key.quota -= points;
      key.used += points;
    }
    this.#entries.push({
      ...{ at, type: points > 0 ? 'consume' : 'refund', user: account.user, points: Math.abs(points) },
      ...{ model: task.model, taskId: task.id, other },
    });
  }
}
