import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../../../src/core/common/l10n';
import { looksLikeKey } from '../../../../../src/core/gateway/redaction';
import type { VideoRequest } from '../../../../../src/core/models/request';
import { BatchSubmitter } from '../../../../../src/editor/generate/batch/batchSubmitter';
import type { Keychain } from '../../../../../src/editor/credentials/keychain';
import { RequestSender } from '../../../../../src/editor/generate/submit/requestSender';
import { RecordingNotifications } from '../../../../support/recordingNotifications';
import { catalog } from '../../../../support/catalog';
import { commandTitles } from '../../../../support/commandTitles';

/** Nothing here may be needed before anything is sent. */
const untouched = () =>
  new Proxy(
    {},
    {
      get: (_target, name) => {
        throw new Error(`${String(name)} was used`);
      },
    },
  ) as never;

const never = new AbortController().signal;

describe('a batch that is checked before any of it is sent', () => {
  let fitted: unknown[];
  let batch: BatchSubmitter;

  beforeEach(() => {
    fitted = [];
    const sender = new RequestSender({
      engine: untouched(),
      settings: untouched(),
      catalog,
      keychain: { place: () => Promise.resolve(undefined), looksLikeKey } as unknown as Keychain,
      approval: untouched(),
      dialogs: untouched(),
      images: {
        fit: (input) => {
          fitted.push(input);
          const images = [{ role: 'first', source: `https://example.com/${fitted.length}.png` }];
          const keep = (prepared: never) => Promise.resolve(prepared);
          return Promise.resolve({ input: { ...(input as object), images }, keep });
        },
      },
      commandTitles,
      l10n: untranslatedL10n,
      onSent: () => assert.fail('nothing is sent'),
    });
    batch = new BatchSubmitter({
      sender,
      notifications: new RecordingNotifications().notifications,
      catalog,
      l10n: untranslatedL10n,
    });
  });

  const withImage = (seconds: string, size: string): VideoRequest => ({
    ...{ model: 'sora-2', prompt: 'a kite', options: { seconds, size } },
    images: [{ role: 'first', source: 'file:///kite.png' }],
  });
  const sources = async (...requests: VideoRequest[]) =>
    (await batch.prepare(requests, never)).map(({ prepared }) => prepared.request.images?.[0]?.source);
  const faults = async (...prompts: string[]) => {
    const model = 'doubao-seedance-1-0-pro-250528';
    const requests = prompts.map((prompt) => ({ model, prompt, options: { resolution: '480p' } }));
    return batch.prepare(requests, never).then(
      () => 'none',
      (error: unknown) => (error as Error).message.replaceAll(/Remove '--rs' [^.]*\. [^.]*\./g, 'Flag.'),
    );
  };

  it('images are fitted once for all that want the same pixels of them', async () => {
    const [wide, tall] = ['1280x720', '720x1280'];
    assert.deepEqual(
      await sources(withImage('4', wide), withImage('8', wide), withImage('4', tall), withImage('12', wide)),
      [1, 1, 2, 1].map((number) => `https://example.com/${number}.png`),
    );
    assert.equal(fitted.length, 2);
  });

  for (const [prompts, sentence] of [
    [['a', 'b'], 'none'],
    [['a', 'b --rs 1080p'], 'Nothing was sent. Request 2: Flag.'],
    [['--rs x', 'b', '--rs x'], 'Nothing was sent. Request 1: Flag.'],
    [['--rs 1', '--rs 2'], 'Nothing was sent. Flag.'],
  ] as const) {
    it(`${prompts.join(', ')}: ${sentence}`, async () => {
      assert.equal(await faults(...prompts), sentence);
    });
  }
});
