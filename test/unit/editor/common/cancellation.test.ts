import assert from 'node:assert/strict';
import type { CancellationToken } from 'vscode';
import { untilCanceled } from '../../../../src/editor/common/cancellation';

describe('untilCanceled', () => {
  const canceled = () => new Error('canceled');

  it('rejects with the given error for a token that is canceled already, and begins no work', async () => {
    const token = { isCancellationRequested: true } as CancellationToken;
    await assert.rejects(
      untilCanceled(token, canceled, () => assert.fail('it began')),
      /^Error: canceled$/,
    );
  });

  it('does not wait for work that ignores the signal', async () => {
    let cancel: () => void = () => undefined;
    const token = {
      isCancellationRequested: false,
      onCancellationRequested: (listener: () => void) => ((cancel = listener), { dispose: () => undefined }),
    } as unknown as CancellationToken;
    const waiting = untilCanceled(token, canceled, () => new Promise(() => undefined));
    cancel();
    await assert.rejects(waiting, /^Error: canceled$/);
  });
});
