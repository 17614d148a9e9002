import assert from 'node:assert/strict';
import type { Task } from '../../../../src/core/task/task';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { Dialogs } from '../../../../src/editor/common/dialogs';
import { resolveTasks } from '../../../../src/editor/common/taskPicker';
import { catalog } from '../../../support/catalog';

describe('a list of tasks to select from', () => {
  const original = Intl.DateTimeFormat;
  let made = 0;

  beforeEach(() => {
    made = 0;
    Intl.DateTimeFormat = new Proxy(original, {
      construct: (target, args: ConstructorParameters<typeof Intl.DateTimeFormat>) => {
        made++;
        return new target(...args);
      },
    });
  });

  afterEach(() => {
    Intl.DateTimeFormat = original;
  });

  it('shares its formatters between all rows', async () => {
    const tasks = Array.from({ length: 100 }, (_, index) => ({
      ...{ id: String(index), phase: 'saved', createdAt: Date.UTC(2025, 2, 4, 12) },
      request: { model: 'sora-2', prompt: 'A boat' },
    })) as unknown as Task[];
    let descriptions: readonly (string | undefined)[] = [];
    const chooseSome = (({ choices }) => {
      descriptions = choices.map(({ description }) => description);
      return Promise.resolve(undefined);
    }) as Dialogs['chooseSome'];
    const command = { title: '', question: '', suits: () => true };
    const deps = { catalog, dialogs: { chooseSome } as Dialogs, l10n: untranslatedL10n, language: 'en-US' };
    assert.deepEqual(await resolveTasks([], tasks, command, deps), []);
    assert.equal(descriptions.length, 100);
    assert.match(descriptions[0] ?? '', /^Done · .+ · Mar 4, 2025$/);
    assert.ok(made > 0 && made < 10, String(made));
  });
});
