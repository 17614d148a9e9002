import type { ApiKey } from './apiKey';
import { parseJson } from '../common/json';
import { asRecord } from './jsonValues';
import { containsKey, redactMessage } from './redaction';
import { isAllowedResultUrl } from './resultUrl';

interface FoundLinks {
  /** Absolute links, byte for byte as given, or a pseudo-link for a video inside the response. */
  readonly links: readonly string[];
  /** Links that must not be requested. The key is redacted. */
  readonly refused: readonly string[];
  readonly isExpired: boolean;
}

/** Prefix of a pseudo-link to a video that a response contains as a data URI. Its path in the response follows. */
const INLINE = 'inline:';

/** Returns the path of a video inside a response; undefined for a real link. */
export function inlineVideoPath(link: string): string | undefined {
  return link.startsWith(INLINE) ? link.slice(INLINE.length) : undefined;
}

/**
 * Keys of a link, an object or a list of either, best first (API reference 9.2). The first with a video counts. Later ones
 * are copies, older or unsigned.
 */
const PLACES = [
  'url',
  'video_url',
  'videoUrl',
  'result_url',
  'resultUrl',
  'download_url',
  'downloadUrl',
  'video',
  'urls',
  'video_urls',
  'videoUrls',
  'unsigned_urls',
  'resultUrls',
  'result_urls',
  'resultJson',
  'videos',
  'creations',
  'content',
  'output',
  'outputs',
  'task_result',
  'result',
  'response',
  'data',
  'task',
  'metadata',
  // Older new-api keeps the link of a finished task here.
  'fail_reason',
] as const;

const MAX_DEPTH = 6;
const MAX_ITEMS = 64;
/** Longer texts were cut by the JSON reader. */
const MAX_LINK_BYTES = 16 * 1024;

const POSTER = /\.(jpe?g|png|webp|gif|avif)$/i;
const RELATIVE = /^(\/|(api|v\d+|files?|videos?|media|content|outputs?|results?)\/)\S*$/i;

/** Returns true if the text at this path of a response may be a whole video. */
export function canHoldInlineVideo(path: readonly (string | number)[]): boolean {
  const key = path.findLast((step) => typeof step === 'string');
  return PLACES.some((place) => place === key) || key === 'bytesBase64Encoded';
}

/** Finds the videos in a part of a response. @param path path of `value` in the response */
export function findLinks(
  value: unknown,
  path: readonly (string | number)[],
  access: { readonly baseUrl: string; readonly key: ApiKey },
): FoundLinks {
  const refused = new Set<string>();
  const found = { isExpired: false };

  const fromText = (text: string, at: readonly (string | number)[], inText: boolean): string[] => {
    if (/^expired$/i.test(text)) found.isExpired = true;
    if (/^data:(video\/|application\/octet-stream)/i.test(text)) return inText ? [] : [INLINE + at.join('.')];
    const link = absoluteLink(text, access.baseUrl);
    if (link === undefined || POSTER.test(link.replace(/[?#].*$/s, ''))) return [];
    if (isUsable(link, access)) return [link];
    refused.add(redactMessage(link, access.key));
    return [];
  };
  const collect = (inner: unknown, at: readonly (string | number)[], inText: boolean): string[] => {
    if (at.length - path.length > MAX_DEPTH) return [];
    if (typeof inner === 'string') {
      const text = inner.trim();
      const json = /^[{[]/.test(text) ? parseJson(text) : undefined;
      return json === undefined ? fromText(text, at, inText) : collect(json, at, true);
    }
    if (Array.isArray(inner))
      return inner.slice(0, MAX_ITEMS).flatMap((item, index) => collect(item, [...at, index], inText));
    const record = asRecord(inner);
    for (const place of record ? PLACES : []) {
      const links = collect(record?.[place], [...at, place], inText);
      if (links.length > 0) return links;
    }
    return [];
  };

  const links = [...new Set(collect(value, path, false))];
  return {
    links,
    refused: [...refused],
    isExpired: found.isExpired && links.length === 0,
  };
}

/** Returns undefined if the text isn't a link. */
function absoluteLink(text: string, baseUrl: string): string | undefined {
  if (text.length >= MAX_LINK_BYTES) return undefined;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  if (!RELATIVE.test(text)) return undefined;
  const { protocol, origin } = new URL(baseUrl);
  if (text.startsWith('//')) return protocol + text;
  return text.startsWith('/') ? origin + text : `${baseUrl}/${text}`;
}

function isUsable(link: string, access: { readonly baseUrl: string; readonly key: ApiKey }): boolean {
  return (
    URL.canParse(link) && !containsKey(link, access.key) && isAllowedResultUrl(new URL(link), access.baseUrl)
  );
}
