import ffmpeg from '@ffmpeg-installer/ffmpeg';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { Mp4Error, type ByteSource, type Mp4ErrorReason } from '../../../src/core/mp4/boxes';
import { probeMp4, type Mp4Info } from '../../../src/core/mp4/probe';
import { sourceFromBytes } from '../support/byteSource';

const run = promisify(execFile);

const picture = ['-f', 'lavfi', '-i', 'testsrc=size=96x64:rate=10:duration=2'];
const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '5'];
const aac = ['-c:a', 'aac', '-b:a', '32k'];
const fragments = 'frag_keyframe+empty_moov';

/** The ffmpeg arguments for each clip. Names of other clips are replaced by their paths. */
const clipArguments: Record<string, readonly string[]> = {
  silent: [...picture, ...h264],
  plain: [...picture, ...sound, ...h264, ...aac],
  faststart: ['-i', 'plain', '-c', 'copy', '-movflags', '+faststart'],
  fragmented: ['-i', 'plain', '-c', 'copy', '-movflags', fragments],
  fragmentedFromStart: ['-i', 'plain', '-c', 'copy', '-movflags', 'frag_keyframe'],
  fragmentedForDash: ['-i', 'plain', '-c', 'copy', '-movflags', `${fragments}+default_base_moof+global_sidx`],
  fragmentedEach: ['-i', 'plain', '-c', 'copy', '-movflags', `${fragments}+separate_moof+omit_tfhd_offset`],
  turned: ['-i', 'plain', '-c', 'copy', '-metadata:s:v:0', 'rotate=90'],
  upsideDown: ['-i', 'plain', '-c', 'copy', '-metadata:s:v:0', 'rotate=180'],
  wide: ['-i', 'silent', '-c', 'copy', '-aspect', '2:1'],
  mpeg4Part2: [...picture, '-c:v', 'mpeg4'],
  soundOnly: [...sound, ...aac],
};

async function makeClips(folder: string): Promise<Map<string, Uint8Array>> {
  const clips = new Map<string, Uint8Array>();
  const pathOf = (name: string) => join(folder, `${name}.mp4`);
  for (const [name, args] of Object.entries(clipArguments)) {
    const resolved = args.map((arg) => (arg in clipArguments ? pathOf(arg) : arg));
    await run(ffmpeg.path, ['-v', 'error', '-y', ...resolved, pathOf(name)]);
    clips.set(name, new Uint8Array(await readFile(pathOf(name))));
  }
  return clips;
}

/** Creates a box. Numbers in its content have 32 bits each. */
function box(type: string, ...content: (Uint8Array | number)[]): Buffer {
  const parts = content.map((part) => (typeof part === 'number' ? u32(part) : Buffer.from(part)));
  const body = Buffer.concat(parts);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const ftyp = box('ftyp', Buffer.from('isom'), 512, Buffer.from('isommp41'));

interface MovieParts {
  timescale?: number;
  duration?: number;
  mediaDuration?: number;
  size?: readonly [number, number];
  offset?: number;
  sampleSize?: number;
  samples?: number;
}

/** Creates a movie with one chunk. */
function movie(parts: MovieParts = {}): Buffer {
  const { timescale = 1000, duration = 2000, mediaDuration = 3000, size = [640, 360] } = parts;
  const { offset = ftyp.length + 8, sampleSize = 10, samples = 2 } = parts;
  const matrix = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
  const avc1 = box('avc1', 0, 1, Buffer.alloc(16), u32((1280 << 16) | 720), Buffer.alloc(50));
  const stbl = box(
    'stbl',
    box('stsd', 0, 1, avc1),
    box('stsc', 0, 1, 1, samples, 1),
    box('stsz', 0, sampleSize, samples),
    box('stco', 0, samples === 0 ? 0 : 1, ...(samples === 0 ? [] : [offset])),
  );
  const trak = box(
    'trak',
    box('tkhd', 7, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...matrix, size[0] << 16, size[1] << 16),
    box(
      'mdia',
      box('mdhd', 0, 0, 0, 1000, mediaDuration, 0),
      box('hdlr', 0, 0, Buffer.from('vide'), 0, 0, 0, 0),
      box('minf', stbl),
    ),
  );
  return box('moov', box('mvhd', 0, 0, 0, timescale, duration, Buffer.alloc(80)), trak);
}

const file = (...parts: Uint8Array[]) => Buffer.concat(parts);
const media = box('mdat', Buffer.alloc(20));

const probe = (bytes: Uint8Array) => probeMp4(sourceFromBytes(bytes));

async function cardError(bytes: Uint8Array): Promise<Mp4ErrorReason | undefined> {
  try {
    await probe(bytes);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Mp4Error, String(error instanceof Error ? error.stack : error));
    return error.reason;
  }
}

