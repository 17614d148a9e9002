import ipaddr from 'ipaddr.js';
import { isLoopback } from './baseUrl';

/**
 * Whether a host name as `URL` gives it is a literal address that no result of a public service can be at: whatever
 * isn't global unicast, and an IPv4 address inside an IPv6 one. Names are not resolved (a settled decision).
 */
export function isPrivateAddress(hostname: string): boolean {
  if (isLoopback(hostname)) return true;
  const text = hostname.replace(/^\[|\]$/g, '');
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  // The old form ::10.0.0.1, which no registry lists any more but some systems still route (RFC 4291 2.5.5.1).
  const isCompatible =
    address instanceof ipaddr.IPv6 && address.parts.slice(0, 6).every((part) => part === 0);
  return isCompatible || address.range() !== 'unicast';
}

/**
 * Whether a result link may be fetched: the gateway's own origin always; elsewhere http(s) to public addresses, and
 * loopback only when the gateway itself is on this machine.
 */
export function isAllowedResultUrl(link: URL, baseUrl: string): boolean {
  if (link.protocol !== 'https:' && link.protocol !== 'http:') return false;
  const gateway = new URL(baseUrl);
  if (link.origin === gateway.origin) return true;
  if (isLoopback(link.hostname)) return isLoopback(gateway.hostname);
  return !isPrivateAddress(link.hostname);
}

/**
 * Path and query of a link as they were written, for {@link HttpRequest.target}: `URL` writes `'` in a query as `%27`,
 * which a signature over the raw text does not survive. Only what can't travel in a request line is encoded.
 * @param link as received, also relative
 * @param url the same link, resolved
 */
export function requestTarget(link: string, url: URL): string {
  // As `URL` does (WHATWG URL 4.4): blanks around it and line breaks inside are no part of a link.
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
