import { CancellationError } from 'vscode';
import * as z from 'zod/mini';
import { describeError, withPrefix, type Log } from '../../core/common/log';
import { RequestError } from '../../core/models/family';
import { OutcomeNotStoredError } from '../../core/tasks/submitRecorder';
import type { AppContext, Feature } from './appContext';
import type { Messages } from './messages';
import { KeyLockedError, Rejection, isUserCancellation } from './rejection';

/** What a command does. */
export interface Command {
  readonly run: (args: readonly unknown[]) => Promise<unknown>;
  /** Whether it was called by code that hears of errors itself, and should be the only one who does. */
  readonly calledByCode?: (args: readonly unknown[]) => boolean;
}

interface Needs {
  readonly features: readonly Feature[];
  /** The extension's package.json. Its texts are in the display language. */
  readonly packageJson: unknown;
}

const manifest = z.object({
  contributes: z.object({ commands: z.array(z.object({ command: z.string(), title: z.string() })) }),
});

/** Runs every command the same way: logged, and with at most one message if it fails. */
export class CommandRunner {
  readonly #messages: Messages;
  readonly #clock: AppContext['clock'];
  readonly #log: Log;
  readonly #commands: ReadonlyMap<string, Command>;
  readonly #titles: ReadonlyMap<string, string>;

  constructor(
    { messages, clock, log }: Pick<AppContext, 'messages' | 'clock' | 'log'>,
    { features, packageJson }: Needs,
  ) {
    this.#messages = messages;
    this.#clock = clock;
    this.#log = withPrefix(log, 'command');
    this.#commands = new Map(features.flatMap(({ commands }) => Object.entries(commands)));
    const { contributes } = manifest.parse(packageJson);
    // Only labels end in an ellipsis.
    this.#titles = new Map(
      contributes.commands.map(({ command, title }) => [command, title.replace(/…$/, '')]),
    );
  }

  /** Runs a command. Arguments are not logged: a prompt may be among them. */
  async run(id: string, args: readonly unknown[]): Promise<unknown> {
    const command = this.#commands.get(id);
    if (!command) throw new Error(`There is no command ${id}.`);
    const started = this.#clock.now();
    this.#log.info(`${id} begins`);
    try {
      const result = await command.run(args);
      this.#log.info(`${id} is done after ${this.#clock.now() - started} ms`);
      return result;
    } catch (error) {
      const gaveUp = isUserCancellation(error) || error instanceof CancellationError;
      if (error instanceof Rejection || gaveUp) this.#log.info(`${id} ends: ${reasonOf(error)}`);
      else this.#log.error(`${id} failed: ${describeError(error)}`);
      if (command.calledByCode?.(args)) throw error;
      if (!gaveUp) tell(error, this.#titles.get(id) ?? id, this.#messages);
      return undefined;
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Rejection ? error.code : 'cancelled';
}

/** Each kind of trouble has one message, with what mends it. */
function tell(error: unknown, title: string, messages: Messages): void {
  if (error instanceof OutcomeNotStoredError) {
    messages.outcomeNotWritten(error.message);
    return;
  }
  if (error instanceof RequestError) {
    messages.badRequest(error.message);
    return;
  }
  if (!(error instanceof Rejection)) {
    messages.unexpected(title);
    return;
  }
  switch (error.code) {
    case 'noKey':
      if (error instanceof KeyLockedError) messages.keyLocked(error.message);
      else messages.noKey(error.message);
      return;
    case 'originNotApproved':
      messages.badOrigin(error.message);
      return;
    case 'readOnly':
      messages.readOnly(error.message);
      return;
    case 'invalidRequest':
      messages.badRequest(error.message);
      return;
    case 'cancelled':
    case 'declined':
      return;
  }
}
