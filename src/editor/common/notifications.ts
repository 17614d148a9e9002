import * as vscode from 'vscode';

export type Severity = 'info' | 'warning' | 'error';

/** Tells the person at the keyboard something. What is said, and when, is in messages.ts. */
export interface Notifications {
  /** Shows a message. @returns the title of the action that was chosen, when it is closed */
  show(severity: Severity, message: string, actions: readonly string[]): Promise<string | undefined>;
  /** A word in the status bar, for a few seconds. */
  status(message: string): void;
  /** Shows that something is going on for as long as it does. */
  progress<T>(title: string, work: () => Promise<T>): Promise<T>;
  /**
   * As {@link progress}, for what may take long: it shows how far it is, and can be called off.
   * @param work tells how many of how many steps are done, and ends early when the signal says so
   */
  longProgress<T>(title: string, work: (tell: ReportProgress, signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Says how many of how many steps are done, and what is done now, which stands behind the title. */
export type ReportProgress = (done: number, of: number, now?: string) => void;

/** How long a word stays in the status bar, in ms. */
const STATUS_MESSAGE_MS = 6000;

/** Tells it in the editor's own ways. */
export class VSCodeNotifications implements Notifications {
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
    vscode.window.setStatusBarMessage(message, STATUS_MESSAGE_MS);
  }

  async progress<T>(title: string, work: () => Promise<T>): Promise<T> {
    return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, work);
  }

  async longProgress<T>(
    title: string,
    work: (tell: ReportProgress, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const location = vscode.ProgressLocation.Notification;
    return vscode.window.withProgress({ location, title, cancellable: true }, async (progress, token) => {
      const stop = new AbortController();
      const listener = token.onCancellationRequested(() => stop.abort());
      let before = 0;
      try {
        return await work((done, of, now) => {
          const increment = ((done - before) / of) * 100;
          progress.report({ increment, ...(now === undefined ? {} : { message: now }) });
          before = done;
        }, stop.signal);
      } finally {
        listener.dispose();
      }
    });
  }
}
