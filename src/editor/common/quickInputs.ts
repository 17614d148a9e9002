import type * as vscode from 'vscode';

/** What the wizard uses of an input box. */
export type TextInput = Pick<
  vscode.InputBox,
  | 'title'
  | 'step'
  | 'totalSteps'
  | 'value'
  | 'valueSelection'
  | 'placeholder'
  | 'prompt'
  | 'buttons'
  | 'validationMessage'
  | 'ignoreFocusOut'
  | 'onDidChangeValue'
  | 'onDidAccept'
  | 'onDidTriggerButton'
  | 'onDidHide'
  | 'show'
  | 'dispose'
>;

/** What the wizard uses of a quick pick. */
export type Picker<T extends vscode.QuickPickItem> = Pick<
  vscode.QuickPick<T>,
  | 'title'
  | 'step'
  | 'totalSteps'
  | 'placeholder'
  | 'prompt'
  | 'buttons'
  | 'items'
  | 'activeItems'
  | 'selectedItems'
  | 'canSelectMany'
  | 'matchOnDescription'
  | 'onDidAccept'
  | 'onDidTriggerButton'
  | 'onDidTriggerItemButton'
  | 'onDidHide'
  | 'show'
  | 'dispose'
>;

/** How much a word about a text weighs: only an error keeps from going on. */
export type ValidationSeverity = 'error' | 'warning' | 'info';

/** The editor's quick inputs, as far as the wizard needs them, so that a test can be the person before them. */
export interface QuickInputs {
  readonly back: vscode.QuickInputButton;
  /** Before an Enter that pays there must be none for so long, in ms: a held key repeats, and some click twice. */
  readonly debounceMs: number;
  text(): TextInput;
  picker<T extends vscode.QuickPickItem>(): Picker<T>;
  /** A button beside the input. */
  button(icon: string, tooltip: string): vscode.QuickInputButton;
  /** The heading of a group of items. */
  separator(label: string): vscode.QuickPickItem;
  /** A word below the input. */
  remark(message: string, weight: ValidationSeverity): vscode.InputBoxValidationMessage;
}
