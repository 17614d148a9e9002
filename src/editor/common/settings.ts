import type { Uri } from 'vscode';
import * as z from 'zod/mini';
import { DEFAULT_BASE_URL, parseBaseUrl } from '../../core/gateway/baseUrl';
import { looksLikeKey } from '../../core/gateway/redaction';
import { isModelId, type CustomModel } from '../../core/models/catalog';
import type { KeyCheck } from '../../core/tasks/keyGuard';
import { SETTINGS } from './ids';

const DEFAULT_SAVE_FOLDER = 'videos';
const DEFAULT_FILE_NAME = '{date}-{model}-{slug}';

const baseUrl = z.catch(z.string(), '');
const notify = z.catch(z.enum(['always', 'never']), 'always');
const saveFolder = z.catch(z.string(), DEFAULT_SAVE_FOLDER);
const fileName = z.catch(z.string(), DEFAULT_FILE_NAME);
const autoSave = z.catch(z.boolean(), false);
const confirm = z.catch(z.enum(['always', 'never']), 'always');
const pollSeconds = z.pipe(
  z.catch(z.number(), 5),
  z.transform((seconds: number) => Math.min(60, Math.max(3, seconds))),
);

const models = z.catch(z.array(z.unknown()), []);
const customModel = z.object({
  id: z.string().check(z.trim(), z.minLength(1), z.refine(isModelId)),
  family: z.string(),
  label: z.catch(z.optional(z.string().check(z.trim(), z.minLength(1))), undefined),
});
const defaultModel = z.catch(z.string().check(z.trim()), '');

/** Reads and validates the extension's settings. They're read every time, so changes apply immediately. */
export class Settings {
  readonly #read: (name: string, scope?: Uri) => unknown;
  readonly #isKey: KeyCheck;

  /**
   * @param read gives a setting's value by its name without the prefix, as it holds for a resource
   * @param isKey whether a text contains an API key
   */
  constructor(read: (name: string, scope?: Uri) => unknown, isKey: KeyCheck = looksLikeKey) {
    this.#read = read;
    this.#isKey = isKey;
  }

  /** The gateway's base URL; undefined when the setting is no address that a key may travel to. */
  baseUrl(): string | undefined {
    const text = baseUrl.parse(this.#read(SETTINGS.baseUrl)).trim();
    // A base URL is stored with each task, and logged.
    return this.#isKey(text) ? undefined : parseBaseUrl(text === '' ? DEFAULT_BASE_URL : text);
  }

  /** The user's custom models, without invalid entries. Their family may be unknown. */
  customModels(): readonly CustomModel[] {
    return models.parse(this.#read(SETTINGS.models)).flatMap((entry) => {
      const custom = customModel.safeParse(entry).data;
      if (!custom || this.#isKey(custom.id)) return [];
      const { id, family, label } = custom;
      return [{ id, family, ...(label === undefined ? {} : { label }) }];
    });
  }

  /** The model to start with, or undefined for the last used one. */
  defaultModel(scope?: Uri): string | undefined {
    const id = defaultModel.parse(this.#read(SETTINGS.defaultModel, scope));
    return id === '' ? undefined : id;
  }

  /** Whether to confirm requests from other extensions and key bindings. */
  confirm(): 'always' | 'never' {
    return confirm.parse(this.#read(SETTINGS.confirm));
  }

  /** Whether to show a notification when a task ends. */
  notify(): 'always' | 'never' {
    return notify.parse(this.#read(SETTINGS.notify));
  }

  /** Where videos are saved below a workspace folder, as it was written: it may be no such place. */
  saveFolder(scope?: Uri): string {
    return saveFolder.parse(this.#read(SETTINGS.saveFolder, scope));
  }

  /** Template for the file names of saved videos. */
  fileName(scope?: Uri): string {
    const template = fileName.parse(this.#read(SETTINGS.fileName, scope));
    return template.trim() === '' ? DEFAULT_FILE_NAME : template;
  }

  /** Whether finished videos are saved to the workspace by themselves. */
  autoSave(scope?: Uri): boolean {
    return autoSave.parse(this.#read(SETTINGS.autoSave, scope));
  }

  /** The base interval between questions about a task, in ms. */
  pollInterval(): number {
    return pollSeconds.parse(this.#read(SETTINGS.pollSeconds)) * 1000;
  }
}
