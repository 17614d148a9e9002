import type { PageData } from '../../webview/player/protocol';
import { pageHtml, type PageSources } from '../common/webviewHtml';

interface Sources extends PageSources {
  readonly data: PageData;
}

/** The player's page; of the library it may load what the webview's roots allow. */
export function playerHtml({ data, ...sources }: Sources): string {
  const { cspSource } = sources;
  const rules = [`img-src ${cspSource}`, `media-src ${cspSource}`, `font-src ${cspSource}`];
  return pageHtml(sources, rules, data);
}
