import * as vscode from 'vscode';
import type { Log } from '../../core/common/log';
import { asMessage, escapeQuickPickText } from '../labels/taskLabels';

/** Something that is done only after a clear yes. */
export interface Confirmation {
  readonly message: string;
  readonly detail: string;
  /** The button that says yes, in words of its own. */
  readonly action: string;
}

/** Where a question stands among several. */
export interface Step {
  readonly number: number;
  readonly of: number;
}

export interface InputOptions {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder: string;
  readonly secret?: boolean;
  readonly step?: Step;
  /** Says what is wrong with the text, or nothing. */
  readonly validate: (text: string) => string | undefined;
}

export interface PickChoice<T> {
  readonly value: T;
  readonly label: string;
  /** The name of one of the editor's icons, which stands before the label. */
  readonly icon?: string;
  readonly description?: string;
  readonly detail?: string;
  /** Ticked at first, where several can be chosen. */
  readonly picked?: boolean;
}

export interface PickOptions<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly step?: Step;
  readonly choices: readonly PickChoice<T>[];
  /** The choice that Enter takes at first. */
  readonly initial?: T;
  /** Only what is ticked counts; otherwise Enter takes the one that is lit where nothing is ticked. */
  readonly onlyTicked?: true;
}

/** Asks the person at the keyboard. Undefined and false mean that they went away, or said no. */
export interface Dialogs {
  confirm(question: Confirmation): Promise<boolean>;
  text(question: InputOptions): Promise<string | undefined>;
  choose<T>(question: PickOptions<T>): Promise<T | undefined>;
  chooseSome<T>(question: PickOptions<T>): Promise<readonly T[] | undefined>;
}

/** Asks with the editor's own dialogs and inputs. */
export class VSCodeDialogs implements Dialogs {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  async confirm({ message, detail, action }: Confirmation): Promise<boolean> {
    try {
      const options = { modal: true, detail: detail.split('\n').map(asMessage).join('\n') };
      return (await vscode.window.showWarningMessage(asMessage(message), options, action)) === action;
    } catch (error) {
      // Where no dialog can be shown, nobody has said yes.
      this.#log.warn(`a question could not be asked: ${error instanceof Error ? error.message : ''}`);
      return false;
    }
  }

  async text(question: InputOptions): Promise<string | undefined> {
    const input = vscode.window.createInputBox();
    input.title = question.title;
    input.prompt = escapeQuickPickText(question.prompt);
    input.placeholder = question.placeholder;
    input.password = question.secret ?? false;
    // Somebody looks up a word or fetches a key elsewhere, and comes back.
    input.ignoreFocusOut = true;
    setStep(input, question.step);
    const check = (): boolean => {
      const fault = question.validate(input.value);
      input.validationMessage = fault;
      return fault === undefined;
    };
    // Shown while typing, but not before anything was typed.
    input.onDidChangeValue(check);
    return shown(input, (take) => {
      if (check()) take(input.value);
    });
  }

  async choose<T>(question: PickOptions<T>): Promise<T | undefined> {
    const pick = quickPickOf(question);
    const initial = pick.items.find(({ choice }) => choice.value === question.initial);
    if (initial) pick.activeItems = [initial];
    return shown(pick, (take) => {
      const [item] = pick.selectedItems;
      if (item) take(item.choice.value);
    });
  }

  async chooseSome<T>(question: PickOptions<T>): Promise<readonly T[] | undefined> {
    const pick = quickPickOf(question);
    pick.canSelectMany = true;
    pick.selectedItems = pick.items.filter(({ choice }) => choice.picked === true);
    return shown(pick, (take) => {
      // Who ticks nothing and presses Enter means the one that is lit.
      const chosen =
        pick.selectedItems.length > 0 || question.onlyTicked ? pick.selectedItems : pick.activeItems;
      if (chosen.length > 0) take(chosen.map(({ choice }) => choice.value));
    });
  }
}

interface ChoiceItem<T> extends vscode.QuickPickItem {
  readonly choice: PickChoice<T>;
}

function quickPickOf<T>(question: PickOptions<T>): vscode.QuickPick<ChoiceItem<T>> {
  const pick = vscode.window.createQuickPick<ChoiceItem<T>>();
  pick.title = question.title;
  pick.placeholder = question.placeholder;
  pick.matchOnDescription = true;
  pick.items = question.choices.map((choice) => {
    const { label, icon, description, detail } = choice;
    // Prompts are among them, and are anybody's text.
    return {
      choice,
      label: icon === undefined ? escapeQuickPickText(label) : `$(${icon}) ${escapeQuickPickText(label)}`,
      ...(description === undefined ? {} : { description: escapeQuickPickText(description) }),
      ...(detail === undefined ? {} : { detail: escapeQuickPickText(detail) }),
    };
  });
  setStep(pick, question.step);
  return pick;
}

function setStep(input: vscode.QuickInput, step: Step | undefined): void {
  input.step = step?.number;
  input.totalSteps = step?.of;
}

/** Shows an input until it is answered or hidden, and disposes it. Disposing it ends its listeners too. */
async function shown<T>(
  input: vscode.QuickInput & { readonly onDidAccept: vscode.Event<void> },
  accept: (take: (value: T) => void) => void,
): Promise<T | undefined> {
  try {
    return await new Promise<T | undefined>((resolve) => {
      input.onDidAccept(() => accept(resolve));
      input.onDidHide(() => resolve(undefined));
      input.show();
    });
  } finally {
    input.dispose();
  }
}
