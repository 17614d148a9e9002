import { createHash, randomUUID } from 'node:crypto';
import type { Memento, SecretStorage } from 'vscode';
import * as z from 'zod';
import { Emitter, type Event } from '../../core/common/events';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import { withPrefix, type Log } from '../../core/common/log';
import { cleanKey, type ApiKey, type KeyAnswer, type KeySource } from '../../core/gateway/apiKey';
import { DEFAULT_BASE_URL, isLoopback } from '../../core/gateway/baseUrl';
import { looksLikeKey } from '../../core/gateway/redaction';
import type { AppContext } from '../common/appContext';

/** Names in SecretStorage. */
export const SECRETS = { key: 'nebulaVideo.apiKey', environment: 'nebulaVideo.environmentKeys' } as const;

/** Whether a key was stored when that was last known, among what the editor remembers. */
const IS_STORED = 'keyIsStored';

/** The environment variable that brings a key where none is stored. */
export const KEY_VARIABLE = 'NEBULA_API_KEY';

/** So many keys of the environment are remembered; the ones not seen for longest go. */
const MAX_ENVIRONMENT_KEYS = 20;

/** A stored key, with its random id and the origins that the user approved for it. */
const storedKey = z.object({
  id: z.string().min(1),
  // Not only what can be pasted today: earlier versions stored other forms.
  value: z.string().regex(/^[\x21-\x7e]{3,512}$/),
  origins: z.array(z.string()),
});

/** What is remembered of keys that came from the environment: never the key, only a salted hash of it. */
const environmentKeys = z.object({
  salt: z.string().min(1),
  keys: z.array(z.object({ hash: z.string(), id: z.string().min(1), origins: z.array(z.string()) })),
});

/**
 * Where the key in use comes from. `session`: it couldn't be stored and is gone when the window closes. `locked`: the
 * secret storage can't be read now, so there may be one.
 */
export type KeyLocation = 'stored' | 'session' | 'environment' | 'locked';

interface HeldKey extends ApiKey {
  readonly origins: readonly string[];
  readonly place: Exclude<KeyLocation, 'locked'>;
}

interface Dependencies extends Pick<AppContext, 'log'> {
  readonly secrets: SecretStorage;
  readonly memory: Pick<Memento, 'get' | 'update'>;
  /** The key in the environment, as it is there. */
  readonly environmentKey: () => string | undefined;
}

/**
 * Keeps the user's key (DESIGN 4.7). Every call to SecretStorage may fail, for want of a keyring: then the key lives
 * as long as the window. The key itself is handed out only together with an origin that was approved for it.
 */
export class Keychain implements KeySource, Disposable {
  readonly #secrets: SecretStorage;
  readonly #memory: Dependencies['memory'];
  readonly #log: Log;
  readonly #environmentKey: Dependencies['environmentKey'];
  readonly #changed: Emitter<void>;
  readonly #owned = new DisposableStore();
  /** A key that could not be stored. */
  #session: HeldKey | undefined;
  /** What SecretStorage holds, read once until it changes. */
  #stored: Promise<HeldKey | 'locked' | undefined> | undefined;
  /** The environment's key, with the text it was made of. */
  #environment: { readonly text: string; readonly key: Promise<HeldKey | undefined> } | undefined;
  /** Every key that this window has used. One that was replaced is as secret as before. */
  readonly #known = new Set<string>();
  #version = 0;
  /** Writes go one after another: each starts from what the last one left. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor({ secrets, memory, log, environmentKey }: Dependencies) {
    this.#secrets = secrets;
    this.#memory = memory;
    this.#log = withPrefix(log, 'key');
    this.#environmentKey = environmentKey;
    this.#changed = this.#owned.add(new Emitter(() => this.#log.error('a listener failed')));
    this.#owned.add(
      secrets.onDidChange(({ key }) => {
        if (key === SECRETS.key) void this.#changedElsewhere();
      }),
    );
  }

  /** Fires when another key is in use, or none, or when an origin was approved: in any window. */
  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  /** Where the key in use comes from. Undefined if there is none. */
  async place(): Promise<KeyLocation | undefined> {
    const key = await this.#current();
    return key === 'locked' ? key : key?.place;
  }

