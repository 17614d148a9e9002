import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { findProjectRoot } from '../gateway/video/projectRoot';

/** A scripted response: what a server sends, before any content encoding. */
export interface CannedResponse {
  readonly status: number;
  /** Lowercase names. `content-type` and `content-length` are always present. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** If true, the connection breaks after the body. */
  readonly cutAfter: boolean;
}

/** The meaning of a response. Any value of a list is accepted. */
export type Means = Readonly<Record<string, unknown>>;

/** One case of test/cases/replies, with its placeholders replaced (test/cases/README.md). */
export interface ReplyCase extends CannedResponse {
  readonly name: string;
  readonly call: 'submit' | 'query' | 'download' | 'link' | 'models';
  /** The ID of the queried task, and its model if it matters. */
  readonly for?: string;
  readonly model?: string;
  /** The link that is downloaded, exactly as the gateway returned it. */
  readonly link?: string;
  /** More responses from the same server, by path. */
  readonly also: ReadonlyMap<string, CannedResponse>;
  readonly means: Means;
  readonly why: string;
}

/** The base URL in cases, unless a test uses a different one. It has no listener. */
export const CASE_BASE = 'http://127.0.0.1:4810';

/** Fields that a case may have, by call. Each test that runs cases of a call checks all of them. */
const FIELDS = {
  submit: [
    ...['state', 'taskId', 'idSource', 'note', 'failureKind', 'charged', 'says', 'money', 'requestId'],
    ...['remixedFrom', 'waitSeconds', 'redirectFollowed'],
  ],
  query: [
    ...['state', 'failureKind', 'code', 'charged', 'says', 'hint', 'money', 'progress', 'onlyThisTask'],
    ...['waitSeconds', 'videos', 'refusedLinks', 'otherRoutes', 'byDownload', 'filtered', 'expiresAt'],
  ],
  download: ['state', 'until', 'sameBytesAs', 'thenKeep', 'charged'],
  link: [
    ...['state', 'until', 'sameBytesAs', 'says', 'withFreshQuery', 'otherRoutes', 'pausesOrigin'],
    ...['requestedPath'],
  ],
  models: ['models', 'error'],
} as const;

/** Checks by field. The type requires one for each field. */
export type Checks<Call extends ReplyCase['call'], Seen> = Readonly<
  Record<(typeof FIELDS)[Call][number], (value: unknown, seen: Seen) => void | Promise<void>>
>;

/** Checks everything that a case states, in the order of the checks. */
export async function checkMeans<Call extends ReplyCase['call'], Seen>(
  means: Means,
  checks: Checks<Call, Seen>,
  seen: Seen,
): Promise<void> {
  for (const [field, check] of Object.entries<Checks<Call, Seen>[keyof Checks<Call, Seen>]>(checks)) {
    if (field in means) await check(means[field], seen);
  }
}

const RAW_FIELDS = [
  ...['name', 'call', 'for', 'model', 'link', 'status', 'headers', 'body', 'bodyFile', 'cutAfter', 'also'],
  ...['means', 'why', 'source'],
];

/** @throws if the case has a field that no test reads */
export function refuseUnknownFields(
  reply: Readonly<Record<'name' | 'means', unknown>> & Pick<ReplyCase, 'call'>,
): void {
  const known = { case: [RAW_FIELDS, reply], means: [FIELDS[reply.call], reply.means] } as const;
  for (const [where, [fields, value]] of Object.entries(known)) {
    const unknown = Object.keys(value as object).filter((field) => !fields.some((one) => one === field));
    if (unknown.length > 0)
      throw new Error(`${String(reply.name)}: nothing checks ${where}: ${unknown.join(', ')}`);
  }
}

/** Returns the expected charge at Nebula's own origin, or at one that isn't recognized. */
export function chargedAt(charged: unknown, origin: 'nebula' | 'elsewhere'): unknown {
  return typeof charged === 'object' && charged !== null
    ? (charged as Readonly<Record<string, unknown>>)[origin]
    : charged;
}

/** A case as in its file. */
interface RawCase
  extends RawResponse, Pick<ReplyCase, 'name' | 'call' | 'for' | 'model' | 'link' | 'means' | 'why'> {
  readonly also?: Readonly<Record<string, RawResponse>>;
}

interface RawResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyFile?: string;
  readonly cutAfter?: boolean;
}

const folder = path.join(findProjectRoot(), 'test/cases');

/** Reads a case's file, such as `media/plain.mp4`. */
export function caseFile(name: string): Buffer {
  return readFileSync(path.join(folder, name));
}

/**
 * Loads the cases for some calls, ordered by name.
 * @param base replaces {BASE}
 */
export function loadReplyCases(calls: readonly ReplyCase['call'][], base = CASE_BASE): readonly ReplyCase[] {
  const video = caseFile('media/plain.mp4');
  const base64 = video.toString('base64');
  const values: Readonly<Record<string, string>> = {
    BASE: base,
    MP4_BASE64: base64,
    MP4_BASE64_HALF: base64.slice(0, base64.length / 2),
    MP4_SIZE: String(video.length),
    MP4_LAST: String(video.length - 1),
  };
  const fill = (text: string) =>
    text.replace(/\{(?:FILL_(\d+)|([A-Z0-9_]+))\}/g, (whole, count?: string, name?: string) =>
      count === undefined ? (values[name ?? ''] ?? whole) : 'x'.repeat(Number(count)),
    );
  const filled = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
      typeof inner === 'string' ? fill(inner) : inner,
    ) as T;
  const canned = ({ status, headers = {}, body = '', bodyFile, cutAfter = false }: RawResponse) => {
    const bytes = bodyFile === undefined ? Buffer.from(fill(body)) : caseFile(bodyFile);
    const named = Object.entries(filled(headers)).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      status,
      headers: {
        'content-type': 'application/json',
        'content-length': String(bytes.length),
        ...(Object.fromEntries(named) as Record<string, string>),
      },
      body: bytes,
      cutAfter,
    };
  };
  return readdirSync(path.join(folder, 'replies'))
    .sort()
    .map((file) => JSON.parse(caseFile(`replies/${file}`).toString()) as RawCase)
    .filter(({ call }) => calls.includes(call))
    .map((reply) => (refuseUnknownFields(reply), reply))
    .map(({ name, call, for: about, model, link, also = {}, means, why, ...response }) => ({
      ...{ name, call, why },
      ...(about === undefined ? {} : { for: about }),
      ...(model === undefined ? {} : { model }),
      ...canned(response),
      ...(link === undefined ? {} : { link: fill(link) }),
      also: new Map(Object.entries(also).map(([where, other]) => [where, canned(other)] as const)),
      means: filled(means),
    }));
}

/** Returns true if the value is the expected one, or one of the accepted ones. */
export function accepts(expected: unknown, actual: unknown): boolean {
  return Array.isArray(expected) ? expected.includes(actual) : expected === actual;
}
