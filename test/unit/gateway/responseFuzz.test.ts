import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { queryOutcome, submitOutcome } from '../../../src/core/gateway/outcomes';
import { inlineVideoPath } from '../../../src/core/gateway/responseLinks';
import { readResponse } from '../../../src/core/gateway/responseReader';
import { CASE_BASE, loadReplyCases, type ReplyCase } from '../../support/replyCases';
import { CASE_KEY } from '../support/readFacts';
import { GatewayError } from '../../../src/core/gateway/errors';

/** Number of random responses. */
const RUNS = Number(process.env['NEBULA_FUZZ_RUNS'] ?? 2_000);
/** The part to run: `2/8` is the second of eight. */
const [SHARD = 1, SHARDS = 1] = (process.env['NEBULA_FUZZ_SHARD'] ?? '1/1').split('/').map(Number);
const SEED = process.env['NEBULA_FUZZ_SEED'] ?? 'responses';

const STATUSES = [200, 200, 200, 201, 202, 301, 400, 401, 403, 404, 408, 410, 422, 429, 500, 502, 503, 524];
const KEY_CORE = CASE_KEY.value.slice(3);

/** Pseudorandom numbers. The same seed gives the same sequence. */
class Random {
  #state: number;

  constructor(seed: string) {
    this.#state = createHash('sha256').update(seed).digest().readUInt32LE();
  }

  /** Returns an integer in a range that includes both ends. */
  int(min: number, max: number): number {
    // Mulberry32.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return min + (((mixed ^ (mixed >>> 14)) >>> 0) % (max - min + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)]!;
  }
}

/** A response derived from a real one. */
interface RandomResponse {
  readonly status: number;
  readonly bytes: Buffer;
  readonly isCut: boolean;
  readonly chunk: number;
  /** The task's ID if it must still be complete. */
  readonly taskId: string | undefined;
}

type Change = (text: string, random: Random) => string;

/** Changes that keep every ID intact. */
const HARMLESS: readonly Change[] = [
  (text) => text,
  (text) => `\ufeff${text}`,
  (text) => `data: ${text}\n\n`,
  (text) => `)]}',\n${text}`,
  (text) => `${text}\n${text}`,
  (text) => `{"code":"success","message":"","data":${text}}`,
  (text) => `[${text}]`,
  (text, random) => `{"log":"${'x'.repeat(random.int(0, 3_000))}","data":${text}}`,
  (text) => text.replace(/}\s*$/, ',"extra":NaN,}'),
  (text) => text.replace(/^\s*\{/, `{"echo":"${CASE_KEY.value}",`),
  (text) => text.replaceAll('/', '\\/'),
];

/** Changes that may damage anything. */
const DAMAGING: readonly Change[] = [
  (text, random) => text.slice(0, random.int(0, text.length)),
  (text, random) => text.slice(random.int(0, text.length)),
  (text, random) => {
    const at = random.int(0, text.length);
    return text.slice(0, at) + String.fromCharCode(random.int(0, 255)) + text.slice(at + random.int(0, 2));
  },
  (text, random) => {
    const [from, to] = [random.int(0, text.length), random.int(0, text.length)];
    return text.slice(0, from) + text.slice(to, to + 40) + text.slice(from);
  },
  (text, random) => {
    const at = random.int(0, text.length);
    return text.slice(0, at) + CASE_KEY.value + text.slice(at);
  },
  (text) => text.replaceAll('"', "'"),
  (text, random) => `<html>${text.slice(0, random.int(0, 60))}`,
];

function createRandomResponse(cases: readonly ReplyCase[], random: Random): RandomResponse {
  const responseCase = random.pick(cases);
  const isHarmless = random.int(0, 1) === 0;
  let text = responseCase.body.toString('latin1');
  for (let changes = random.int(0, 2); changes >= 0; changes--)
    text = random.pick(isHarmless ? HARMLESS : DAMAGING)(text, random);
  const id = responseCase.means['taskId'];
  const isStrong =
    responseCase.call === 'submit' && typeof id === 'string' && /task_?id|generation_id/i.test(text);
  return {
    status: random.int(0, 1) === 0 ? responseCase.status : random.pick(STATUSES),
    bytes: Buffer.from(text, 'latin1'),
    isCut: random.int(0, 3) === 0,
    chunk: random.pick([7, 64, 1024, 65_536]),
    taskId: isHarmless && isStrong ? id : undefined,
  };
}

async function* chunksOf({ bytes, chunk, isCut }: RandomResponse): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  if (isCut) throw new GatewayError('cut', 'socket hang up');
}

describe(`random responses (${RUNS} runs, shard ${SHARD} of ${SHARDS}, seed ${SEED})`, function () {
  this.timeout(Math.max(60_000, RUNS * 20));

  it('property: keep every complete ID, refuse nothing without a reason, and never show the key', async () => {
    const cases = loadReplyCases(['submit', 'query', 'models', 'download']).filter(
      ({ body }) => body.length < 100_000,
    );
    for (let run = SHARD; run <= RUNS; run += SHARDS) {
      const random = new Random(`${SEED} ${run}`);
      const made = createRandomResponse(cases, random);
      const step = made.taskId !== undefined || run % 2 === 0 ? 'submit' : 'query';
      const facts = await readResponse(
        { status: made.status, headers: {}, body: chunksOf(made), close: () => undefined },
        { step, baseUrl: CASE_BASE, key: CASE_KEY, now: 0, taskId: 'task_7Hq' },
      );
      const about = `run ${run}: ${made.status} ${made.bytes.toString('latin1').slice(0, 300)}`;
      if (made.taskId !== undefined) assert.equal(facts.taskId, made.taskId, about);
      const outcome = step === 'submit' ? submitOutcome(facts) : queryOutcome(facts);
      if (outcome.kind === 'refused') {
        assert.ok(made.status < 500 || outcome.noChannel, about);
        assert.ok(!made.isCut, about);
      }
      if (outcome.kind === 'rateLimited') assert.equal(made.status, 429, about);
      if (outcome.kind === 'task' && outcome.state.kind === 'succeeded') {
        const text = made.bytes.toString('latin1').replace(/\\+/g, '');
        for (const link of outcome.state.links) {
          const given =
            inlineVideoPath(link) ??
            link
              .replace(CASE_BASE, '')
              .replace(/^http:(?=\/\/)/, '')
              .replace(/^\//, '');
          assert.ok(
            inlineVideoPath(link) !== undefined || text.includes(given) || /[^ -~]/.test(given),
            `${link} in ${about}`,
          );
        }
      }
      const shown = JSON.stringify([outcome, facts, facts.evidence()]);
      assert.ok(!shown.includes(KEY_CORE), about);
    }
  });
});
