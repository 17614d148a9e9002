import type { Notifier, Severity } from './notifications';
import { asMessage, escapeQuickPickText } from '../labels/taskLabels';

/** Something that the reader of a message can do about it. */
export type MessageAction = { readonly title: string } & (
  { readonly command: string; readonly arguments?: readonly unknown[] } | { readonly run: () => void }
);

interface Parts {
  readonly notifier: Notifier;
  readonly execute: (command: string, ...args: unknown[]) => void;
  readonly inBackground: (work: Promise<unknown>) => void;
}

/** Shows messages and does what their buttons say. Nobody waits for one: it may stay open for hours. */
export class MessagePresenter {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param onDismiss called if the message is closed without a button */
  show(
    severity: Severity,
    sentence: string,
    buttons: readonly MessageAction[],
    onDismiss?: () => void,
  ): void {
    const { notifier, execute, inBackground } = this.#parts;
    const titles = buttons.map(({ title }) => title);
    inBackground(
      // Prompts and responses are outside text.
      notifier.show(severity, asMessage(sentence), titles).then((chosen) => {
        const button = buttons.find(({ title }) => title === chosen);
        if (!button) onDismiss?.();
        else if ('run' in button) button.run();
        else execute(button.command, ...(button.arguments ?? []));
      }),
    );
  }

  /** A word in passing that needs no answer. */
  status(sentence: string): void {
    this.#parts.notifier.status(escapeQuickPickText(sentence));
  }
}
