import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { formatNote } from '../../../src/core/task/failureMessage';

describe('the notes of a timeline', () => {
  it('tell an ID that was found from one that the user attached', () => {
    assert.equal(formatNote({ code: 'idAttached' }, untranslatedL10n), 'Task ID attached.');
    const found = formatNote({ code: 'idRecovered' }, untranslatedL10n);
    assert.equal(found, "Task ID found in the gateway's response.");
  });
});
