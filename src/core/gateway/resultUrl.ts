import { isPrivateAddress } from '../common/privateAddress';
import { isLoopback } from './baseUrl';

/**
 * Returns true if a result link may be downloaded: the gateway's own origin, http(s) to a public address, or loopback if
 * the gateway itself is on this machine.
 */
export function isAllowedResultUrl(link: URL, baseUrl: string): boolean {
  if (link.protocol !== 'https:' && link.protocol !== 'http:') return false;
  const gateway = new URL(baseUrl);
  if (link.origin === gateway.origin) return true;
  if (isLoopback(link.hostname)) return isLoopback(gateway.hostname);
  return !isPrivateAddress(link.hostname);
}

/**
 * Path and query of a link as written, for {@link HttpRequest.target}: `URL` encodes `'` in a query as `%27`, which breaks
 * a signature over the raw text. Only characters that are invalid in a request line are encoded.
 * @param link as received, also relative
 * @param url the same link, resolved
 */
export function requestTarget(link: string, url: URL): string {
  // As in WHATWG URL 4.4: remove surrounding blanks, and tabs and line breaks inside.
  const text = link.replace(/^[\0- ]+|[\0- ]+$|[\t\n\r]/g, '').replace(/#.*$/s, '');
  const authority = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#\\]*/i.exec(text)?.[0] ?? '';
  const [path, query] = splitOnce(text.slice(authority.length), '?');
  const start = path.startsWith('/') ? path : url.pathname;
  const search = query === undefined ? url.search : `?${query}`;
  return (start + search).replace(/[^!-~]+/g, (part) => encodeURIComponent(part.toWellFormed()));
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
