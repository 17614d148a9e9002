/** No wait that a reply asks for is taken longer than this. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;

/**
 * How long a `Retry-After` header asks to wait, in ms: seconds or an HTTP date (RFC 9110 10.2.3). Undefined
 * when it is missing or makes no sense.
 * @param now ms since 1970
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), LONGEST_WAIT_MS);
  // Only the forms that RFC 9110 names begin with a day's name; Date.parse alone would take much more.
  const date = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(date)) return undefined;
  return Math.min(Math.max(date - now, 0), LONGEST_WAIT_MS);
}
