import type { OriginKind } from '../../src/core/common/originKind';
import { untranslatedL10n } from '../../src/core/common/l10n';
import type { StoredFailure } from '../../src/core/task/failure';
import { toFailure, type TextFormat } from '../../src/core/task/failureMessage';
import type { Failure } from '../../src/core/task/task';
import { Failures } from '../../src/core/tasks/failures';

type PublicFailures = {
  [K in Exclude<keyof Failures, Derived>]: (...args: Parameters<Failures[K]>) => Failure;
};

type Make = (...args: unknown[]) => StoredFailure;

/** Derived from another failure, as stored. */
type Derived = 'downloadTimedOut';

/** Returns the engine's failures at an origin, as the public API reports them. */
export function publicFailures(
  format: TextFormat = { l10n: untranslatedL10n },
  origin: OriginKind = 'nebula',
): PublicFailures {
  const stored = new Failures(origin);
  return new Proxy(stored, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        toFailure((stored[name as keyof Failures].bind(stored) as Make)(...args), format),
  }) as unknown as PublicFailures;
}
