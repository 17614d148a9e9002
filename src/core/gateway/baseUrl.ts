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
