import assert from 'node:assert/strict';
import {
  detectSound,
  type SoundState,
  type SoundEvidence,
} from '../../../../src/webview/player/soundDetection';

const signs: SoundEvidence = { hasAudio: true, probe: undefined, decodedBytes: undefined, playedSeconds: 0 };

const cases: readonly (readonly [string, Partial<SoundEvidence>, SoundState])[] = [
  ['a clip without sound is never complained about', { hasAudio: false, probe: false }, 'noAudio'],
  ['nothing is known before anything was decoded', {}, 'unknown'],
  ['AAC can be decoded, and the browser does not count', { probe: true }, 'audible'],
  ['AAC can not be decoded, and the browser does not count', { probe: false }, 'inaudible'],
  ['AAC can not be decoded, and nothing of the clip was', { probe: false, decodedBytes: 0 }, 'inaudible'],
  ['what was decoded of the clip itself counts more', { probe: false, decodedBytes: 3370 }, 'audible'],
  ['a count of zero means nothing before it plays', { probe: true, decodedBytes: 0 }, 'unknown'],
  ['a count of zero after playing tells', { probe: true, decodedBytes: 0, playedSeconds: 0.5 }, 'inaudible'],
];

describe('whether a clip can be heard', () => {
  for (const [name, some, expected] of cases) {
    it(name, () => assert.equal(detectSound({ ...signs, ...some }), expected));
  }
});
