import * as vscode from 'vscode';

export type Severity = 'info' | 'warning' | 'error';

/** Shows messages and progress in the window. */
export interface NotificationHost {
  /** @returns the title of the button that was pressed, once the message is closed */
  show(severity: Severity, message: string, buttons: readonly string[]): Promise<string | undefined>;
  /** Shows a message in the status bar for a few seconds. */
  status(message: string): void;
  progress<T>(title: string, work: () => Promise<T>): Promise<T>;
  /**
   * As {@link progress}, with a progress bar and a button to cancel.
   * @param work reports its progress, and ends early if the signal is aborted
   */
  longProgress<T>(
    title: string,
    work: (report: ReportProgress, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
}

/** Reports how many of all steps are done, and the current one, which is shown after the title. */
export type ReportProgress = (done: number, of: number, now?: string) => void;

const STATUS_MESSAGE_MS = 6000;

export class VSCodeNotificationHost implements NotificationHost {
  async show(severity: Severity, message: string, buttons: readonly string[]): Promise<string | undefined> {
    switch (severity) {
      case 'info':
        return vscode.window.showInformationMessage(message, ...buttons);
      case 'warning':
        return vscode.window.showWarningMessage(message, ...buttons);
      case 'error':
        return vscode.window.showErrorMessage(message, ...buttons);
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
    work: (report: ReportProgress, signal: AbortSignal) => Promise<T>,
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
