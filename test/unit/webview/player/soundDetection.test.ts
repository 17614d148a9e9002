import assert from 'node:assert/strict';
import {
  detectSound,
  type SoundState,
  type SoundEvidence,
} from '../../../../src/webview/player/soundDetection';

const signs: SoundEvidence = { hasAudio: true, probe: undefined, decodedBytes: undefined, playedSeconds: 0 };

const cases: readonly (readonly [string, Partial<SoundEvidence>, SoundState])[] = [
  ['a clip without sound is never complained about', { hasAudio: false, probe: false }, 'silentClip'],
  ['nothing is known before anything was decoded', {}, 'notKnown'],
  ['AAC can be decoded, and the browser does not count', { probe: true }, 'heard'],
  ['AAC can not be decoded, and the browser does not count', { probe: false }, 'notHeard'],
  ['AAC can not be decoded, and nothing of the clip was', { probe: false, decodedBytes: 0 }, 'notHeard'],
  ['what was decoded of the clip itself counts more', { probe: false, decodedBytes: 3370 }, 'heard'],
  ['a count of zero means nothing before it plays', { probe: true, decodedBytes: 0 }, 'notKnown'],
  ['a count of zero after playing tells', { probe: true, decodedBytes: 0, playedSeconds: 0.5 }, 'notHeard'],
];

describe('whether a clip can be heard', () => {
  for (const [name, some, expected] of cases) {
    it(name, () => assert.equal(detectSound({ ...signs, ...some }), expected));
  }
});
