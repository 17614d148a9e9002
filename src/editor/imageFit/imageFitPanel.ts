import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import { describeError, withPrefix } from '../../core/common/log';
import { toHost, type ToPage } from '../../webview/imageFit/protocol';
import type { AppContext } from '../common/appContext';
import { webviewHtml } from '../common/webviewHtml';
import type { ImageFitResult, ImageFitDialog, ImageFitRequest } from './imageFitDialog';
import { ImageFitSession } from './imageFitSession';
import { imageFitText } from './imageFitText';

/**
 * The editor drops a tab of a view that nobody can revive, and this one should not survive a reload of the window: the
 * wizard that waits for it is gone then.
 */
const VIEW_TYPE = 'nebulaVideo.imageFit';

/** How long a tab that was closed may take to go, in ms. */
const CLOSING_MS = 1000;

type Dependencies = Pick<AppContext, 'extensionUri' | 'clock' | 'l10n' | 'language' | 'log'>;

/** Shows the fitting page in an editor tab, at most one at a time: whoever asks anew has left the older one. */
export class ImageFitPanel implements ImageFitDialog, Disposable {
  readonly #deps: Dependencies;
  #open: vscode.WebviewPanel | undefined;

  constructor(deps: Dependencies) {
    this.#deps = { ...deps, log: withPrefix(deps.log, 'imageFit') };
  }

  async ask(question: ImageFitRequest): Promise<ImageFitResult> {
    this.#open?.dispose();
    const panel = vscode.window.createWebviewPanel(
      VIEW_TYPE,
      question.title,
      vscode.ViewColumn.Active,
      // Hidden, the page may go: the session knows all that it needs to be drawn again.
      { enableScripts: true, enableForms: false, localResourceRoots: [this.#media] },
    );
    panel.iconPath = new vscode.ThemeIcon('file-media');
    this.#open = panel;
    const answer = await this.#answered(panel, question);
    if (this.#open === panel) this.#open = undefined;
    // What is asked next would lose the focus to the editor that comes in its place.
    if (answer.end !== 'away') await this.#gone(panel);
    return answer;
  }

  /** Closes the page, if there is one. */
  dispose(): void {
    this.#open?.dispose();
  }

  get #media(): vscode.Uri {
    return vscode.Uri.joinPath(this.#deps.extensionUri, 'dist', 'webview');
  }

  async #answered(panel: vscode.WebviewPanel, question: ImageFitRequest): Promise<ImageFitResult> {
    const { l10n, language, log } = this.#deps;
    const { webview } = panel;
    const owned = new DisposableStore();
    try {
      return await new Promise<ImageFitResult>((resolve) => {
        const end = (how: ImageFitResult['end']) => resolve({ end: how, chosen: session.chosen });
        const tell = (message: ToPage): void => {
          // A hidden page hears nothing; shown again, it asks for everything.
          webview.postMessage(message).then(undefined, (error: unknown) => log.warn(describeError(error)));
        };
        const session = owned.add(new ImageFitSession(question.pictures, { ...this.#deps, tell }, end));
        owned.add(panel.onDidDispose(() => end('away')));
        owned.add(
          webview.onDidReceiveMessage((message: unknown) => {
            const parsed = toHost.safeParse(message);
            if (parsed.success) session.hear(parsed.data);
            else log.warn('a page sent something that is no message');
          }),
        );
        const address = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(this.#media, name));
        webview.html = webviewHtml(
          {
            cspSource: webview.cspSource,
            script: address('imageFit.js').toString(),
            style: address('imageFit.css').toString(),
            language,
          },
          // What it shows it is handed, and reads from no file.
          ['img-src blob:'],
          { texts: imageFitText(question.pictures.length, question.place, l10n) },
        );
      });
    } finally {
      owned.dispose();
    }
  }

  /** Closes a tab; resolves when it is gone, or as good as. */
  async #gone(panel: vscode.WebviewPanel): Promise<void> {
    const isThere = () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(VIEW_TYPE));
    const owned = new DisposableStore();
    await new Promise<void>((resolve) => {
      owned.add(vscode.window.tabGroups.onDidChangeTabs(() => isThere() || resolve()));
      owned.add(this.#deps.clock.setTimeout(resolve, CLOSING_MS));
      panel.dispose();
    });
    owned.dispose();
  }
}
