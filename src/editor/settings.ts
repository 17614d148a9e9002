import * as z from 'zod';
import { DEFAULT_BASE_URL, parseBaseUrl } from '../core/gateway/baseUrl';
import { SETTINGS } from './ids';

const baseUrl = z.string().catch('');
const confirm = z.enum(['always', 'never']).catch('always');
const pollSeconds = z
  .number()
  .catch(5)
  .transform((seconds) => Math.min(60, Math.max(3, seconds)));

/** Our settings, read anew each time and made sense of: anybody can write anything into a settings file. */
export class Settings {
  readonly #read: (name: string) => unknown;

  /** @param read gives a setting's value by its name below our section */
  constructor(read: (name: string) => unknown) {
    this.#read = read;
  }

  /** The gateway's base URL; undefined when the setting is no address that a key may travel to. */
  baseUrl(): string | undefined {
    const text = baseUrl.parse(this.#read(SETTINGS.baseUrl)).trim();
    return parseBaseUrl(text === '' ? DEFAULT_BASE_URL : text);
  }

  /** Whether requests that no person has just confirmed are asked about. */
  confirm(): 'always' | 'never' {
    return confirm.parse(this.#read(SETTINGS.confirm));
  }

  /** The base interval between questions about a task, in ms. */
  pollInterval(): number {
    return pollSeconds.parse(this.#read(SETTINGS.pollSeconds)) * 1000;
  }
}
