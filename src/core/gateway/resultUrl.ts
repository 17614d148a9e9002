import ipaddr from 'ipaddr.js';
import { isLoopback } from './baseUrl';

/**
 * Returns true for IP addresses at which no public service can be: those that aren't global unicast, and IPv4 addresses
 * inside IPv6 ones. Host names aren't resolved, by decision.
 * @param hostname as in `URL.hostname`
 */
export function isPrivateAddress(hostname: string): boolean {
  if (isLoopback(hostname)) return true;
  const text = hostname.replace(/^\[|\]$/g, '');
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  // The obsolete form ::10.0.0.1, which some systems still route (RFC 4291 2.5.5.1).
  const isCompatible =
    address instanceof ipaddr.IPv6 && address.parts.slice(0, 6).every((part) => part === 0);
  return isCompatible || address.range() !== 'unicast';
}

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
