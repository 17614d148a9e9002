import type * as vscode from 'vscode';
import { Emitter } from '../../src/core/common/events';
import { QuickInputs } from '../../src/editor/common/quickInputs';

const fail = (error: unknown) => {
  throw error;
};

/** Base class of both kinds of input. */
class FakeInput {
  title: string | undefined;
  placeholder: string | undefined;
  prompt: string | undefined;
  buttons: readonly vscode.QuickInputButton[] = [];
  ignoreFocusOut = false;
  disposed = false;
  readonly accepted = new Emitter<void>(fail);
  readonly triggered = new Emitter<vscode.QuickInputButton>(fail);
  readonly hidden = new Emitter<void>(fail);
  readonly onDidAccept = this.accepted.event;
  readonly onDidTriggerButton = this.triggered.event;
  readonly onDidHide = this.hidden.event;
  readonly #onShow: () => void;

  constructor(onShow: () => void) {
    this.#onShow = onShow;
  }

  show(): void {
    this.#onShow();
  }

  /** Like in the editor, disposing an input also hides it and fires the event. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.hidden.fire();
  }
}

export class FakeText extends FakeInput {
  value = '';
  password = false;
  valueSelection: readonly [number, number] | undefined;
  validationMessage: vscode.InputBoxValidationMessage | undefined;
  readonly changed = new Emitter<string>(fail);
  readonly onDidChangeValue = this.changed.event;

  /** The validation message, or empty if there is none. */
  get remark(): string {
    return this.validationMessage?.message ?? '';
  }

  type(text: string): void {
    this.value = text;
    this.changed.fire(text);
  }
}

export class FakePick extends FakeInput {
  readonly itemTriggered = new Emitter<vscode.QuickPickItemButtonEvent<vscode.QuickPickItem>>(fail);
  readonly onDidTriggerItemButton = this.itemTriggered.event;
  items: readonly vscode.QuickPickItem[] = [];
  activeItems: readonly vscode.QuickPickItem[] = [];
  selectedItems: readonly vscode.QuickPickItem[] = [];
  matchOnDescription = false;
  canSelectMany = false;

  /** Labels and descriptions of the items that can be chosen, such as "Length: 8 s". */
  get rows(): string[] {
    return this.items
      .filter((item) => 'value' in item)
      .map(({ label, description }) => (description === undefined ? label : `${label}: ${description}`));
  }

  choose(label: string): void {
    const item = this.items.find((one) => one.label.endsWith(label));
    if (!item)
      throw new Error(`${label} is not offered, but ${this.items.map((one) => one.label).join(', ')}`);
    this.selectedItems = [item];
    this.accepted.fire();
  }

  /** Selects exactly these items and presses Enter. */
  tick(labels: readonly string[]): void {
    this.selectedItems = this.items.filter(({ label }) => labels.includes(label));
    if (this.selectedItems.length !== labels.length) throw new Error(`Not all is offered: ${labels.join()}`);
    this.accepted.fire();
  }

  /** Accepts the highlighted item. Without one, the first item is highlighted. */
  enter(): void {
    const [item = this.items.find(({ kind }) => kind === undefined)] = this.activeItems;
    this.selectedItems = item ? [item] : [];
    this.accepted.fire();
  }
}

/** A user's action on one input. */
export type Deed = (input: FakeText | FakePick) => void;

/** VS Code's quick inputs with a scripted user: one action for each input. */
export class FakeQuickInputs extends QuickInputs {
  readonly shown: (FakeText | FakePick)[] = [];
  protected override pauseBeforePayingMs = 0;
  readonly #deeds: Deed[] = [];

  constructor() {
    const onShow = (input: FakeText | FakePick) => this.#onShow(input);
    const module: unknown = {
      window: {
        createInputBox: () => {
          const input: FakeText = new FakeText(() => onShow(input));
          return input;
        },
        createQuickPick: () => {
          const pick: FakePick = new FakePick(() => onShow(pick));
          return pick;
        },
      },
      ThemeIcon: class {
        readonly id: string;

        constructor(id: string) {
          this.id = id;
        }
      },
      QuickInputButtons: { Back: { iconPath: { id: 'arrow-left' } } },
      QuickPickItemKind: { Separator: -1, Default: 0 },
      InputBoxValidationSeverity: { Info: 1, Warning: 2, Error: 3 },
    };
    super(module as typeof vscode);
  }

  /** Requires a pause before Enter pays, as the real inputs do. */
  requirePause(milliseconds: number): void {
    this.pauseBeforePayingMs = milliseconds;
  }

  plan(...deeds: readonly Deed[]): void {
    this.#deeds.push(...deeds);
  }

  /** Number of planned actions that weren't needed. */
  get left(): number {
    return this.#deeds.length;
  }

  #onShow(input: FakeText | FakePick): void {
    this.shown.push(input);
    const deed = this.#deeds.shift();
    // Act only after all listeners have subscribed.
    queueMicrotask(() => {
      if (deed) deed(input);
      else input.hidden.fire();
    });
  }
}

export const escape: Deed = (input) => input.hidden.fire();

/** Accepts the current value. */
export const enter: Deed = (input) => {
  if (input instanceof FakeText) input.accepted.fire();
  else input.enter();
};

export const write =
  (text: string): Deed =>
  (input) => {
    if (!(input instanceof FakeText))
      throw new Error(`There is no text to write at: ${input.placeholder ?? ''}`);
    input.type(text);
    input.accepted.fire();
  };

export const choose =
  (label: string): Deed =>
  (input) => {
    if (!(input instanceof FakePick))
      throw new Error(`There is nothing to choose at: ${input.placeholder ?? ''}`);
    input.choose(label);
  };

/** Opens rows of the summary in turn and selects a value in each. */
export const set = (...choices: readonly (readonly [row: string, value: string])[]): Deed[] =>
  choices.flatMap(([row, value]) => [choose(row), choose(value)]);

/** Sends the request from the summary, whatever row is active. */
export const send: Deed = (input) => {
  if (!(input instanceof FakePick)) throw new Error('This is not the summary.');
  const [item] = input.items;
  input.selectedItems = item ? [item] : [];
  input.accepted.fire();
};

/** Presses the button of the item with this label. */
export const pressAt =
  (label: string): Deed =>
  (input) => {
    if (!(input instanceof FakePick)) throw new Error('There are no items.');
    const item = input.items.find((one) => one.label.endsWith(label));
    const [button] = item?.buttons ?? [];
    if (!item || !button) throw new Error(`${label} has no button.`);
    input.itemTriggered.fire({ item, button });
  };

/** Selects exactly these items and presses Enter. */
export const tick =
  (...labels: readonly string[]): Deed =>
  (input) => {
    if (!(input instanceof FakePick)) throw new Error(`There is nothing to tick at: ${input.title ?? ''}`);
    input.tick(labels);
  };

/** Presses the button with this tooltip, or Back by default. */
export const press =
  (tooltip?: string): Deed =>
  (input) => {
    const button = input.buttons.find((one) => one.tooltip === tooltip);
    if (!button) throw new Error(`There is no button ${tooltip ?? 'Back'}.`);
    input.triggered.fire(button);
  };
