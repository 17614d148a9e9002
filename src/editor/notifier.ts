import * as vscode from 'vscode';

export type Severity = 'info' | 'warning' | 'error';

/** Tells the person at the keyboard something. What is said, and when, is in messages.ts. */
export interface Notifier {
  /** Shows a message. @returns the title of the action that was chosen, when it is closed */
  show(severity: Severity, message: string, actions: readonly string[]): Promise<string | undefined>;
  /** A word in the status bar, for a few seconds. */
  status(message: string): void;
  /** Shows that something is going on for as long as it does. */
  progress<T>(title: string, work: () => Promise<T>): Promise<T>;
}

/** How long a word stays in the status bar, in ms. */
const STATUS_TIME = 6000;

/** Tells it in the editor's own ways. */
export class EditorNotifier implements Notifier {
  async show(severity: Severity, message: string, actions: readonly string[]): Promise<string | undefined> {
    switch (severity) {
      case 'info':
        return vscode.window.showInformationMessage(message, ...actions);
      case 'warning':
        return vscode.window.showWarningMessage(message, ...actions);
      case 'error':
        return vscode.window.showErrorMessage(message, ...actions);
    }
  }

  status(message: string): void {
    vscode.window.setStatusBarMessage(message, STATUS_TIME);
  }

  async progress<T>(title: string, work: () => Promise<T>): Promise<T> {
    return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, work);
  }
}
