import type {
  InputBoxValidationMessage,
  QuickInputButton,
  QuickPickItem,
  QuickPickItemButtonEvent,
} from 'vscode';
import { Emitter } from '../../src/core/common/events';
import type { Picker, QuickInputs, TextInput, ValidationSeverity } from '../../src/editor/common/quickInputs';

const fail = (error: unknown) => {
  throw error;
};

/** The editor's constant. Its module exists only in the extension host. */
const SEPARATOR = -1;

function fakeButton(icon: string, tooltip?: string): QuickInputButton {
  const button: unknown = { iconPath: { id: icon }, tooltip };
  return button as QuickInputButton;
}

/** Base class of both kinds of input. */
class FakeInput {
  title: string | undefined;
  step: number | undefined;
  totalSteps: number | undefined;
  placeholder: string | undefined;
  prompt: string | undefined;
  buttons: readonly QuickInputButton[] = [];
  ignoreFocusOut = false;
  disposed = false;
  readonly accepted = new Emitter<void>(fail);
  readonly triggered = new Emitter<QuickInputButton>(fail);
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

export class FakeText extends FakeInput implements TextInput {
  value = '';
  valueSelection: readonly [number, number] | undefined;
  validationMessage: string | InputBoxValidationMessage | undefined;
  readonly changed = new Emitter<string>(fail);
  readonly onDidChangeValue = this.changed.event;

  /** The text below the input, or empty if there is none. */
  get remark(): string {
    const message = this.validationMessage;
    return (typeof message === 'object' ? message.message : message) ?? '';
  }

  type(text: string): void {
    this.value = text;
    this.changed.fire(text);
  }
}

export class FakePick extends FakeInput implements Picker<QuickPickItem> {
  readonly itemTriggered = new Emitter<QuickPickItemButtonEvent<QuickPickItem>>(fail);
  readonly onDidTriggerItemButton = this.itemTriggered.event;
  items: readonly QuickPickItem[] = [];
  activeItems: readonly QuickPickItem[] = [];
  selectedItems: readonly QuickPickItem[] = [];
  matchOnDescription = false;
  canSelectMany = false;

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

/** A scripted user of the wizard, with one action per input. */
export class FakeQuickInputs implements QuickInputs {
  readonly shown: (FakeText | FakePick)[] = [];
  readonly back = fakeButton('arrow-left');
  debounceMs = 0;
  readonly #deeds: Deed[] = [];

  plan(...deeds: readonly Deed[]): void {
    this.#deeds.push(...deeds);
  }

  /** Number of planned actions that weren't needed. */
  get left(): number {
    return this.#deeds.length;
  }

  /** The title of each input so far, such as "2/4 Generate Video". */
  get places(): string[] {
    return this.shown.map(({ step, totalSteps }) => `${step ?? ''}/${totalSteps ?? ''}`);
  }

  text(): TextInput {
    const input: FakeText = new FakeText(() => this.#onShow(input));
    return input;
  }

  picker<T extends QuickPickItem>(): Picker<T> {
    const pick: FakePick = new FakePick(() => this.#onShow(pick));
    return pick as unknown as Picker<T>;
  }

  button(icon: string, tooltip: string): QuickInputButton {
    return fakeButton(icon, tooltip);
  }

  separator(label: string): QuickPickItem {
    const item: unknown = { label, kind: SEPARATOR };
    return item as QuickPickItem;
  }

  remark(message: string, weight: ValidationSeverity): InputBoxValidationMessage {
    const remark: unknown = { message, severity: { info: 1, warning: 2, error: 3 }[weight] };
    return remark as InputBoxValidationMessage;
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