  get version(): number {
    return this.#version;
  }

  /** The key, if there is one and it may travel to the origin. Never asks the user. */
  async keyFor(origin: string): Promise<KeyAnswer> {
    // A key that is being removed or replaced isn't handed out anymore.
    await this.#writing;
    const key = await this.#current();
    if (!key) return { kind: 'none' };
    if (key === 'locked') return { kind: 'locked' };
    if (!mayTravel(key, origin)) return { kind: 'notApproved' };
    return { kind: 'key', key: { id: key.id, value: key.value } };
  }

  looksLikeKey(text: string): boolean {
    return looksLikeKey(text, [...this.#known]);
  }

  /**
   * Keeps a key, as `cleanKey` gives it, in place of any other.
   * @param origin where the user means to use it, if that is an origin at all
   * @returns false when it could not be stored, and is kept for this window only
   */
  async set(value: string, origin: string | undefined): Promise<boolean> {
    return this.#serially(async () => {
      const before = await this.#held();
      const origins = origin === undefined ? [] : [origin];
      // The same key again stays the same to its tasks, and keeps what was approved for it.
      const known = before?.value === value && before.place !== 'environment' ? before : undefined;
      const id = known?.id ?? randomUUID();
      const all = [...new Set([...(known?.origins ?? []), ...origins])];
      const done = await this.#store({ id, value, origins: all });
      this.#changed.fire();
      return done;
    });
  }

