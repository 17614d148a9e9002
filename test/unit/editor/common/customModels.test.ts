import { strict as assert } from 'node:assert';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { Catalog } from '../../../../src/core/models/catalog';
import { FAMILIES } from '../../../../src/core/models/families';
import type { VideoRequest } from '../../../../src/core/models/request';
import { veo } from '../../../../src/core/models/families/veo';
import { ensureModelFamily } from '../../../../src/editor/generate/ensureModelFamily';
import { CustomModels } from '../../../../src/editor/common/customModels';
import { Settings } from '../../../../src/editor/common/settings';
import { ScriptedDialogs } from '../../../support/scriptedDialogs';

const ignore = () => undefined;
const silent = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** The user's settings file, as far as models go. */
class Desk {
  readonly notKept: string[] = [];
  readonly dialogs = new ScriptedDialogs();
  readonly own: CustomModels;
  readonly catalog: Catalog;
  written: unknown;
  isLocked = false;

  constructor(written?: unknown) {
    this.written = written;
    this.own = new CustomModels({
      settings: new Settings(() => this.written),
      written: () => this.written,
      write: (value) => {
        if (this.isLocked) return Promise.reject(new Error('The file has unsaved changes.'));
        this.written = value;
        return Promise.resolve();
      },
      notKept: (id) => this.notKept.push(id),
      log: silent,
    });
    this.catalog = new Catalog(FAMILIES, () => this.own.list());
  }

  get listed() {
    return this.catalog.customModels.map(({ id, family }) => [id, family.id]);
  }

  know(request: VideoRequest) {
    return ensureModelFamily(request, 'Generate Again', {
      catalog: this.catalog,
      customModels: this.own,
      dialogs: this.dialogs,
      l10n: untranslatedL10n,
    });
  }
}

describe('the user’s own models', () => {
  it('are added behind all that stands there, sense or nonsense', async () => {
    const before = [{ id: 'mine', family: 'sora', label: 'Mine' }, 'nonsense', { id: 'x', family: 'gone' }];
    const desk = new Desk(before);
    await desk.own.add({ id: 'studio-x', family: veo });
    await desk.own.add({ id: 'studio-x', family: veo });
    assert.deepEqual(desk.written, [...before, { id: 'studio-x', family: 'veo' }]);
    assert.deepEqual(desk.listed, [
      ['mine', 'sora'],
      ['studio-x', 'veo'],
    ]);
    const empty = new Desk();
    await empty.own.add({ id: 'studio-x', family: veo });
    assert.deepEqual(empty.written, [{ id: 'studio-x', family: 'veo' }]);
  });

  it('are known until the window closes where the setting can’t be written, which is said', async () => {
    const locked = new Desk([]);
    locked.isLocked = true;
    const strange = new Desk('not a list at all');
    for (const desk of [locked, strange]) {
      const before = desk.written;
      await desk.own.add({ id: 'studio-x', family: veo });
      assert.deepEqual(desk.listed, [['studio-x', 'veo']]);
      assert.deepEqual(desk.notKept, ['studio-x']);
      assert.deepEqual(desk.written, before, 'what stands there stays');
    }
  });
});

describe('the family of an earlier request', () => {
  const request = (model: string, options: VideoRequest['options'] = {}) => ({ model, prompt: 'a', options });

  it('is not asked about where it is known', async () => {
    const desk = new Desk([{ id: 'studio-x', family: 'veo' }]);
    for (const model of ['sora-2', 'veo-9', 'studio-x']) assert.ok(await desk.know(request(model)));
    assert.equal(desk.dialogs.asked.length, 0);
  });

  it('is one that could have taken it, and is kept', async () => {
    const desk = new Desk();
    desk.dialogs.willAnswer((question: { choices: { label: string; value: unknown }[] }) => {
      assert.deepEqual(
        question.choices.map(({ label }) => label),
        ['Veo'],
      );
      return question.choices[0]?.value;
    });
    assert.ok(await desk.know(request('studio-x', { durationSeconds: 6, sampleCount: 2 })));
    assert.deepEqual(desk.written, [{ id: 'studio-x', family: 'veo' }]);
  });

  it('is any where none could, and stays open after Escape', async () => {
    const desk = new Desk();
    desk.dialogs.willAnswer((question: { choices: unknown[] }) => {
      assert.equal(question.choices.length, 5);
      return undefined;
    });
    assert.equal(await desk.know(request('studio-x', { somethingNew: 1 })), false);
    assert.equal(desk.written, undefined);
  });
});
