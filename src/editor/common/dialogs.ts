import * as vscode from 'vscode';
import type { Log } from '../../core/common/log';
import { asMessage, escapeQuickPickText } from '../labels/taskLabels';
import type { Answer, PickItem, QuickInputs } from './quickInputs';

/** A modal question before something that can't be undone. */
export interface Confirmation {
  readonly message: string;
  readonly detail: string;
  /** Label of the button that confirms. */
  readonly action: string;
}

export interface InputOptions {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder: string;
  readonly secret?: boolean;
  /** @returns what is wrong with the text, or undefined */
  readonly validate: (text: string) => string | undefined;
}

export interface PickChoice<T> {
  readonly value: T;
  readonly label: string;
  /** ID of a product icon, shown before the label. */
  readonly icon?: string;
  readonly description?: string;
  readonly detail?: string;
  /** Checked at first, if several can be chosen. */
  readonly picked?: boolean;
}

export interface PickOptions<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly choices: readonly PickChoice<T>[];
  /** Without it, Enter accepts the active choice if none is checked. */
  readonly onlyTicked?: true;
}

/** Short questions. False or undefined: the user declined or canceled. */
export interface Dialogs {
  confirm(question: Confirmation): Promise<boolean>;
  text(question: InputOptions): Promise<string | undefined>;
  choose<T>(question: PickOptions<T>): Promise<T | undefined>;
  chooseSome<T>(question: PickOptions<T>): Promise<readonly T[] | undefined>;
}

/** VS Code's dialogs and quick inputs. */
export class VSCodeDialogs implements Dialogs {
  readonly #inputs: QuickInputs;
  readonly #log: Log;

  constructor(inputs: QuickInputs, log: Log) {
    this.#inputs = inputs;
    this.#log = log;
  }

  async confirm({ message, detail, action }: Confirmation): Promise<boolean> {
    try {
      const options = { modal: true, detail: detail.split('\n').map(asMessage).join('\n') };
      return (await vscode.window.showWarningMessage(asMessage(message), options, action)) === action;
    } catch (error) {
      // Without a dialog, the user can't have confirmed.
      this.#log.warn(`a question could not be asked: ${error instanceof Error ? error.message : ''}`);
      return false;
    }
  }

  async text({ prompt, validate, ...question }: InputOptions): Promise<string | undefined> {
    const answer = await this.#inputs.input({
      ...question,
      hint: escapeQuickPickText(prompt),
      validate: (text) => {
        const message = validate(text);
        return message === undefined ? undefined : { message, severity: 'error' };
      },
    });
    return valueOf(answer);
  }

  async choose<T>({ choices, ...question }: PickOptions<T>): Promise<T | undefined> {
    return valueOf(await this.#inputs.pick({ ...question, items: choices.map(toItem) }));
  }

  async chooseSome<T>(options: PickOptions<T>): Promise<readonly T[] | undefined> {
    const { choices, onlyTicked = false, ...question } = options;
    const items = choices.map(toItem);
    const picked = items.filter((_, index) => choices[index]?.picked === true);
    return valueOf(
      await this.#inputs.pickMany({ ...question, items, picked, minimum: 1, acceptsActive: !onlyTicked }),
    );
  }
}

/** Escapes texts: prompts are among them. */
function toItem<T>({ value, label, icon, description, detail }: PickChoice<T>): PickItem<T> {
  return {
    value,
    label: escapeQuickPickText(label),
    ...(icon === undefined ? {} : { iconPath: new vscode.ThemeIcon(icon) }),
    ...(description === undefined ? {} : { description: escapeQuickPickText(description) }),
    ...(detail === undefined ? {} : { detail: escapeQuickPickText(detail) }),
  };
}

function valueOf<T>(answer: Answer<T>): T | undefined {
  return answer.kind === 'value' ? answer.value : undefined;
}
