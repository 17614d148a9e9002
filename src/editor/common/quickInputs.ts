import type * as vscode from 'vscode';

/** Only an error prevents the text from being accepted. */
export type ValidationSeverity = 'error' | 'warning' | 'info';

export interface ValidationMessage {
  readonly message: string;
  readonly severity: ValidationSeverity;
}

/** The user's response to an input. `cancel` means it was closed. */
export type Answer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'button'; readonly button: vscode.QuickInputButton }
  | { readonly kind: 'back' | 'cancel' };

interface Question {
  readonly title: string;
  readonly placeholder: string;
  /** A line below the input. */
  readonly hint?: string | undefined;
  /** Shows a Back button. */
  readonly canGoBack?: boolean;
  readonly buttons?: readonly vscode.QuickInputButton[];
}

export interface InputOptions extends Question {
  readonly value?: string;
  /** Whether typing replaces the text. */
  readonly selected?: boolean;
  readonly secret?: boolean;
  readonly validate: (text: string) => ValidationMessage | undefined;
  /** @param answer closes the input with another text */
  readonly onChange?: (text: string, answer: (text: string) => void) => void;
}

export interface PickItem<T> extends vscode.QuickPickItem {
  readonly value: T;
  /** The answer when the item's button is pressed. */
  readonly onButton?: T;
  /** Accepting the item costs money, so an Enter that may be held down is ignored. */
  readonly pays?: true;
}

export interface PickOptions<T> extends Question {
  /** Items without a value are separators, or can only be read. */
  readonly items: readonly (PickItem<T> | vscode.QuickPickItem)[];
  readonly active?: PickItem<T> | undefined;
}

export interface PickManyOptions<T> extends PickOptions<T> {
  readonly picked: readonly PickItem<T>[];
  readonly minimum: number;
  /** Without a checked item, Enter accepts the active one. */
  readonly acceptsActive?: boolean;
}

/** The part of the `vscode` module that is used. */
type Editor = Pick<
  typeof vscode,
  'window' | 'ThemeIcon' | 'QuickInputButtons' | 'QuickPickItemKind' | 'InputBoxValidationSeverity'
>;

/** Minimum pause before an Enter that pays. A held key repeats faster, and some users press twice. */
const PAUSE_BEFORE_PAYING_MS = 400;

/** VS Code's quick picks and input boxes. Each call shows one, and resolves when the user is done with it. */
export class QuickInputs {
  readonly #editor: Editor;
  protected pauseBeforePayingMs = PAUSE_BEFORE_PAYING_MS;

  /** @param editor the `vscode` module */
  constructor(editor: Editor) {
    this.#editor = editor;
  }

  /** A button in the title bar. */
  button(icon: string, tooltip: string): vscode.QuickInputButton {
    return { iconPath: this.icon(icon), tooltip };
  }

  /** A product icon. In a label, a screen reader would read its name. */
  icon(id: string): vscode.ThemeIcon {
    return new this.#editor.ThemeIcon(id);
  }

  separator(label = ''): vscode.QuickPickItem {
    return { label, kind: this.#editor.QuickPickItemKind.Separator };
  }

  async input(options: InputOptions): Promise<Answer<string>> {
    const input = this.#editor.window.createInputBox();
    this.#setUp(input, options);
    const { value = '', selected = false, secret = false, validate, onChange } = options;
    input.value = value;
    input.valueSelection = [selected ? 0 : value.length, value.length];
    input.password = secret;
    // The user may look something up elsewhere and come back.
    input.ignoreFocusOut = true;
    const isValid = (): boolean => {
      const found = validate(input.value);
      input.validationMessage = found && this.#validationMessage(found);
      return found?.severity !== 'error';
    };
    // Empty isn't wrong before the user has typed.
    if (value !== '') isValid();
    return this.#show(
      input,
      () => (isValid() ? { value: input.value } : undefined),
      (answer) => {
        input.onDidChangeValue((text) => {
          onChange?.(text, answer);
          isValid();
        });
      },
    );
  }

  async pick<T>(options: PickOptions<T>): Promise<Answer<T>> {
    const pick = this.#editor.window.createQuickPick<PickItem<T> | vscode.QuickPickItem>();
    this.#setUp(pick, options);
    pick.items = options.items;
    if (options.active) pick.activeItems = [options.active];
    let lastAccept = performance.now();
    const accept = () => {
      // Each early Enter extends the pause, so a held key never pays.
      const pause = performance.now() - lastAccept;
      lastAccept = performance.now();
      const [item] = pick.selectedItems;
      if (!item || !('value' in item)) return undefined;
      return item.pays && pause < this.pauseBeforePayingMs ? undefined : { value: item.value };
    };
    return this.#show(pick, accept, (answer) => {
      pick.onDidTriggerItemButton(({ item }) => {
        if ('onButton' in item && item.onButton !== undefined) answer(item.onButton);
      });
    });
  }

  async pickMany<T>(options: PickManyOptions<T>): Promise<Answer<readonly T[]>> {
    const pick = this.#editor.window.createQuickPick<PickItem<T> | vscode.QuickPickItem>();
    this.#setUp(pick, options);
    pick.canSelectMany = true;
    pick.items = options.items;
    pick.selectedItems = options.picked;
    return this.#show(pick, () => {
      const { selectedItems, activeItems } = pick;
      const chosen = selectedItems.length === 0 && options.acceptsActive ? activeItems : selectedItems;
      const values = chosen.flatMap((item) => ('value' in item ? [item.value] : []));
      return values.length < options.minimum ? undefined : { value: values };
    });
  }

  #setUp(input: vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>, options: Question): void {
    const { title, placeholder, hint, canGoBack = false, buttons = [] } = options;
    input.title = title;
    input.placeholder = placeholder;
    input.prompt = hint;
    input.buttons = canGoBack ? [this.#editor.QuickInputButtons.Back, ...buttons] : buttons;
    if ('matchOnDescription' in input) input.matchOnDescription = true;
  }

  #validationMessage({ message, severity }: ValidationMessage): vscode.InputBoxValidationMessage {
    const { Error, Warning, Info } = this.#editor.InputBoxValidationSeverity;
    return { message, severity: { error: Error, warning: Warning, info: Info }[severity] };
  }

  /**
   * Shows an input until the user is done, and disposes it together with its listeners.
   * @param accept what Enter means now, or undefined if it has no effect
   * @param listen subscribes to other ways to answer
   */
  async #show<T>(
    input: vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>,
    accept: () => { readonly value: T } | undefined,
    listen: (answer: (value: T) => void) => void = () => undefined,
  ): Promise<Answer<T>> {
    try {
      return await new Promise<Answer<T>>((resolve) => {
        input.onDidAccept(() => {
          const accepted = accept();
          if (accepted) resolve({ kind: 'value', value: accepted.value });
        });
        input.onDidTriggerButton((button) =>
          resolve(
            button === this.#editor.QuickInputButtons.Back ? { kind: 'back' } : { kind: 'button', button },
          ),
        );
        listen((value) => resolve({ kind: 'value', value }));
        input.onDidHide(() => resolve({ kind: 'cancel' }));
        input.show();
      });
    } finally {
      input.dispose();
    }
  }
}
