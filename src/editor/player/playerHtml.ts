import type { PageData } from '../../webview/player/protocol';
import { webviewHtml, type WebviewSources } from '../common/webviewHtml';

interface Sources extends WebviewSources {
  readonly data: PageData;
}

/** The player's page; of the library it may load what the webview's roots allow. */
export function playerHtml({ data, ...sources }: Sources): string {
  const { cspSource } = sources;
  const rules = [`img-src ${cspSource}`, `media-src ${cspSource}`, `font-src ${cspSource}`];
  return webviewHtml(sources, rules, data);
}
