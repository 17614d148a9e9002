import { createHash, randomUUID } from 'node:crypto';
import type { Memento, SecretStorage } from 'vscode';
import * as z from 'zod/mini';
import { Emitter, type Event } from '../../core/common/events';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import { withPrefix, type Log } from '../../core/common/log';
import { normalizeApiKey, type ApiKey, type KeyAnswer, type KeySource } from '../../core/gateway/apiKey';
import { DEFAULT_BASE_URL, isLoopback } from '../../core/gateway/baseUrl';
import { looksLikeKey } from '../../core/gateway/redaction';
import type { AppContext } from '../common/appContext';

/** Names in SecretStorage. */
export const SECRETS = { key: 'nebulaVideo.apiKey', environment: 'nebulaVideo.environmentKeys' } as const;

/** Memento key: whether a key was stored when that was last known. */
const IS_STORED = 'keyIsStored';

/** Environment variable with a key that is used if none is stored. */
export const KEY_VARIABLE = 'NEBULA_API_KEY';

/** Maximum number of environment keys to remember. The least recently used are removed. */
const MAX_ENVIRONMENT_KEYS = 20;

/** A stored key with its random ID and the origins that the user approved. */
const storedKey = z.object({
  id: z.string().check(z.minLength(1)),
  // Wider than what can be pasted today: earlier versions stored other forms.
  value: z.string().check(z.regex(/^[\x21-\x7e]{3,512}$/)),
  origins: z.array(z.string()),
});

/** Data of environment keys: a salted hash, never the key. */
const environmentKeys = z.object({
  salt: z.string().check(z.minLength(1)),
  keys: z.array(
    z.object({ hash: z.string(), id: z.string().check(z.minLength(1)), origins: z.array(z.string()) }),
  ),
});

/**
 * Where the current key comes from. `session`: it couldn't be stored and is lost when the window closes. `locked`:
 * secret storage can't be read, so there may be a key.
 */
export type KeyLocation = 'stored' | 'session' | 'environment' | 'locked';

interface HeldKey extends ApiKey {
  readonly origins: readonly string[];
  readonly place: Exclude<KeyLocation, 'locked'>;
}

interface Dependencies extends Pick<AppContext, 'log'> {
  readonly secrets: SecretStorage;
  readonly memory: Pick<Memento, 'get' | 'update'>;
  /** The raw value of the environment variable. */
  readonly environmentKey: () => string | undefined;
}

/**
 * Stores the user's API key (DESIGN 4.7). SecretStorage can fail, for example without a keyring. The key then
 * lasts until the window closes. Callers only get the key for an approved origin.
 */
export class Keychain implements KeySource, Disposable {
  readonly #secrets: SecretStorage;
  readonly #memory: Dependencies['memory'];
  readonly #log: Log;
  readonly #environmentKey: Dependencies['environmentKey'];
  readonly #changed: Emitter<void>;
  readonly #owned = new DisposableStore();
  /** A key that couldn't be stored. */
  #session: HeldKey | undefined;
  /** The stored key, cached until it changes. */
  #stored: Promise<HeldKey | 'locked' | undefined> | undefined;
  /** The environment key, with the raw value it was parsed from. */
  #environment: { readonly text: string; readonly key: Promise<HeldKey | undefined> } | undefined;
  /** Every key this window has used, for redaction. A replaced key is still secret. */
  readonly #known = new Set<string>();
  #version = 0;
  /** Serializes writes: each one depends on the result of the last. */
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

  /** Fires when the key was changed or removed, or an origin was approved, in any window. */
  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  /** @returns undefined if there's no key */
  async place(): Promise<KeyLocation | undefined> {
    const key = await this.#current();
    return key === 'locked' ? key : key?.place;
  }

  get version(): number {
    return this.#version;
  }

  /** @returns the key if it may be sent to the origin. Never prompts the user. */
  async keyFor(origin: string): Promise<KeyAnswer> {
    // Don't return a key that is being removed or replaced.
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
   * Replaces the key.
   * @param value the result of `normalizeApiKey`
   * @param origin the current gateway's origin, if its URL is valid
   * @returns false if the key couldn't be stored and lasts until the window closes
   */
  async set(value: string, origin: string | undefined): Promise<boolean> {
    return this.#serially(async () => {
      const before = await this.#held();
      const origins = origin === undefined ? [] : [origin];
      // If the key is the same, keep its ID, which tasks refer to, and its approved origins.
      const known = before?.value === value && before.place !== 'environment' ? before : undefined;
      const id = known?.id ?? randomUUID();
      const all = [...new Set([...(known?.origins ?? []), ...origins])];
      const done = await this.#store({ id, value, origins: all });
      this.#changed.fire();
      return done;
    });
  }

  /**
   * Removes the key.
   * @returns false if it couldn't be removed from secret storage
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

  /** Stores the user's approval to send the current key to an origin. */
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
    // The environment key may belong to another account, which would then pay.
    if (stored === 'locked' && this.#memory.get(IS_STORED) === true) return stored;
    return (await this.#fromEnvironment()) ?? stored;
  }

  /** @returns the current key, if it can be read. */
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
      // Don't cache: the keyring may be unlocked next time.
      this.#stored = undefined;
      return 'locked';
    }
    await this.#memory.update(IS_STORED, text === undefined ? undefined : true);
    if (text === undefined) return undefined;
    const key = parse(storedKey, text);
    // Don't log the text: it may contain a key.
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

  /** @returns the environment key with its stored ID, or with a new one if it's new. */
  async #identify(text: string): Promise<HeldKey | undefined> {
    const value = normalizeApiKey(text);
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

  /** Handles changes from other windows. Ignores the events of this window's own writes. */
  async #changedElsewhere(): Promise<void> {
    await this.#serially(async () => {
      const before = await this.#stored;
      this.#stored = this.#readStored();
      const after = await this.#stored;
      if (JSON.stringify(before) === JSON.stringify(after) || this.#owned.isDisposed) return;
      // The change is newer than the session key.
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

/** Nebula's own origin and loopback addresses are always approved. Others need the user's approval (DESIGN 4.7). */
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

/** Parses stored JSON. Swallows errors: their messages quote the text, which may contain a key. */
function parse<T>(schema: z.ZodMiniType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