  /**
   * Forgets the key.
   * @returns false when it could not be removed from where it is stored
   */
  async remove(): Promise<boolean> {
    return this.#serially(async () => {
      this.#session = undefined;
      try {
        await this.#secrets.delete(SECRETS.key);
        this.#stored = Promise.resolve(undefined);
        await this.#memory.update(IS_STORED, undefined);
        return true;
      } catch {
        this.#log.error('the key could not be removed from the secret storage');
        this.#stored = undefined;
        return false;
      } finally {
        this.#changed.fire();
      }
    });
  }

  /** Remembers that the user lets the key in use travel to the origin. */
  async approve(origin: string): Promise<void> {
    await this.#serially(async () => {
      const key = await this.#held();
      if (!key || mayTravel(key, origin)) return;
      const origins = [...key.origins, origin];
      if (key.place === 'environment') await this.#approveEnvironment(key, origins);
      else await this.#store({ id: key.id, value: key.value, origins });
      this.#changed.fire();
    });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #current(): Promise<HeldKey | 'locked' | undefined> {
    if (this.#session) return this.#session;
    const stored = await (this.#stored ??= this.#readStored());
    if (stored && stored !== 'locked') return stored;
    // Another account would pay with the environment's key.
    if (stored === 'locked' && this.#memory.get(IS_STORED) === true) return stored;
    return (await this.#fromEnvironment()) ?? stored;
  }

  /** The key in use, if it can be read. */
  async #held(): Promise<HeldKey | undefined> {
    const key = await this.#current();
    return key === 'locked' ? undefined : key;
  }

  async #readStored(): Promise<HeldKey | 'locked' | undefined> {
    let text: string | undefined;
    try {
      text = await this.#secrets.get(SECRETS.key);
    } catch {
      this.#log.error('the secret storage cannot be read');
      // Not remembered: the keyring may be unlocked by the next time.
      this.#stored = undefined;
      return 'locked';
    }
    await this.#memory.update(IS_STORED, text === undefined ? undefined : true);
    if (text === undefined) return undefined;
    const key = parse(storedKey, text);
    // Not a word of what was there: it may well be a key.
    if (!key) this.#log.error('what the secret storage holds as the key cannot be read');
    if (key) this.#known.add(key.value);
    return key && { ...key, place: 'stored' };
  }

  async #store(key: z.infer<typeof storedKey>): Promise<boolean> {
    this.#known.add(key.value);
    try {
      await this.#secrets.store(SECRETS.key, JSON.stringify(key));
      this.#session = undefined;
      this.#stored = Promise.resolve({ ...key, place: 'stored' });
      await this.#memory.update(IS_STORED, true);
      return true;
    } catch {
      this.#log.error('the secret storage takes no key; it is kept for this window only');
      this.#session = { ...key, place: 'session' };
      return false;
    }
  }

  async #fromEnvironment(): Promise<HeldKey | undefined> {
    const text = this.#environmentKey();
    if (text === undefined || text === '') return undefined;
    if (this.#environment?.text !== text) {
      this.#environment = { text, key: this.#identify(text) };
    }
    return this.#environment.key;
  }

  /** Finds the id that a key of the environment got when it was first seen, or gives it one. */
  async #identify(text: string): Promise<HeldKey | undefined> {
    const value = cleanKey(text);
    if (value === undefined) {
      this.#log.warn(`what ${KEY_VARIABLE} holds is no key that can be sent`);
      return undefined;
    }
    this.#known.add(value);
    const known = await this.#knownEnvironmentKeys();
    const hash = hashOf(known.salt, value);
    const found = known.keys.find((key) => key.hash === hash);
    const entry = found ?? { hash, id: randomUUID(), origins: [] };
    if (!found) await this.#rememberEnvironmentKey(known, entry);
    return { id: entry.id, value, origins: entry.origins, place: 'environment' };
  }

  async #approveEnvironment(key: HeldKey, origins: string[]): Promise<void> {
    const known = await this.#knownEnvironmentKeys();
    await this.#rememberEnvironmentKey(known, { hash: hashOf(known.salt, key.value), id: key.id, origins });
    const text = this.#environment?.text ?? '';
    this.#environment = { text, key: Promise.resolve({ ...key, origins }) };
  }

  async #knownEnvironmentKeys(): Promise<z.infer<typeof environmentKeys>> {
    let text: string | undefined;
    try {
      text = await this.#secrets.get(SECRETS.environment);
    } catch {
      this.#log.warn('the secret storage cannot be read');
    }
    return (
      (text === undefined ? undefined : parse(environmentKeys, text)) ?? { salt: randomUUID(), keys: [] }
    );
  }

  async #rememberEnvironmentKey(
    known: z.infer<typeof environmentKeys>,
    entry: z.infer<typeof environmentKeys>['keys'][number],
  ): Promise<void> {
    const others = known.keys.filter((key) => key.hash !== entry.hash);
    const keys = [entry, ...others].slice(0, MAX_ENVIRONMENT_KEYS);
    try {
      await this.#secrets.store(SECRETS.environment, JSON.stringify({ salt: known.salt, keys }));
    } catch {
      this.#log.warn('the secret storage is not available; the key has an id for this window only');
    }
  }

  /** Another window has set, removed or approved something; of our own writes we know already. */
  async #changedElsewhere(): Promise<void> {
    await this.#serially(async () => {
      const before = await this.#stored;
      this.#stored = this.#readStored();
      const after = await this.#stored;
      if (JSON.stringify(before) === JSON.stringify(after) || this.#owned.isDisposed) return;
      // A newer word than what this window could not store.
      this.#session = undefined;
      this.#changed.fire();
    });
  }

  async #serially<T>(work: () => Promise<T>): Promise<T> {
    this.#version++;
    const result = this.#writing.then(work);
    this.#writing = result.catch(() => undefined);
    return result;
  }
}

/** Approved without asking: Nebula's own origin and this machine; all else by the user's word (DESIGN 4.7). */
function mayTravel(key: HeldKey, origin: string): boolean {
  return (
    origin === new URL(DEFAULT_BASE_URL).origin ||
    isLoopback(new URL(origin).hostname) ||
    key.origins.includes(origin)
  );
}

function hashOf(salt: string, value: string): string {
  return createHash('sha256').update(salt).update(value).digest('hex');
}

/** Reads JSON that we wrote. Errors are not passed on: their messages quote the text. */
function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
