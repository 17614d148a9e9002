import { english } from '../../src/core/common/l10n';
import type { StoredFailure } from '../../src/core/task/failure';
import { toFailure, type TextFormat } from '../../src/core/task/failureMessage';
import type { Failure } from '../../src/core/task/task';
import { failures, type Failures } from '../../src/core/tasks/failures';

type PublicFailures = {
  [K in Exclude<keyof Failures, 'someFiltered' | Derived>]: (...args: Parameters<Failures[K]>) => Failure;
};

/** Made from another failure, as stored. */
type Derived = 'downloadTimedOut';

/** The failures of the engine as a reader gets them. */
export function publicFailures(format: TextFormat = { l10n: english }): PublicFailures {
  return Object.fromEntries(
    Object.entries(failures).map(([name, make]) => [
      name,
      (...args: unknown[]) => toFailure((make as (...all: unknown[]) => StoredFailure)(...args), format),
    ]),
  ) as unknown as PublicFailures;
}
