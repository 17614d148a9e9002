/** The gateway that Nebula runs (API reference 2). */
export const DEFAULT_BASE_URL = 'https://llm.ai-nebula.com';

/**
 * Normalizes a pasted base URL: removes surrounding blanks, trailing slashes and a trailing `/v1`, and keeps a path
 * prefix (API reference 2). Returns undefined for a URL that a key must not be sent to: http beyond this machine,
 * another scheme, or one with a user name, query or fragment.
 */
export function parseBaseUrl(text: string): string | undefined {
  if (!URL.canParse(text.trim())) return undefined;
  const url = new URL(text.trim());
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
  return url.origin + path;
}

/** Origin (scheme, host and port) of a base URL, to which a key is bound. */
export function originOf(baseUrl: string): string {
  return new URL(baseUrl).origin;
}

/** @param hostname as in `URL.hostname` */
export function isLoopback(hostname: string): boolean {
  return (
    /(^|\.)localhost\.?$/.test(hostname) || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
