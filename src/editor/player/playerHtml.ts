import type { PageData } from '../../webview/player/protocol';
import { webviewHtml, type WebviewSources } from '../common/webviewHtml';

interface Sources extends WebviewSources {
  readonly data: PageData;
}

/** @returns the HTML of the player. `localResourceRoots` limits which files it can load. */
export function playerHtml({ data, ...sources }: Sources): string {
  const { cspSource } = sources;
  const rules = [`img-src ${cspSource}`, `media-src ${cspSource}`, `font-src ${cspSource}`];
  return webviewHtml(sources, rules, data);
}
