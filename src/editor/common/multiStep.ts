import type { QuickInputButton, QuickPickItem } from 'vscode';
import type { Picker, QuickInputs, TextInput, ValidationSeverity } from './quickInputs';

/** Where a step stands among all that are asked. */
export interface StepPosition {
  readonly number: number;
  readonly of: number;
}

/**
 * What came of a step. `away`: the person left, and nothing more is asked. `to`: another step is next, by its id; Back
 * leads from there to this one.
 */
export type StepResult = 'forward' | 'back' | 'away' | { readonly to: string };

/** One question. What was answered lives with whoever asks, so that going back shows it again. */
export interface Step {
  readonly id: string;
  ask(place: StepPosition): Promise<StepResult>;
}

/**
 * Leads through steps, forth and back.
 * @param plan the steps as they stand: an answer may change what is asked after it, and then "step n of m" is still true
 * @param from the id of the step to begin with; the first one when there is no such step
 */
export async function runSteps(plan: () => readonly Step[], from?: string): Promise<'done' | 'away'> {
  let steps = plan();
  const cropPosition = (id: string | undefined) =>
    Math.max(
      0,
      steps.findIndex((step) => step.id === id),
    );
  let index = cropPosition(from);
  /** Where those come from that were reached past others. */
  const origins = new Map<string, string>();
  for (;;) {
    const step = steps[index];
    if (!step) return 'done';
    const end = await step.ask({ number: index + 1, of: steps.length });
    if (end === 'away') return 'away';
    steps = plan();
    const here = steps.findIndex(({ id }) => id === step.id);
    if (end === 'forward') {
      index = here + 1;
    } else if (end === 'back') {
      const origin = origins.get(step.id);
      index = origin === undefined ? Math.max(0, here - 1) : cropPosition(origin);
    } else {
      if (end.to !== step.id) origins.set(end.to, step.id);
      index = cropPosition(end.to);
    }
  }
}

/** What a person did at an input. */
export type Answer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'button'; readonly button: QuickInputButton }
  | { readonly kind: 'back' | 'away' };

interface Question {
  readonly title: string;
  readonly place: StepPosition;
  readonly placeholder: string;
  /** A standing line below the input. */
  readonly hint?: string;
  /** It is asked within a step, so Back leads out of it, also at the first one. */
  readonly nested?: boolean;
}

export interface InputOptions extends Question {
  readonly value: string;
  /** Whether the first key replaces the text, rather than going on behind it. */
  readonly selected: boolean;
  readonly buttons: readonly QuickInputButton[];
  /** Says something about a text, or nothing. */
  readonly judge: (
    text: string,
  ) => { readonly message: string; readonly weight: ValidationSeverity } | undefined;
  readonly onChange: (text: string) => void;
}

export interface PickItem<T> extends QuickPickItem {
  readonly value: T;
  /** The answer that its button gives, where it has one. */
  readonly onButton?: T;
}

export interface PickQuestion<T> extends Question {
  /** Separators are items without a value. */
  readonly items: readonly (PickItem<T> | QuickPickItem)[];
  /** The item that Enter takes at first. */
  readonly active?: PickItem<T> | undefined;
  readonly buttons?: readonly QuickInputButton[];
  /** Taking an item costs money, so an Enter that may belong to the question before is not taken. */
  readonly pays?: true;
}

/** Asks for a line of text. */
export async function inputText(inputs: QuickInputs, question: InputOptions): Promise<Answer<string>> {
  const input = inputs.text();
  setUp(input, question, inputs, question.buttons);
  input.value = question.value;
  const end = question.value.length;
  input.valueSelection = [question.selected ? 0 : end, end];
  // Somebody looks up a word elsewhere, and comes back.
  input.ignoreFocusOut = true;
  const judge = (): boolean => {
    const verdict = question.judge(input.value);
    input.validationMessage = verdict && inputs.remark(verdict.message, verdict.weight);
    return verdict?.weight !== 'error';
  };
  // What is empty is not yet wrong when nothing was typed.
  if (input.value !== '') judge();
  input.onDidChangeValue((text) => {
    question.onChange(text);
    judge();
  });
  return shown(input, inputs, () => (judge() ? { value: input.value } : undefined));
}

/** Asks to choose one of several. It closes when the focus goes elsewhere, as all of the editor's lists do. */
export async function pickOne<T>(inputs: QuickInputs, question: PickQuestion<T>): Promise<Answer<T>> {
  const pick = inputs.picker<PickItem<T> | QuickPickItem>();
  setUp(pick, question, inputs, question.buttons ?? []);
  pick.matchOnDescription = true;
  pick.items = question.items;
  if (question.active) pick.activeItems = [question.active];
  let lastAccept = performance.now();
  const accept = () => {
    // Every early one puts it off, so that a key that is held down never gets through.
    const calm = performance.now() - lastAccept;
    lastAccept = performance.now();
    if (question.pays && calm < inputs.debounceMs) return undefined;
    const [item] = pick.selectedItems;
    return item && 'value' in item ? { value: item.value } : undefined;
  };
  return shown(pick, inputs, accept, (take) =>
    pick.onDidTriggerItemButton(({ item }) => {
      if ('onButton' in item && item.onButton !== undefined) take(item.onButton);
    }),
  );
}

/** Asks to choose some of several: what is ticked. An Enter with too few is not taken. */
export async function pickMany<T>(
  inputs: QuickInputs,
  question: PickQuestion<T> & { readonly ticked: readonly PickItem<T>[]; readonly atLeast: number },
): Promise<Answer<readonly T[]>> {
  const pick = inputs.picker<PickItem<T> | QuickPickItem>();
  setUp(pick, question, inputs, []);
  pick.canSelectMany = true;
  pick.items = question.items;
  pick.selectedItems = question.ticked;
  return shown(pick, inputs, () => {
    const values = pick.selectedItems.flatMap((item) => ('value' in item ? [item.value] : []));
    return values.length < question.atLeast ? undefined : { value: values };
  });
}

function setUp(
  input: TextInput | Picker<QuickPickItem>,
  { title, place, placeholder, hint, nested = false }: Question,
  inputs: QuickInputs,
  buttons: readonly QuickInputButton[],
): void {
  input.title = title;
  input.step = place.number;
  input.totalSteps = place.of;
  input.placeholder = placeholder;
  input.prompt = hint;
  input.buttons = place.number > 1 || nested ? [inputs.back, ...buttons] : buttons;
}

/**
 * Shows an input until something is done with it, and disposes it. Disposing it ends its listeners too.
 * @param accept what Enter means now, or undefined while it means nothing
 * @param listen hears of other ways to answer
 */
async function shown<T>(
  input: TextInput | Picker<QuickPickItem>,
  inputs: QuickInputs,
  accept: () => { readonly value: T } | undefined,
  listen: (take: (value: T) => void) => void = () => undefined,
): Promise<Answer<T>> {
  try {
    return await new Promise<Answer<T>>((resolve) => {
      input.onDidAccept(() => {
        const taken = accept();
        if (taken) resolve({ kind: 'value', value: taken.value });
      });
      input.onDidTriggerButton((button) =>
        resolve(button === inputs.back ? { kind: 'back' } : { kind: 'button', button }),
      );
      listen((value) => resolve({ kind: 'value', value }));
      input.onDidHide(() => resolve({ kind: 'away' }));
      input.show();
    });
  } finally {
    input.dispose();
  }
}
