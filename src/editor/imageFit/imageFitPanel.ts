import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import { describeError, withPrefix } from '../../core/common/log';
import { toHost, type ToPage } from '../../webview/imageFit/protocol';
import type { AppContext } from '../common/appContext';
import { webviewHtml } from '../common/webviewHtml';
import type { ImageFitResult, ImageFitDialog, ImageFitRequest } from './imageFitDialog';
import { ImageFitSession } from './imageFitSession';
import { imageFitText } from './imageFitText';

/** Has no serializer on purpose: VS Code then drops the tab on reload. The wizard that waits for it is gone. */
const VIEW_TYPE = 'nebulaVideo.imageFit';

/** Timeout for a tab to close. */
const CLOSING_MS = 1000;

type Dependencies = Pick<AppContext, 'extensionUri' | 'clock' | 'l10n' | 'language' | 'log'>;

/** Shows the image fit page in an editor tab. Only one can be open: a new request closes the previous one. */
export class ImageFitPanel implements ImageFitDialog, Disposable {
  readonly #deps: Dependencies;
  #open: vscode.WebviewPanel | undefined;

  constructor(deps: Dependencies) {
    this.#deps = { ...deps, log: withPrefix(deps.log, 'imageFit') };
  }

  async show(question: ImageFitRequest): Promise<ImageFitResult> {
    this.#open?.dispose();
    const panel = vscode.window.createWebviewPanel(
      VIEW_TYPE,
      question.title,
      vscode.ViewColumn.Active,
      // No `retainContextWhenHidden`: the session can restore the page.
      { enableScripts: true, enableForms: false, localResourceRoots: [this.#media] },
    );
    panel.iconPath = new vscode.ThemeIcon('file-media');
    this.#open = panel;
    const answer = await this.#answered(panel, question);
    if (this.#open === panel) this.#open = undefined;
    // Otherwise the next quick pick loses focus to the editor that becomes active.
    if (answer.end !== 'cancel') await this.#gone(panel);
    return answer;
  }

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
          // Hidden webviews don't receive messages. The page requests the full view when it's shown again.
          webview.postMessage(message).then(undefined, (error: unknown) => log.warn(describeError(error)));
        };
        const session = owned.add(
          new ImageFitSession(question.images, { ...this.#deps, postMessage: tell }, end),
        );
        owned.add(panel.onDidDispose(() => end('cancel')));
        owned.add(
          webview.onDidReceiveMessage((message: unknown) => {
            const parsed = toHost.safeParse(message);
            if (parsed.success) session.onMessage(parsed.data);
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
          // The page receives images as messages and loads no files.
          ['img-src blob:'],
          { texts: imageFitText(l10n) },
        );
      });
    } finally {
      owned.dispose();
    }
  }

  /** Closes a tab. Resolves when it's closed or after the timeout. */
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
