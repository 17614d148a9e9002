import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import {
  isUserCancellation,
  notSentRejection,
  readOnlyRejection,
} from '../../../../src/editor/common/rejection';

describe('a rejection in a closing window', () => {
  it('mentions a request only if one was to be sent', () => {
    const sent = notSentRejection('windowCloses', untranslatedL10n);
    assert.equal(sent.message, 'The window closed before the request was sent.');
    assert.equal(sent.code, 'readOnly');
    const other = readOnlyRejection('windowCloses', untranslatedL10n);
    assert.doesNotMatch(other.message, /request/);
    assert.ok(isUserCancellation(other), 'no message is shown');
  });
});
