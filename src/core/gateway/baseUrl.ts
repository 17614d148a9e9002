/** The gateway that Nebula runs (API reference 2). */
export const DEFAULT_BASE_URL = 'https://llm.ai-nebula.com';

/**
 * Reads a base URL as people paste it: blanks around it, a trailing slash and a trailing `/v1` are
 * dropped once (API reference 2); a path prefix stays. Undefined when it is no address that a key may
 * travel to: https anywhere, http on this machine only, no user name, query or fragment.
 */
export function parseBaseUrl(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return undefined;
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
  return url.origin + path;
}

/** Scheme, host and port of a base URL: what a key belongs to. */
export function originOf(baseUrl: string): string {
  return new URL(baseUrl).origin;
}

/** Whether a host name as `URL` gives it means this machine. */
export function isLoopback(hostname: string): boolean {
  return (
    /(^|\.)localhost\.?$/.test(hostname) || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

/**
 * Whether a host name as `URL` gives it is a literal address that no result of a public service has any
 * business with: private, link-local, shared, unspecified, loopback. Names are not resolved (a settled decision).
 */
export function isPrivateAddress(hostname: string): boolean {
  if (isLoopback(hostname)) return true;
  const v4 = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(hostname) ?? mappedV4(hostname);
  if (v4) {
    const [a, b] = [Number(v4[1]), Number(v4[2])];
    return (
      a === 0 ||
      a === 10 ||
      a === 127 ||
      (a === 100 && b >= 64 && b <= 127) ||
      (a === 169 && b === 254) ||
      (a === 172 && b >= 16 && b <= 31) ||
      (a === 192 && b === 168)
    );
  }
  // fc00::/7 unique local, fe80::/10 link-local, and the unspecified address.
  return /^\[(f[cd]|fe[89a-f])/i.test(hostname) || hostname === '[::]';
}

/** The IPv4 address inside an IPv6 one: mapped, compatible, NAT64 or 6to4, as `URL` writes them (`[::ffff:a00:1]`). */
function mappedV4(hostname: string): RegExpExecArray | null {
  const hex = /^\[(?:::(?:ffff:)?|64:ff9b::|2002:)([0-9a-f]{1,4}):([0-9a-f]{1,4})(?:\]$|:)/i.exec(hostname);
  if (!hex) return null;
  const high = parseInt(hex[1] ?? '', 16);
  const low = parseInt(hex[2] ?? '', 16);
  return /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(`${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`);
}

/**
 * Whether a result link may be fetched (DESIGN 4.8): the gateway's own origin always; elsewhere http(s) to
 * public addresses, and loopback only when the gateway itself is on this machine.
 */
export function mayFetch(link: URL, baseUrl: string): boolean {
  if (link.protocol !== 'https:' && link.protocol !== 'http:') return false;
  const gateway = new URL(baseUrl);
  if (link.origin === gateway.origin) return true;
  if (isLoopback(link.hostname)) return isLoopback(gateway.hostname);
  return !isPrivateAddress(link.hostname);
}