describe('probing an MP4', function () {
  this.timeout(20_000);

  let clips: Map<string, Uint8Array>;
  let folder: string;
  const clip = (name: string) => clips.get(name)!;

  before(async function () {
    this.timeout(60_000);
    folder = await mkdtemp(join(tmpdir(), 'nebula-probe-'));
    clips = await makeClips(folder);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  describe('reports what ffmpeg created', () => {
    const both: Omit<Mp4Info, 'durationSeconds'> = {
      container: 'mp4',
      width: 96,
      height: 64,
      hasAudio: true,
      videoCodec: 'avc1',
      audioCodec: 'mp4a',
    };
    const silent = { container: 'mp4', width: 96, height: 64, hasAudio: false, videoCodec: 'avc1' };
    for (const [name, expected] of [
      ['silent', silent],
      ['plain', both],
      ['faststart', both],
      ['fragmented', both],
      ['fragmentedFromStart', both],
      ['fragmentedForDash', both],
      ['fragmentedEach', both],
      ['turned', { ...both, width: 64, height: 96 }],
      ['upsideDown', both],
      ['wide', { ...silent, width: 128 }],
      ['mpeg4Part2', { ...silent, videoCodec: 'mp4v' }],
    ] as const) {
      it(name, async () => {
        const { durationSeconds, ...rest } = await probe(clip(name));
        assert.deepEqual(rest, expected);
        // The last audio packet may extend beyond the video.
        assert.ok(Math.abs(durationSeconds - 2) < 0.1, String(durationSeconds));
      });
    }

    it('reports a file without frames: soundOnly', async () => {
      assert.equal(await cardError(clip('soundOnly')), 'noVideo');
    });
  });

  describe('reads handmade movies', () => {
    const info = {
      container: 'mp4',
      durationSeconds: 2,
      width: 640,
      height: 360,
      hasAudio: false,
      videoCodec: 'avc1',
    };
    const large = Buffer.concat([u32(1), Buffer.from('mdat'), u32(0), u32(36), Buffer.alloc(20)]);
    const toEnd = Buffer.concat([u32(0), Buffer.from('mdat'), Buffer.alloc(20)]);
    const cases: [string, Buffer, Partial<Mp4Info>][] = [
      ['moov last', file(ftyp, media, movie()), {}],
      ['moov first', file(ftyp, movie({ offset: 500 }), box('mdat', Buffer.alloc(600))), {}],
      ['mdat with a 64-bit size', file(ftyp, large, movie()), {}],
      ['mdat to the end', file(ftyp, movie({ offset: ftyp.length + movie().length + 8 }), toEnd), {}],
      ['free at the end', file(ftyp, media, movie(), box('free', Buffer.alloc(100))), {}],
      ['zeros at the end', file(ftyp, media, movie(), Buffer.alloc(100_000)), {}],
      ['rubbish at the end', file(ftyp, media, movie(), Buffer.alloc(8), Buffer.from('rest')), {}],
      ['header cut at the end', file(ftyp, media, movie(), box('free').subarray(0, 6)), {}],
      ['free at the end, cut', file(ftyp, media, movie(), box('free', Buffer.alloc(99)).subarray(0, 20)), {}],
      [
        'mdat that declares more than its samples',
        file(
          ftyp,
          movie({ offset: ftyp.length + movie().length + 8 }),
          box('mdat', Buffer.alloc(900)).subarray(0, 28),
        ),
        {},
      ],
      [
        'free first',
        file(box('free', Buffer.alloc(8)), ftyp, media, movie({ offset: ftyp.length + 24 })),
        {},
      ],
      [
        'QuickTime',
        file(box('ftyp', Buffer.from('qt  '), 512), media, movie({ offset: 24 })),
        { container: 'mov' },
      ],
      ['no ftyp', file(media, movie({ offset: 8 })), {}],
      ['few zeros at the end', file(ftyp, media, movie(), Buffer.alloc(3)), {}],
      ['no movie duration', file(ftyp, media, movie({ duration: 0 })), { durationSeconds: 3 }],
      ['unknown movie duration', file(ftyp, media, movie({ duration: 0xffffffff })), { durationSeconds: 3 }],
      ['no movie timescale', file(ftyp, media, movie({ timescale: 0 })), { durationSeconds: 3 }],
      ['no size in the header', file(ftyp, media, movie({ size: [0, 0] })), { width: 1280, height: 720 }],
    ];
    for (const [name, bytes, differing] of cases) {
      it(name, async () => assert.deepEqual(await probe(bytes), { ...info, ...differing }));
    }
  });

  describe('reports errors', () => {
    const cases: [string, Uint8Array, Mp4ErrorReason][] = [
      ['nothing', new Uint8Array(0), 'notMp4'],
      ['a few bytes', ftyp.subarray(0, 7), 'notMp4'],
      ['a web page', Buffer.from('<!doctype html><html>expired</html>'), 'notMp4'],
      ['zeros', new Uint8Array(1000), 'notMp4'],
      ['ftyp cut', ftyp.subarray(0, 20), 'noMovie'],
      ['ftyp alone', ftyp, 'noMovie'],
      ['no moov', file(ftyp, media), 'noMovie'],
      [
        'mdat cut',
        file(ftyp, movie({ offset: ftyp.length + movie().length + 8 }), media.subarray(0, 20)),
        'truncated',
      ],
      ['moov cut', file(ftyp, media, movie().subarray(0, -1)), 'truncated'],
      ['no fragments', file(ftyp, box('moov', box('mvex'))), 'truncated'],
      ['mdat absent', file(ftyp, movie({ offset: 5000 })), 'truncated'],
      ['last sample beyond the end', file(ftyp, media, movie({ sampleSize: 2000 })), 'truncated'],
      ['moov empty', file(ftyp, media, box('moov')), 'noVideo'],
      ['no samples', file(ftyp, media, movie({ samples: 0 })), 'noVideo'],
      ['no duration', file(ftyp, media, movie({ duration: 0, mediaDuration: 0 })), 'noDuration'],
      ['inner box too large', file(ftyp, media, box('moov', 1000, Buffer.from('mvhd'), 0, 0)), 'damaged'],
      ['mvhd too short', file(ftyp, media, box('moov', box('mvhd', 0))), 'damaged'],
      ['table longer than its box', file(ftyp, media, movie({ sampleSize: 0, samples: 1 << 30 })), 'damaged'],
    ];
    for (const [name, bytes, fault] of cases) {
      it(`reports ${fault}: ${name}`, async () => assert.equal(await cardError(bytes), fault));
    }

    it('reports a moov that is too large as damaged', async () => {
      const size = 65 * 1024 * 1024;
      const start = file(ftyp, u32(size), Buffer.from('moov'));
      const source: ByteSource = {
        size: ftyp.length + size,
        read: (position, length) => {
          assert.ok(length <= 16);
          return Promise.resolve(
            Buffer.concat([start.subarray(position), Buffer.alloc(length)]).subarray(0, length),
          );
        },
      };
      await assert.rejects(
        probeMp4(source),
        (error) => error instanceof Mp4Error && error.reason === 'damaged',
      );
    });

    it('reports a source that is shorter than declared as truncated', async () => {
      const bytes = file(ftyp, media, movie());
      const source: ByteSource = { ...sourceFromBytes(bytes.subarray(0, -10)), size: bytes.length };
      await assert.rejects(
        probeMp4(source),
        (error) => error instanceof Mp4Error && error.reason === 'truncated',
      );
    });

    it('reports endless tiny boxes as damaged, in reasonable time', async () => {
      const bytes = Buffer.concat([ftyp, Buffer.alloc(4_000_000, box('free'))]);
      assert.equal(await cardError(bytes), 'damaged');
    });
  });

  it('reads headers and the index, never the media', async () => {
    for (const name of ['plain', 'faststart', 'fragmented']) {
      const bytes = clip(name);
      let read = 0;
      const source: ByteSource = {
        size: bytes.length,
        read: (position, length) => {
          read += length;
          return sourceFromBytes(bytes).read(position, length);
        },
      };
      await probeMp4(source);
      let mediaBytes = 0;
      for (let at = 0; at < bytes.length;) {
        const view = Buffer.from(bytes.buffer, bytes.byteOffset + at);
        if (view.toString('latin1', 4, 8) === 'mdat') mediaBytes += view.readUInt32BE(0);
        at += view.readUInt32BE(0);
      }
      assert.ok(mediaBytes > bytes.length / 3);
      assert.ok(read < bytes.length - mediaBytes + 1000, `${name}: ${read} of ${bytes.length}`);
    }
  });

  it('rethrows errors of the source', async () => {
    const broken = new Error('EIO');
    await assert.rejects(probeMp4({ size: 100, read: () => Promise.reject(broken) }), broken);
  });

  it('never accepts a truncated clip as complete', async () => {
    for (const name of ['silent', 'plain', 'faststart', 'turned', 'fragmented']) {
      const bytes = clip(name);
      const step = Math.max(1, Math.floor(bytes.length / 400));
      for (let length = 0; length < bytes.length; length += length < 100 ? 1 : step) {
        const fault = await cardError(bytes.subarray(0, length));
        // A fragmented file may end after any complete fragment, or lack only its closing index.
        if (fault === undefined) assert.ok(name === 'fragmented', `${name} cut at ${length}`);
        else
          assert.ok(
            ['notMp4', 'truncated', 'noMovie', 'noVideo'].includes(fault),
            `${name} at ${length}: ${fault}`,
          );
      }
    }
  });

  it('returns a result or throws Mp4Error quickly for damaged bytes', async () => {
    const names = ['silent', 'faststart', 'fragmented', 'fragmentedFromStart', 'fragmentedEach'];
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), changes, fc.boolean(), async (name, flips, isInIndex) => {
        const bytes = clip(name).slice();
        // Aim at the index half of the time, because most bytes are frames.
        const moov = Buffer.from(bytes.buffer).indexOf('moov');
        for (const [place, value] of flips) {
          const at = isInIndex ? moov + (place % 1200) : place;
          bytes[at % bytes.length] = value;
        }
        const started = performance.now();
        await cardError(bytes);
        assert.ok(performance.now() - started < 1000);
      }),
      { numRuns: 3000 },
    );
  });

  it('handles every byte of the index being the maximum or minimum', async () => {
    for (const name of ['faststart', 'fragmentedEach']) {
      const bytes = clip(name);
      for (let at = 0; at < Math.min(bytes.length, 3000); at++) {
        for (const value of [0x00, 0x7f, 0xff]) {
          const changed = bytes.slice();
          changed[at] = value;
          await cardError(changed);
        }
      }
    }
  });
});
