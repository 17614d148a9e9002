import { strict as assert } from 'node:assert';
import { untranslatedL10n } from '../../../../../src/core/common/l10n';
import type { Model } from '../../../../../src/core/models/catalog';
import { FAMILIES } from '../../../../../src/core/models/families';
import type { Family } from '../../../../../src/core/models/family';
import { resolveOptions } from '../../../../../src/core/models/options';
import { choice } from '../../../../../src/core/models/parameter';
import type { VideoRequest } from '../../../../../src/core/models/request';
import { sora } from '../../../../../src/core/models/families/sora';
import { aspectRatio, length } from '../../../../../src/core/models/commonParameters';
import { parsePresets } from '../../../../../src/editor/generate/presets/presetStore';
import { Rejection } from '../../../../../src/editor/common/rejection';
import { promptListBatch } from '../../../../../src/editor/generate/batch/batches';
import { familyChoices } from '../../../../../src/editor/generate/wizard/pickModel';
import { runGenerateWizard } from '../../../../../src/editor/generate/wizard/wizard';
import type {
  PickedImages,
  PickedRemix,
  WizardInput,
  WizardOptions,
} from '../../../../../src/editor/generate/wizard/wizardTypes';
import { MEMENTOS } from '../../../../../src/editor/generate/wizard/wizardState';
import { fakeWizardDependencies, fakeWizardState } from '../../../../support/fakeWizard';
import { FakeImagesAlong } from '../../../../support/fakeWizardImages';
import { FakeMemento } from '../../../../support/fakeMemento';
import {
  FakePick,
  FakeQuickInputs,
  FakeText,
  choose,
  enter,
  escape,
  press,
  pressAt,
  send,
  set,
  write,
  type Deed,
} from '../../../../support/fakeQuickInputs';
import { catalog } from '../../../../support/catalog';

const still: Family = {
  ...sora,
  id: 'still',
  label: () => 'Still',
  prefixes: ['still-'],
  parameters: () => [
    // An option with one value has no row.
    length({ name: 'seconds', values: choice('5'), defaultValue: '5', isMain: true }),
    aspectRatio({ name: 'ratio', values: choice('16:9', '1:1'), defaultValue: '16:9', isMain: true }),
  ],
};
const oneModel: Model[] = [{ id: 'sora-2', label: 'Sora 2', family: sora }];
const threeModels: Model[] = [
  ...oneModel,
  { id: 'still-1', family: still },
  { id: 'sora-2-pro', label: 'Sora 2 Pro', family: sora },
];

/** One user with one window, who may open the wizard several times. */
class Desk {
  readonly workspace = new FakeMemento();
  readonly global = new FakeMemento();
  readonly memory = fakeWizardState(this.workspace, this.global);
  readonly opened: string[] = [];
  readonly remembered: Model[] = [];
  readonly saved: VideoRequest[] = [];
  editorInput: WizardInput | undefined;
  presets: Record<string, unknown> = {};
  clipboard = '';
  inputs = new FakeQuickInputs();
  models: readonly Model[] = oneModel;
  images = new FakeImagesAlong('Cropped.', 0);
  /** What the user selects as images and as the video to remix. */
  picked: PickedImages | undefined;
  remix: PickedRemix | undefined;

  async ask(start: WizardOptions, ...deeds: Deed[]) {
    this.inputs = new FakeQuickInputs();
    this.inputs.plan(...deeds);
    const result = await runGenerateWizard(
      fakeWizardDependencies({
        inputs: this.inputs,
        memory: this.memory,
        models: this.models,
        warningFor: (id) => (id === 'sora-2' ? 'Retired by OpenAI' : undefined),
        remember: (model) => {
          this.remembered.push(model);
          return Promise.resolve();
        },
        openEditor: (prompt, input) => {
          this.opened.push(prompt);
          this.editorInput = input;
          return Promise.resolve();
        },
        readClipboard: () => Promise.resolve(this.clipboard),
        pickImages: () => Promise.resolve(this.picked),
        pickRemixSource: () => Promise.resolve(this.remix),
        presets: {
          read: () => parsePresets({ user: this.presets, workspace: undefined }),
          save: (request) => {
            this.saved.push(request);
            return Promise.resolve();
          },
          remove: ({ name }) => {
            this.presets = Object.fromEntries(Object.entries(this.presets).filter(([one]) => one !== name));
            return Promise.resolve();
          },
          edit: () => this.opened.push('settings'),
        },
        look: (sources) => {
          const gone = sources.find((source) => source.includes('gone'));
          if (gone) throw new Rejection('invalidRequest', "Couldn't read the image.");
          return Promise.resolve(this.images);
        },
      }),
      start,
    );
    assert.equal(this.inputs.left, 0);
    assert.ok(this.inputs.shown.every(({ disposed }) => disposed));
    return result;
  }

  text(index: number): FakeText {
    const input = this.inputs.shown[index];
    assert.ok(input instanceof FakeText);
    return input;
  }

  pick(index: number): FakePick {
    const input = this.inputs.shown.at(index);
    assert.ok(input instanceof FakePick);
    return input;
  }
}

const first: WizardOptions = { at: 'prompt' };
const labels = (pick: FakePick) => pick.items.map(({ label }) => label);
const marks = (pick: FakePick) => pick.items.map(({ description }) => description);
const tooltips = (input: FakeText | FakePick | undefined) => input?.buttons.map(({ tooltip }) => tooltip);
const wide = '1280×720 (landscape)';

describe('the wizard', () => {
  let desk: Desk;

  beforeEach(() => {
    desk = new Desk();
  });

  it('takes a prompt, Enter, Enter', async () => {
    const result = await desk.ask(first, write('a kite'), enter);
    assert.deepEqual(result?.request, {
      model: 'sora-2',
      prompt: 'a kite',
      options: { seconds: '4', size: '720x1280' },
    });
    assert.deepEqual([result.written, result.requests], [true, [result.request]]);
  });

  it('shows the whole request as rows, and sends it from the first one', async () => {
    const result = await desk.ask(first, write('a kite'), ...set(['Length', '8 s'], ['Size', wide]), send);
    assert.deepEqual(result?.request.options, { seconds: '8', size: '1280x720' });
    const summary = desk.pick(-1);
    assert.deepEqual(summary.rows, [
      'Generate Video',
      'Model: Sora 2 · sora-2',
      'Length: 8 s',
      `Size: ${wide}`,
      'Images: none',
      'Remix Source: none',
      'More Options…',
      'Save as Preset…',
    ]);
    assert.equal(summary.items[0]?.detail, 'Sent to gateway.example. The gateway sets the price.');
    assert.equal(summary.items[2]?.detail, '$(warning) Retired by OpenAI');
    assert.equal(summary.title, 'Generate Video · Sora 2');
    assert.equal(summary.prompt, "'a kite'");
    // The row that was changed stays active.
    assert.equal(summary.activeItems[0]?.label, 'Size');
    assert.equal(desk.pick(1).activeItems[0]?.label, 'Generate Video');
  });

  it('pays only for an Enter after a pause, and each early one extends it', async () => {
    const result = await desk.ask(first, write('a kite'), (input) => {
      desk.inputs.requirePause(10_000);
      for (let repeats = 0; repeats < 20; repeats++) enter(input);
      assert.equal(input.disposed, false);
      desk.inputs.requirePause(0);
      // Rows that don't pay need no pause.
      escape(input);
    });
    assert.equal(result, undefined);
  });

  for (const prompt of ['  a kite\tover the sea  ', 'ein Käfer 🐞👩‍👩‍👧 läuft', '\u2028x\u00a0', '$(play) {0}']) {
    it(`gives the prompt byte for byte: ${JSON.stringify(prompt)}`, async () => {
      const result = await desk.ask(first, write(prompt), enter);
      assert.equal(result?.request.prompt, prompt);
    });
  }

  it('gives a prompt of an editor byte for byte, line ends included', async () => {
    const prompt = '  one\r\n\r\ntwo 🐞 \r\n';
    const result = await desk.ask({ at: 'summary', request: { prompt }, promptIsDraft: true }, enter);
    assert.equal(result?.request.prompt, prompt);
    assert.equal(desk.inputs.shown.length, 1);
  });

  it('shows a prompt as it is, without icons or links', async () => {
    await desk.ask(first, write('$(play) [here](command:x)'), escape);
    assert.equal(desk.pick(1).prompt, "'\\$(play) [here] (command:x)'");
  });

  it('goes back to the prompt without losing choices', async () => {
    const result = await desk.ask(
      first,
      ...[write('a kite'), ...set(['Length', '12 s'], ['Size', wide]), press(), enter, enter],
    );
    assert.deepEqual(result?.request.options, { seconds: '12', size: '1280x720' });
    assert.equal(desk.text(6).value, 'a kite');
    // To continue writing, not to replace it.
    assert.deepEqual(desk.text(6).valueSelection, [6, 6]);
  });

  it('comes back from a row without a change', async () => {
    const result = await desk.ask(first, write('a'), choose('Length'), press(), send);
    assert.equal(result?.request.options?.['seconds'], '4');
    assert.equal(desk.pick(-1).activeItems[0]?.label, 'Length');
  });

  it('has buttons for what goes with the prompt, and Back only where there is a step before', async () => {
    await desk.ask(first, write('a'), escape);
    assert.deepEqual(tooltips(desk.inputs.shown[0]), ['Model', 'Images', 'Edit in Editor']);
    assert.deepEqual(tooltips(desk.inputs.shown[1]), [undefined]);
  });

  it('has no step numbers', async () => {
    await desk.ask(first, write('a'), escape);
    assert.ok(desk.inputs.shown.every((input) => !('step' in input)));
  });

  const all = [write('a kite'), ...set(['Length', '8 s'], ['Size', wide])] as const;
  for (const place of [0, 1, 3, 5]) {
    it(`sends nothing after Escape at input ${place + 1}, and restores the draft`, async () => {
      assert.equal(await desk.ask(first, ...all.slice(0, place), escape), undefined);
      const restored = await desk.ask(first, ...(place === 0 ? [escape] : [enter, enter]));
      if (place === 0) {
        assert.equal(desk.text(0).value, '');
        return;
      }
      assert.equal(desk.text(0).value, 'a kite');
      assert.deepEqual(desk.text(0).valueSelection, [0, 6]);
      assert.equal(desk.text(0).prompt, 'Draft restored. Type to replace it.');
      assert.equal(restored?.request.options?.['seconds'], place > 1 ? '8' : '4');
      assert.equal(restored.request.options['size'], place > 3 ? '1280x720' : '720x1280');
    });
  }

  it('discards a draft by a button', async () => {
    await desk.ask(first, write('a kite'), ...set(['Length', '8 s']), escape);
    await desk.ask(first, press('Discard'), escape);
    assert.equal(desk.text(1).value, '');
    assert.deepEqual(tooltips(desk.text(1)), ['Model', 'Images', 'Edit in Editor']);
    const result = await desk.ask(first, write('b'), enter);
    assert.equal(result?.request.options?.['seconds'], '4');
  });

  it('uses the last choices for another prompt, not those of the draft', async () => {
    await desk.ask(first, write('a kite'), ...set(['Length', '12 s']), escape);
    const result = await desk.ask({ at: 'prompt', request: { prompt: 'a boat' } }, enter, enter);
    assert.deepEqual(result?.request.options, { seconds: '4', size: '720x1280' });
    assert.equal(desk.memory.draft()?.prompt, 'a kite');
  });

  it('keeps as a draft what is half written', async () => {
    await desk.ask(first, (input) => {
      assert.ok(input instanceof FakeText);
      input.type('  half a th');
      escape(input);
    });
    await desk.ask(first, escape);
    assert.equal(desk.text(0).value, '  half a th');
  });

  it('accepts no prompt with an API key, and keeps it in no draft', async () => {
    const key = 'sk-0123456789abcdefghij';
    await desk.ask(first, (input) => {
      assert.ok(input instanceof FakeText);
      input.type(`use ${key}`);
      assert.match(input.remark, /API key/);
      enter(input);
      escape(input);
    });
    assert.equal(desk.inputs.shown.length, 1);
    assert.ok(![...desk.workspace.entries.values(), ...desk.global.entries.values()].join().includes(key));
  });

  it('accepts no blank prompt', async () => {
    await desk.ask(first, (input) => {
      assert.ok(input instanceof FakeText);
      // Not an error before the user did anything.
      assert.equal(input.remark, '');
      enter(input);
      assert.equal(input.remark, 'Enter a prompt.');
      input.type(' \t ');
      assert.equal(input.remark, 'Enter a prompt.');
      enter(input);
      input.type(' x ');
      assert.equal(input.remark, '');
      escape(input);
    });
    assert.equal(desk.inputs.shown.length, 1);
  });

  it('says when a prompt is long, and accepts it', async () => {
    const long = 'x'.repeat(32_001);
    const result = await desk.ask(
      first,
      (input) => {
        assert.ok(input instanceof FakeText);
        input.type('x'.repeat(2_001));
        assert.equal(input.remark, '2,001 characters');
        input.type(long);
        assert.equal(input.remark, 'Very long prompt. The gateway might reject it.');
        enter(input);
      },
      enter,
    );
    assert.equal(result?.request.prompt, long);
  });

  it('starts from the last choices and marks them', async () => {
    await desk.ask(first, write('a'), choose('Length'), escape);
    assert.deepEqual(marks(desk.pick(2)), ['Default', undefined, undefined]);
    await desk.ask(first, write('a'), ...set(['Length', '12 s'], ['Size', wide]), send);
    await desk.memory.forgetDraft();
    const result = await desk.ask(first, write('b'), choose('Length'), press(), send);
    assert.deepEqual(result?.request.options, { seconds: '12', size: '1280x720' });
    assert.deepEqual(marks(desk.pick(2)), [undefined, undefined, 'last used']);
    assert.equal(desk.pick(2).activeItems[0]?.label, '12 s');
  });

  it('remembers the choices of each model', async () => {
    desk.models = threeModels;
    await desk.ask(first, write('a'), ...set(['Length', '12 s']), send);
    await desk.memory.forgetDraft();
    await desk.ask(first, write('b'), ...set(['Model', 'Sora 2 Pro'], ['Length', '8 s']), send);
    await desk.memory.forgetDraft();
    const result = await desk.ask(first, write('c'), ...set(['Model', 'Sora 2']), send);
    assert.deepEqual([result?.request.model, result?.request.options?.['seconds']], ['sora-2', '12']);
  });

  it('remembers what was sent, not what was only chosen', async () => {
    await desk.ask(first, write('a'), ...set(['Length', '12 s']), escape);
    assert.deepEqual(desk.memory.last(), { families: {} });
  });

  it('shows other rows for another model, and what the choice changed', async () => {
    desk.models = [...catalog.listedModels, ...threeModels.slice(1, 2)];
    const result = await desk.ask(
      first,
      ...[write('a kite'), ...set(['Length', '12 s'], ['Model', 'Veo 3.1'], ['Length', '6 s'])],
      ...[...set(['Model', 'still-1'], ['Aspect Ratio', '1:1']), send],
    );
    assert.deepEqual(result?.request, {
      model: 'still-1',
      prompt: 'a kite',
      options: { seconds: '5', ratio: '1:1' },
    });
    assert.deepEqual(desk.pick(5).rows.slice(1, 4), [
      'Model: Veo 3.1 · veo-3.1-generate-preview',
      'Length: 4 s (changed from 12 s)',
      'Aspect Ratio: 16:9 (landscape)',
    ]);
    // The next change is what counts.
    assert.equal(desk.pick(7).rows[2], 'Length: 6 s');
    assert.deepEqual(desk.pick(-1).rows.slice(1, 3), ['Model: still-1', 'Aspect Ratio: 1:1']);
  });

  it('groups models by family, marks the last one, and finds them by name and ID', async () => {
    desk.models = threeModels;
    await desk.ask(first, write('a kite'), ...set(['Model', 'Sora 2 Pro']), send);
    await desk.memory.forgetDraft();
    await desk.ask(first, press('Model'), escape);
    assert.equal(desk.text(0).title, 'Generate Video · Sora 2 Pro');
    const pick = desk.pick(1);
    assert.deepEqual(labels(pick), [
      ...['Sora', 'Sora 2', 'Sora 2 Pro', 'Still', 'still-1', '', 'Other Model…'],
    ]);
    assert.deepEqual(marks(pick).slice(1, 3), ['sora-2', 'sora-2-pro · last used']);
    assert.equal(pick.items[1]?.detail, 'Retired by OpenAI');
    assert.equal(pick.activeItems[0]?.label, 'Sora 2 Pro');
    assert.equal(pick.matchOnDescription, true);
  });

  it('calls models as their user does, with the ID', async () => {
    desk.models = [{ id: 'studio-x', family: sora, label: '$(zap) My Studio' }, ...oneModel];
    await desk.ask(first, write('a'), choose('Model'), escape);
    assert.equal(desk.text(0).title, 'Generate Video · $(zap) My Studio');
    assert.equal(desk.pick(1).rows[1], 'Model: \\$(zap) My Studio · studio-x');
    assert.equal(desk.pick(2).rows[0], '\\$(zap) My Studio: studio-x');
    await desk.ask(first, enter, enter);
    await desk.ask(first, press('Model'), escape);
    assert.equal(desk.pick(1).rows[0], '\\$(zap) My Studio: studio-x · last used');
  });

  it('keeps the choices that another model has, too', async () => {
    desk.models = threeModels;
    const result = await desk.ask(
      first,
      ...[write('a kite'), ...set(['Length', '12 s'], ['Model', 'Sora 2 Pro']), send],
    );
    assert.equal(result?.request.options?.['seconds'], '12');
    assert.equal(desk.pick(-1).rows[2], 'Length: 12 s');
  });

  describe('with all models', () => {
    beforeEach(() => {
      desk.models = catalog.listedModels;
    });

    it('offers what makes videos from text alone', async () => {
      await desk.ask(first, press('Model'), escape);
      const offered = desk.pick(1).rows.join();
      for (const id of ['sora-2', 'veo-3.1-generate-preview', 'wan2.5-t2v-preview', 'kling-v1'])
        assert.ok(offered.includes(id), id);
      for (const id of ['wan2.5-i2v-preview', 'doubao-seedance-1-0-lite-i2v-250428', 'sora-2-pro'])
        assert.ok(!offered.includes(id), id);
    });

    /** The user's choices for one model of each family, the rows, and the request. */
    const runs: readonly (readonly [
      model: string,
      deeds: readonly Deed[],
      rows: readonly string[],
      options: object,
    ])[] = [
      [
        'Veo 3.1',
        set(['Length', '8 s'], ['Aspect Ratio', '9:16 (portrait)'], ['Resolution', '720p']),
        [
          'Length: 8 s',
          'Aspect Ratio: 9:16 (portrait)',
          'Resolution: 720p',
          'Audio: off',
          'Videos: 1',
          'Seed: Default',
        ],
        {
          ...{ durationSeconds: 8, aspectRatio: '9:16', resolution: '720p', generateAudio: false },
          ...{ sampleCount: 1, personGeneration: 'allow_all' },
        },
      ],
      [
        'Wan 2.5 Text to Video',
        set(['Length', '10 s'], ['Size', '960×960']),
        ['Length: 10 s', 'Size: 960×960', 'Audio: off', 'Audio URL: Default', 'Seed: Default'],
        {
          ...{ duration: 10, size: '960*960', resolution: '720p' },
          ...{ smart_rewrite: false, generate_audio: false },
        },
      ],
      [
        'Seedance 1.0 Pro',
        set(['Length', '12 s'], ['Aspect Ratio', '21:9 (landscape)'], ['Resolution', '1080p']),
        ['Length: 12 s', 'Aspect Ratio: 21:9 (landscape)', 'Resolution: 1080p', 'Seed: Default'],
        { duration: 12, ratio: '21:9', resolution: '1080p', watermark: false },
      ],
      [
        'Kling 1',
        [choose('Length'), write('7.5')],
        [
          ...['Length: 7.5 s', 'Width: Default', 'Height: Default', 'Seed: Default', 'Videos: 1'],
          ...['Aspect Ratio: Default', 'Negative Prompt: Default'],
        ],
        { duration: 7.5, n: 1 },
      ],
    ];
    for (const [model, deeds, rows, options] of runs) {
      it(`shows the rows of ${model}, and remembers its choices`, async () => {
        const to = [press('Model'), choose(model)] as const;
        const result = await desk.ask(first, ...to, write('a kite'), ...deeds, send);
        assert.deepEqual(desk.pick(-1).rows.slice(2, -2), [...rows, 'Images: none']);
        assert.deepEqual(result?.request.options, options);
        await desk.memory.forgetDraft();
        const again = await desk.ask(first, write('a boat'), enter);
        assert.deepEqual(again?.request, { model: result.request.model, prompt: 'a boat', options });
      });
    }

    it('has no row for audio where the model decides', async () => {
      await desk.ask(first, write('a'), ...set(['Model', 'Veo 3.1 Fast']), escape);
      assert.ok(!labels(desk.pick(-1)).includes('Audio'));
    });

    it('shows tier and aspect ratio beside a size', async () => {
      await desk.ask(
        first,
        write('a kite'),
        ...set(['Model', 'Wan 2.5 Text to Video']),
        choose('Size'),
        escape,
      );
      const pick = desk.pick(-1);
      assert.equal(pick.rows[0], '832×480 (landscape): 480p · 16:9');
      assert.equal(pick.activeItems[0]?.description, '720p · 16:9 · Default');
    });

    it('offers and remembers no aspect ratio that a model does not have', async () => {
      const result = await desk.ask(
        first,
        ...[
          write('a'),
          ...set(['Model', 'Seedance 1.5 Pro'], ['Length', '4 s'], ['Aspect Ratio', 'adaptive']),
          send,
        ],
      );
      assert.equal(result?.request.options?.['ratio'], 'adaptive');
      await desk.memory.forgetDraft();
      const other = await desk.ask(
        first,
        ...[write('b'), ...set(['Model', 'Seedance 1.0 Pro']), choose('Aspect Ratio'), press(), send],
      );
      assert.deepEqual(other?.request.options, {
        ...{ duration: 4, ratio: '16:9', resolution: '720p', watermark: false },
      });
      assert.ok(!labels(desk.pick(4)).includes('adaptive'));
    });

    it('accepts no prompt that contradicts an option', async () => {
      await desk.ask(first, press('Model'), choose('Seedance 1.0 Pro'), (input) => {
        assert.ok(input instanceof FakeText);
        input.type('a fox --dur 5');
        assert.match(input.remark, /'--dur'.*'duration'/);
        enter(input);
        input.type('a fox --seed 5');
        assert.equal(input.remark, '');
        escape(input);
      });
      assert.equal(desk.inputs.shown.length, 3);
    });

    it('sends nothing while the model and the prompt contradict each other, and says why', async () => {
      const result = await desk.ask(
        first,
        ...[write('a fox --dur 5'), ...set(['Model', 'Seedance 1.0 Pro'])],
        (input) => {
          send(input);
          assert.equal(input.disposed, false);
          choose('Model')(input);
        },
        ...[choose('Sora 2'), send],
      );
      assert.match(desk.pick(3).items[0]?.detail ?? '', /^\$\(error\) Remove '--dur' from the prompt/);
      assert.equal(result?.request.model, 'sora-2');
    });

    it('warns of a prompt that the model may not read whole', async () => {
      await desk.ask(first, press('Model'), choose('Wan 2.5 Text to Video'), (input) => {
        assert.ok(input instanceof FakeText);
        input.type('x'.repeat(801));
        assert.equal(input.remark, 'Longer than 800 characters. This model might ignore the rest.');
        escape(input);
      });
    });
  });

  /** API reference 7.4.2 and 13: the only limits that are known. */
  for (const [model, length, warning] of [
    ['wan2.5-t2v-preview', 800, undefined],
    ['wan2.5-t2v-preview', 801, /\$\(warning\) Longer than 800 characters\./],
    ['sora-2', 32_000, undefined],
    ['sora-2', 32_001, /\$\(warning\) Very long prompt\./],
    ['veo-3.1-generate-preview', 5_000, undefined],
  ] as const) {
    const says = warning ? 'warns of' : 'says nothing of';
    it(`${says} ${length} characters for ${model} in the summary, wherever they come from`, async () => {
      desk.models = catalog.listedModels;
      const request = { model, prompt: `x\n${'y'.repeat(length - 2)}` };
      await desk.ask({ at: 'summary', request }, escape);
      const hint = desk.pick(0).prompt ?? '';
      if (warning) assert.match(hint, warning);
      else assert.ok(!hint.includes('$(warning)'));
    });
  }

  describe('Other Model', () => {
    const other = [press('Model'), choose('Other Model…')] as const;

    beforeEach(() => {
      desk.models = catalog.listedModels;
    });

    it('takes an ID whose family its prefix tells, and remembers it', async () => {
      const result = await desk.ask(first, ...other, write(' veo-9 '), write('a'), enter);
      assert.equal(result?.request.model, 'veo-9');
      assert.equal(result.request.options?.['durationSeconds'], 4);
      assert.deepEqual(
        desk.remembered.map(({ id, family }) => [id, family.id]),
        [['veo-9', 'veo']],
      );
      assert.equal(desk.inputs.shown[3]?.title, 'Generate Video · veo-9');
    });

    it('asks for the family of any other ID, and Back leads out again', async () => {
      const result = await desk.ask(
        first,
        ...other,
        write('studio-x'),
        press(),
        (input) => {
          assert.ok(input instanceof FakeText);
          assert.equal(input.value, 'studio-x');
          press()(input);
        },
        ...[choose('Other Model…'), write('studio-y'), choose('Wan')],
        // It is offered from now on.
        ...[press('Model'), choose('studio-y'), write('a'), enter],
      );
      assert.equal(result?.request.model, 'studio-y');
      assert.equal(result.request.options?.['size'], '1280*720');
      assert.deepEqual(
        desk.remembered.map(({ id, family }) => [id, family.id]),
        [['studio-y', 'wan']],
      );
      assert.deepEqual(labels(desk.pick(3)), ['Sora', 'Veo', 'Wan', 'Seedance', 'Legacy']);
      assert.equal(desk.pick(3).placeholder, "Select the model family for 'studio-x'");
    });

    it('uses one that is offered, and refuses what is no ID', async () => {
      await desk.ask(first, ...other, (input) => {
        assert.ok(input instanceof FakeText);
        for (const [text, reason] of [
          ['two words', /letters, digits/],
          [' ', /Use only letters/],
          ['sora-2\u202efree', /Use only letters/],
          ['sk-0123456789abcdefghij', /API key/],
          ['wan2.5-i2v-preview', /'wan2.5-i2v-preview' needs an image/],
        ] as const) {
          input.type(text);
          assert.match(input.remark, reason);
          enter(input);
        }
        write('kling-v1')(input);
      });
      assert.equal(desk.inputs.shown.at(-1)?.title, 'Generate Video · Kling 1');
      assert.deepEqual(desk.remembered, []);
    });

    it('can be chosen for images, too', async () => {
      const images = [{ role: 'reference', source: 'https://example.com/a.png' }] as const;
      const result = await desk.ask(
        { at: 'prompt', request: { images } },
        ...[...other, write('doubao-seedance-9-lite-i2v'), write('a'), enter],
      );
      assert.equal(result?.request.model, 'doubao-seedance-9-lite-i2v');
      assert.deepEqual(result.request.images, images);
    });

    it('is left by Escape', async () => {
      assert.equal(await desk.ask(first, ...other, escape), undefined);
      assert.equal(await desk.ask(first, ...other, write('studio-x'), escape), undefined);
      assert.deepEqual(desk.remembered, []);
    });

    it('offers each family with what it takes', () => {
      const choices = familyChoices(catalog, () => true, untranslatedL10n);
      assert.deepEqual(
        choices.map(({ value }) => value),
        FAMILIES,
      );
      for (const { description, detail } of choices) {
        assert.match(description, /^[a-z][\w.-]+, [\w.-]+$/);
        assert.match(detail, /^Length, /);
      }
    });
  });

  it('names no two options of a model alike', () => {
    for (const { id, family } of catalog.listedModels) {
      for (const mode of family.modes(id)) {
        const { parameters } = resolveOptions(family, { model: id, mode }, {});
        const titles = parameters.map(({ label }) => label(untranslatedL10n));
        assert.deepEqual(titles, [...new Set(titles)], id);
      }
    }
  });

  describe('options that are rarely changed', () => {
    const veo = [write('a kite'), ...set(['Model', 'Veo 3.1'])] as const;

    beforeEach(() => {
      desk.models = catalog.listedModels;
    });

    it('are under More Options, which comes back to the same row', async () => {
      const result = await desk.ask(
        first,
        ...[...veo, ...set(['Audio', 'on'], ['Videos', '2']), choose('Seed'), write('7')],
        ...[choose('More Options…'), ...set(['Watermark', 'on']), press(), send],
      );
      const options = result?.request.options;
      assert.deepEqual(
        [options?.['generateAudio'], options?.['sampleCount'], options?.['seed'], options?.['addWatermark']],
        [true, 2, 7, true],
      );
      assert.deepEqual(desk.pick(-2).rows, [
        'Frame Rate: Default',
        'Person Generation: allow_all',
        'Watermark: on',
        'User ID: Default',
        'Extra Fields: Default',
      ]);
      assert.equal(desk.pick(-2).activeItems[0]?.label, 'Watermark');
      assert.equal(desk.pick(-1).activeItems[0]?.label, 'More Options…');
      assert.deepEqual(desk.pick(-1).rows.slice(5, 8), ['Audio: on', 'Videos: 2', 'Seed: 7']);
    });

    it('are not remembered, but kept in the draft', async () => {
      await desk.ask(first, ...veo, ...set(['Videos', '4']), escape);
      const drafted = await desk.ask(first, enter, enter);
      assert.equal(drafted?.request.options?.['sampleCount'], 4);
      await desk.memory.forgetDraft();
      const next = await desk.ask(first, write('b'), enter);
      assert.equal(next?.request.options?.['sampleCount'], 1);
    });

    it('take nothing that the request could not hold', async () => {
      const fields = '{"callback":"x"}';
      const result = await desk.ask(
        first,
        ...[...veo, choose('More Options…'), choose('Extra Fields')],
        (input) => {
          assert.ok(input instanceof FakeText);
          assert.equal(input.prompt, 'Extra Fields · JSON: {"name": "value"}');
          input.type('{');
          assert.equal(input.remark, 'JSON: {"name": "value"}');
          input.type('{"sampleCount":9}');
          assert.match(input.remark, /sampleCount/);
          enter(input);
          write(fields)(input);
        },
        ...[press(), choose('Seed')],
        (input) => {
          assert.ok(input instanceof FakeText);
          input.type('0');
          assert.equal(input.remark, 'Enter a whole number from 1 to 4294967295.');
          press()(input);
        },
        send,
      );
      assert.equal(result?.request.options?.['extra'], fields);
    });

    it('can be left to the provider again', async () => {
      const more = choose('More Options…');
      const result = await desk.ask(
        first,
        ...[...veo, choose('Seed'), write('7'), choose('Seed'), write('')],
        ...[more, ...set(['Watermark', 'on'], ['Watermark', 'Default']), press(), send],
      );
      assert.ok(!('seed' in (result?.request.options ?? {})));
      assert.ok(!('addWatermark' in (result?.request.options ?? {})));
    });

    it('disappear when another choice makes them illegal', async () => {
      await desk.ask(
        first,
        ...[write('a'), ...set(['Model', 'Wan 2.5 Text to Video'], ['Audio', 'on'], ['Audio', 'off'])],
        ...[choose('Audio URL'), write('https://example.com/a.mp3'), escape],
      );
      const summaries = desk.inputs.shown.filter(
        (input): input is FakePick => input instanceof FakePick && labels(input).includes('Model'),
      );
      assert.deepEqual(
        summaries.slice(1).map((pick) => ['Audio', 'Audio URL'].map((label) => labels(pick).includes(label))),
        [
          [true, true],
          [true, false],
          [true, true],
          [false, true],
        ],
      );
    });
  });

  describe('with a request of an earlier task', () => {
    const request = {
      model: 'sora-2',
      prompt: 'one\ntwo',
      options: { seconds: '12', size: '1280x720', user: 'me' },
    };

    it('starts with the summary, and asks for the very same', async () => {
      const result = await desk.ask({ at: 'summary', request }, enter);
      assert.deepEqual([result?.request, result?.written], [request, false]);
    });

    it('can be changed everywhere', async () => {
      const result = await desk.ask(
        { at: 'summary', request },
        ...[press(), choose('New Prompt'), write('three'), ...set(['Length', '4 s']), send],
      );
      assert.deepEqual(result?.request, {
        model: 'sora-2',
        prompt: 'three',
        options: { seconds: '4', size: '1280x720', user: 'me' },
      });
    });

    it('keeps its images and its source, and offers the models for them', async () => {
      desk.models = catalog.listedModels;
      const images = [{ role: 'first', source: 'https://example.com/a.png' }] as const;
      const model = 'wan2.5-i2v-preview';
      const made = { model, prompt: 'a', images, options: { duration: 5, resolution: '480p' } };
      const result = await desk.ask({ at: 'summary', request: made }, enter);
      assert.deepEqual(result?.request.images, images);
      assert.deepEqual(desk.pick(0).rows.slice(2, 4), ['Length: 5 s', 'Resolution: 480p']);
      assert.equal(desk.pick(0).items.find(({ label }) => label === 'Images')?.detail, 'Cropped.');
      await desk.ask({ at: 'prompt', request: made }, press('Model'), escape);
      assert.ok(desk.pick(1).rows.join().includes(model));
      assert.ok(!desk.pick(1).rows.join().includes('wan2.5-t2v-preview'));
      const remix = { model: 'sora-2', prompt: 'a', remixOf: 'video_1', options: {} };
      const remixed = await desk.ask({ at: 'prompt', request: remix }, enter, enter);
      assert.deepEqual(remixed?.request, remix);
      // Length and size are those of the source.
      assert.deepEqual(desk.pick(1).rows.slice(1, 3), [
        'Model: Sora 2 · sora-2',
        'Remix Source: earlier video',
      ]);
    });

    it('leaves an older draft alone until something else is written', async () => {
      await desk.ask(first, write('my draft'), escape);
      await desk.ask({ at: 'summary', request }, ...set(['Length', '4 s']), escape);
      assert.equal(desk.memory.draft()?.prompt, 'my draft');
    });

    /** Changes the prompt of the request, and undoes the change. */
    const undo = (input: unknown) => {
      assert.ok(input instanceof FakeText);
      input.type('a kite and more');
      assert.equal(desk.memory.draft()?.prompt, 'a kite and more');
      input.type('a kite');
      escape(input);
    };
    const kite: WizardOptions = { at: 'prompt', request: { ...request, prompt: 'a kite' } };

    it('puts an older draft back when what was written is undone', async () => {
      await desk.ask(first, write('my draft'), escape);
      await desk.ask(kite, undo);
      assert.equal(desk.memory.draft()?.prompt, 'my draft');
    });

    it('keeps nothing of what was undone where there was no draft', async () => {
      await desk.ask(kite, undo);
      assert.equal(desk.memory.draft(), undefined);
    });
  });

  describe('a draft', () => {
    const image = (source: string) => [{ role: 'first', source }] as const;
    const withImage = (source = 'file:///boat.png'): WizardOptions => ({
      at: 'prompt',
      request: { images: image(source) },
    });
    const remix: WizardOptions = { at: 'prompt', request: { model: 'sora-2', remixOf: 'video_1' } };

    it('comes back for the same images, remix source or text, and for nothing else', async () => {
      desk.models = catalog.listedModels;
      const kinds: Readonly<Record<string, WizardOptions>> = {
        ...{ text: first, boat: withImage(), car: withImage('file:///car.png'), remix },
        otherRemix: { at: 'prompt', request: { model: 'sora-2', remixOf: 'video_2' } },
      };
      for (const [name, start] of Object.entries(kinds)) {
        await desk.memory.forgetDraft();
        await desk.workspace.update(MEMENTOS.otherDrafts, undefined);
        await desk.ask(start, write(`a ${name}`), escape);
        for (const [other, otherStart] of Object.entries(kinds)) {
          await desk.ask(otherStart, escape);
          assert.equal(desk.text(0).value, other === name ? `a ${name}` : '', `${name} for ${other}`);
          assert.equal((desk.text(0).prompt ?? '').includes('Draft restored'), other === name);
        }
      }
    });

    it('is kept for each kind of request', async () => {
      await desk.ask(first, write('a long text'), escape);
      await desk.ask(withImage(), write('b'), escape);
      await desk.ask(first, escape);
      assert.equal(desk.text(0).value, 'a long text');
      await desk.ask(withImage(), escape);
      assert.equal(desk.text(0).value, 'b');
    });

    it('comes back from the former version', async () => {
      desk.models = catalog.listedModels;
      const stored = { prompt: 'a boat', model: 'wan2.5-i2v-preview', options: { duration: '10' } };
      await desk.workspace.update(MEMENTOS.draft, { ...stored, images: image('file:///boat.png') });
      await desk.ask(first, escape);
      assert.equal(desk.text(0).value, '');
      const result = await desk.ask(withImage(), enter, enter);
      assert.deepEqual(
        [result?.request.model, result?.request.prompt, result?.request.options?.['duration']],
        ['wan2.5-i2v-preview', 'a boat', 10],
      );
      await desk.workspace.update(MEMENTOS.draft, { prompt: 'x', options: { seconds: '8' } });
      await desk.global.update(MEMENTOS.last, { model: 'sora-2', families: { sora: { size: '1280x720' } } });
      const other = await desk.ask(first, enter, enter);
      assert.deepEqual(other?.request.options, { seconds: '8', size: '1280x720' });
    });

    it('of images that are too large to store comes back for them', async () => {
      const start = withImage(`data:image/png;base64,${'A'.repeat(20_000)}`);
      await desk.ask(start, write('a boat'), escape);
      assert.equal(desk.memory.draft()?.images, undefined);
      await desk.ask(first, escape);
      assert.equal(desk.text(0).value, '');
      await desk.ask(start, escape);
      assert.equal(desk.text(0).value, 'a boat');
    });

    it('of a batch comes back for a batch', async () => {
      const batch = {
        hasPrompts: false,
        title: () => 'Generate Videos in Batch',
        row: () => undefined,
        change: () => Promise.resolve('back' as const),
        variedOption: () => undefined,
        requests: () => [],
        describe: () => ({ label: '' }),
      };
      await desk.ask({ at: 'prompt', batch }, write('a kite'), escape);
      await desk.ask(first, escape);
      assert.equal(desk.text(0).value, '');
      await desk.ask({ at: 'prompt', batch }, escape);
      assert.equal(desk.text(0).value, 'a kite');
    });

    it('survives nonsense in its images', async () => {
      for (const images of [7, [{}]]) {
        await desk.workspace.update(MEMENTOS.draft, { prompt: 'x', options: {}, images });
        await desk.ask(first, escape);
        assert.equal(desk.text(0).value, 'x');
      }
    });

    it('is ignored where it makes no sense, and so are last choices', async () => {
      for (const nonsense of [42, null, { prompt: 7 }, { prompt: 'x', options: { seconds: {} } }]) {
        await desk.workspace.update(MEMENTOS.draft, nonsense);
        await desk.global.update(MEMENTOS.last, nonsense);
        await desk.ask(first, escape);
        assert.equal(desk.text(0).value, '');
      }
      await desk.workspace.update(MEMENTOS.draft, { prompt: 'x', model: 'gone', options: { seconds: '99' } });
      await desk.global.update(MEMENTOS.last, { families: {}, models: 7 });
      const result = await desk.ask(first, enter, enter);
      assert.deepEqual(result?.request.options, { seconds: '4', size: '720x1280' });
      assert.equal(result.request.model, 'sora-2');
    });
  });

  describe('with images or a remix source', () => {
    const images = [{ role: 'first', source: 'file:///boat.png' }] as const;
    const i2v = 'wan2.5-i2v-preview';

    beforeEach(() => {
      desk.models = catalog.listedModels;
    });

    it('can remove the image, and then uses a model that does without', async () => {
      const result = await desk.ask(
        { at: 'prompt', request: { model: i2v, images } },
        ...[press('Images'), choose('Remove'), write('a boat'), enter],
      );
      assert.deepEqual([result?.request.model, result?.request.images], ['wan2.5-t2v-preview', undefined]);
      assert.equal(desk.text(0).prompt, 'Images: 1 · Describe the video: subject, motion, camera, and sound');
      assert.ok(!desk.text(2).prompt?.includes('Images'));
      await desk.ask(
        { at: 'summary', request: { model: i2v, prompt: 'a', images } },
        ...set(['Images', 'Remove']),
        escape,
      );
      // A second Enter must not pay.
      assert.equal(desk.pick(-1).activeItems[0]?.label, 'Images');
      assert.equal(
        desk.pick(-1).rows[1],
        `Model: Wan 2.5 Text to Video · wan2.5-t2v-preview (changed from Wan 2.5 Image to Video · ${i2v})`,
      );
    });

    const boat: PickedImages = { sources: [...images], images: new FakeImagesAlong('Cropped.') };
    const text = { at: 'summary', request: { model: 'sora-2', prompt: 'a boat' } } as const;

    it('can add images in both steps', async () => {
      desk.picked = boat;
      const result = await desk.ask(first, press('Images'), write('it sails'), enter);
      assert.deepEqual(result?.request.images, images);
      assert.deepEqual(
        result.fitsWith(result.request.options ?? {}),
        boat.images.fits({ options: result.request.options ?? {} } as never),
      );
      await desk.memory.forgetDraft();
      await desk.ask(text, choose('Images'), escape);
      const summary = desk.pick(-1);
      assert.deepEqual(
        [summary.activeItems[0]?.label, summary.activeItems[0]?.description, summary.activeItems[0]?.detail],
        ['Images', '1', 'Cropped.'],
      );
      assert.ok(!labels(summary).includes('Remix Source'));
    });

    it('restores a prompt with the images that were added, although it was started without', async () => {
      [desk.picked, desk.images] = [boat, new FakeImagesAlong('Cropped.')];
      await desk.ask(first, press('Images'), write('it sails'), escape);
      desk.picked = undefined;
      const result = await desk.ask(first, enter, enter);
      assert.equal(desk.text(0).value, 'it sails');
      assert.deepEqual(result?.request.images, images);
      assert.equal(desk.pick(-1).items.find(({ label }) => label === 'Images')?.detail, 'Cropped.');
    });

    it('restores a prompt with the remix source that was added, and its model', async () => {
      desk.remix = { remixOf: 'video_1', model: 'sora-2-pro' };
      await desk.ask(first, write('at night'), choose('Remix Source'), escape);
      const result = await desk.ask(first, enter, enter);
      assert.deepEqual(
        [result?.request.prompt, result?.request.remixOf, result?.request.model],
        ['at night', 'video_1', 'sora-2-pro'],
      );
    });

    it('restores a prompt without images that are gone', async () => {
      const gone = [{ role: 'first', source: 'file:///gone.png' }] as const;
      desk.picked = { sources: [...gone], images: new FakeImagesAlong() };
      await desk.ask(first, press('Images'), write('it sails'), escape);
      const result = await desk.ask(first, enter, enter);
      assert.deepEqual([result?.request.prompt, result?.request.images], ['it sails', undefined]);
    });

    it('restores a prompt whose images were added after the preview was closed', async () => {
      [desk.picked, desk.images] = [boat, new FakeImagesAlong('Cropped.')];
      boat.images.preview = () => Promise.resolve('cancel');
      await desk.ask(first, write('it sails'), choose('Images'), choose('Preview Images…'));
      const result = await desk.ask(first, enter, enter);
      assert.deepEqual([result?.request.prompt, result?.request.images], ['it sails', images]);
    });

    it('keeps the images that were chosen for a new video without a preset', async () => {
      desk.picked = boat;
      desk.presets = { Still: { model: i2v } };
      const result = await desk.ask(
        first,
        ...[press('Images'), press('Start from Preset'), choose('New Video'), write('it sails'), enter],
      );
      assert.deepEqual([result?.request.prompt, result?.request.images], ['it sails', images]);
      assert.equal(result?.images, boat.images);
    });

    it('discards the images of a draft with it', async () => {
      [desk.picked, desk.images] = [boat, new FakeImagesAlong('Cropped.')];
      await desk.ask(first, press('Images'), write('it sails'), escape);
      const result = await desk.ask(first, press('Discard'), write('a kite'), enter);
      assert.deepEqual([result?.request.prompt, result?.request.images], ['a kite', undefined]);
    });

    it('changes to a model that takes what was added, of the same family if there is one', async () => {
      desk.picked = boat;
      await desk.ask(
        { ...text, request: { ...text.request, model: 'wan2.5-t2v-preview' } },
        choose('Images'),
        escape,
      );
      assert.match(
        desk.pick(-1).rows[1] ?? '',
        /^Model: Wan 2\.5 Image to Video · wan2\.5-i2v-preview \(changed from Wan 2\.5 Text to Video/,
      );
    });

    it('replaces the images, and changes nothing if the user cancels that', async () => {
      desk.images = new FakeImagesAlong('Cropped.');
      const start: WizardOptions = { ...text, request: { ...text.request, images } };
      await desk.ask(start, ...set(['Images', 'Choose Other Images…']), escape);
      assert.equal(desk.pick(-1).activeItems[0]?.description, '1');
      const other = [{ role: 'first', source: 'https://images.example/other.png' }] as const;
      desk.picked = { sources: [...other], images: new FakeImagesAlong('As is.') };
      const result = await desk.ask(start, ...set(['Images', 'Choose Other Images…']), send);
      assert.deepEqual(result?.request.images, other);
    });

    it('can add a remix source, with the model that made it', async () => {
      desk.remix = { remixOf: 'video_1', model: 'sora-2-pro' };
      const result = await desk.ask(text, choose('Remix Source'), send);
      assert.deepEqual([result?.request.model, result?.request.remixOf], ['sora-2-pro', 'video_1']);
      assert.ok(!labels(desk.pick(-1)).includes('Images'));
    });

    it('adds images to every request of a batch', async () => {
      desk.picked = boat;
      const batch = promptListBatch(['a', 'b']);
      const result = await desk.ask(
        { at: 'summary', request: { prompt: 'a' }, batch },
        choose('Images'),
        send,
      );
      assert.deepEqual(
        result?.requests.map(({ prompt, images: sent }) => [prompt, sent]),
        [
          ['a', images],
          ['b', images],
        ],
      );
    });

    it('can make a remix anew', async () => {
      const result = await desk.ask(
        { at: 'prompt', request: { model: 'sora-2', remixOf: 'video_1' } },
        ...[press('Remix Source'), choose('Remove'), write('at night'), enter],
      );
      assert.deepEqual(result?.request, {
        ...{ model: 'sora-2', prompt: 'at night' },
        options: { seconds: '4', size: '720x1280' },
      });
    });

    it('can remove the image of a prompt with several lines', async () => {
      await desk.ask(
        { at: 'summary', request: { model: i2v, prompt: 'one\ntwo', images }, promptIsDraft: true },
        ...[press(), choose('Images'), choose('Remove'), escape],
      );
      assert.equal(desk.pick(1).prompt, 'Images: 1');
      assert.ok(!desk.pick(-1).prompt?.includes('Images'));
    });

    it('refuses images that are gone', async () => {
      await assert.rejects(
        desk.ask({ at: 'prompt', request: { images: [{ role: 'first', source: 'file:///gone.png' }] } }),
        Rejection,
      );
    });

    for (const [size, model, expected] of [
      [{ width: 1600, height: 900 }, 'sora-2', { size: '1280x720' }],
      [{ width: 720, height: 1280 }, 'sora-2', { size: '720x1280' }],
      [{ width: 900, height: 1600 }, 'veo-3.1-generate-preview', { aspectRatio: '9:16' }],
      [{ width: 900, height: 1600 }, 'doubao-seedance-1-5-pro-251215', { ratio: 'adaptive' }],
      [undefined, 'sora-2', { size: '720x1280' }],
    ] as const) {
      it(`the first image decides the orientation: ${JSON.stringify(size)} for ${model}`, async () => {
        desk.images.firstSize = size;
        await desk.global.update(MEMENTOS.last, { families: { seedance: { ratio: '16:9' } } });
        const result = await desk.ask({ at: 'summary', request: { model, prompt: 'a', images } }, enter);
        for (const [name, value] of Object.entries(expected))
          assert.equal(result?.request.options?.[name], value);
      });
    }

    it('what the user chose counts more than the first image', async () => {
      desk.images.firstSize = { width: 1600, height: 900 };
      const request = { model: 'sora-2', prompt: 'a', images };
      const portrait = '720×1280 (portrait)';
      const result = await desk.ask({ at: 'summary', request }, ...set(['Size', portrait]), send);
      assert.equal(result?.request.options?.['size'], '720x1280');
    });
  });

  describe('with presets', () => {
    const tall = { model: 'veo-3.0-generate-001', options: { aspectRatio: '9:16', durationSeconds: 8 } };
    const rain = { model: 'sora-2', prompt: 'rain on a roof', options: { seconds: '12' } };
    const start = press('Start from Preset');

    beforeEach(() => {
      desk.models = catalog.listedModels;
      desk.presets = { 'Tall veo': tall, Rain: rain };
    });

    it('offers them by a button, and takes no more keys for a new video', async () => {
      const result = await desk.ask(first, write('a kite'), enter);
      assert.equal(result?.request.prompt, 'a kite');
      await desk.ask(first, start, escape);
      const pick = desk.pick(1);
      assert.deepEqual(labels(pick), ['New Video', '', 'Rain', 'Tall veo']);
      assert.equal(pick.items[2]?.description, 'Sora 2 · sora-2 · 12 s · 720×1280 (portrait)');
      assert.equal(pick.items[2].detail, "'rain on a roof'");
    });

    it('leaves the latest draft as it is', async () => {
      await desk.ask(first, write('an earlier one'), escape);
      await desk.ask(
        first,
        (input) => {
          assert.ok(input instanceof FakeText);
          input.type('a newer one');
          start(input);
        },
        ...[choose('Rain'), enter, ...set(['Length', '8 s']), escape],
      );
      assert.equal(desk.memory.draft()?.prompt, 'a newer one');
    });

    it('has no button where there are none, or where something was brought along', async () => {
      await desk.ask({ at: 'prompt', request: { prompt: 'a boat' } }, escape);
      assert.ok(!tooltips(desk.text(0))?.includes('Start from Preset'));
      desk.presets = { Odd: 7 };
      await desk.ask(first, escape);
      assert.ok(!tooltips(desk.text(0))?.includes('Start from Preset'));
    });

    it('fills in model, options and prompt; Back leads to the prompt, and the list marks it', async () => {
      const result = await desk.ask(
        first,
        ...[start, choose('Rain'), start, press()],
        (input) => {
          assert.ok(input instanceof FakeText);
          assert.equal(input.value, 'rain on a roof');
          assert.deepEqual(input.valueSelection, [14, 14]);
          enter(input);
        },
        enter,
      );
      assert.deepEqual(result?.request, {
        ...{ model: 'sora-2', prompt: 'rain on a roof' },
        options: { seconds: '12', size: '720x1280' },
      });
      assert.equal(desk.pick(3).activeItems[0]?.label, 'Rain');
      // It's stored in the settings, and is no draft.
      assert.equal(desk.memory.draft(), undefined);
    });

    it('keeps what was typed where the preset has no prompt', async () => {
      const type: Deed = (input) => {
        assert.ok(input instanceof FakeText);
        input.type('a tower');
        start(input);
      };
      const result = await desk.ask(first, type, choose('Tall veo'), enter, enter);
      assert.deepEqual(
        [result?.request.prompt, result?.request.model, result?.request.options?.['aspectRatio']],
        ['a tower', 'veo-3.0-generate-001', '9:16'],
      );
      assert.equal(result?.request.options?.['durationSeconds'], 8);
    });

    it('starts from New Video after a preset as if nothing had been', async () => {
      const result = await desk.ask(
        first,
        ...[start, choose('Rain'), start, choose('New Video'), write('a kite'), enter],
      );
      assert.deepEqual(result?.request, {
        ...{ model: 'sora-2', prompt: 'a kite' },
        options: { seconds: '4', size: '720x1280' },
      });
    });

    it('leaves out with images what can’t take them, and the other way round; both are said', async () => {
      desk.presets = { Rain: rain, Still: { model: 'wan2.5-i2v-preview' }, 'Tall veo': tall, Odd: {} };
      await desk.ask(first, start, escape);
      assert.deepEqual(labels(desk.pick(1)).slice(2), ['Rain', 'Tall veo']);
      assert.match(
        desk.pick(1).prompt ?? '',
        /Invalid presets: Odd .*Presets that need other images: Still$/,
      );
      const images = [{ role: 'first', source: 'file:///boat.png' }] as const;
      const result = await desk.ask(
        { at: 'prompt', request: { images } },
        ...[start, choose('Still'), write('a'), enter],
      );
      assert.deepEqual([result?.request.model, result?.request.images], ['wan2.5-i2v-preview', images]);
    });

    it('asks for the family of a model that is unknown', async () => {
      desk.presets = { Studio: { model: 'studio-x', prompt: 'a' } };
      const result = await desk.ask(
        first,
        ...[start, choose('Studio'), press(), choose('Studio'), choose('Wan'), enter, enter],
      );
      assert.equal(result?.request.model, 'studio-x');
      assert.equal(result.request.options?.['size'], '1280*720');
      assert.deepEqual(
        desk.remembered.map(({ id }) => id),
        ['studio-x'],
      );
    });

    it('deletes one by its button, and leads back when it was the last', async () => {
      await desk.ask(first, start, pressAt('Rain'), pressAt('Tall veo'), write('a kite'), escape);
      assert.deepEqual(labels(desk.pick(2)).slice(2), ['Tall veo']);
      assert.ok(!tooltips(desk.text(3))?.includes('Start from Preset'));
    });

    it('leads to the settings', async () => {
      assert.equal(await desk.ask(first, start, press('Open Settings')), undefined);
      assert.deepEqual(desk.opened, ['settings']);
    });

    it('saves what the summary shows, and comes back to it', async () => {
      const result = await desk.ask(
        first,
        ...[write('a kite'), ...set(['Length', '8 s']), choose('Save as Preset…'), send],
      );
      assert.deepEqual(desk.saved, [result?.request]);
      assert.equal(desk.pick(-1).activeItems[0]?.label, 'Save as Preset…');
    });
  });

  describe('with several lines', () => {
    const prompt = 'one\r\ntwo';
    const fromEditor: WizardOptions = { at: 'summary', request: { prompt }, promptIsDraft: true };

    it('never puts them into an input box, which would join them', async () => {
      await desk.ask(fromEditor, press(), escape);
      const pick = desk.pick(1);
      assert.deepEqual(labels(pick), ['Use Prompt', 'New Prompt', 'Model', 'Images', 'Edit in Editor']);
      assert.equal(pick.items[0]?.description, undefined);
      assert.equal(pick.placeholder, '8 characters');
    });

    it('restores a draft of several lines', async () => {
      await desk.ask(fromEditor, escape);
      const result = await desk.ask(first, choose('Use Prompt'), enter);
      assert.equal(desk.pick(0).prompt, 'Draft restored. Type to replace it.');
      assert.equal(result?.request.prompt, prompt);
      await desk.ask(fromEditor, escape);
      await desk.ask(first, choose('Discard'), escape);
      assert.equal(desk.text(1).value, '');
    });

    it('opens the draft in an editor', async () => {
      await desk.ask(fromEditor, escape);
      assert.equal(await desk.ask(first, choose('Edit in Editor')), undefined);
      assert.deepEqual(desk.opened, [prompt]);
    });

    /** Pastes as VS Code's input box does, which joins lines. */
    const paste =
      (before: string, clipboard: string, after = ''): Deed =>
      (input) => {
        assert.ok(input instanceof FakeText);
        if (before !== '') input.type(before);
        desk.clipboard = clipboard;
        const joined = clipboard.replace(/[\r\n]+$/, '').replace(/\r\n|[\r\n]/g, ' ');
        input.type(`${before}${joined}${after}`);
      };

    for (const lines of ['one\ntwo', '  one\r\n\r\ntwo 🐞 \r\n', 'a\n\tb\n\n']) {
      it(`takes pasted lines to an editor without losing a byte: ${JSON.stringify(lines)}`, async () => {
        assert.equal(await desk.ask(first, paste('before ', lines, ' after')), undefined);
        assert.deepEqual(desk.opened, [`before ${lines} after`]);
        assert.equal(desk.memory.draft()?.prompt, `before ${lines} after`);
      });
    }

    it('leaves lines with an API key in the input box, which rejects them', async () => {
      const lines = 'A=1\nNEBULA_API_KEY=sk-4f8aQmZx7Rt2LwYv9KdB3nHc';
      await desk.ask(first, (input) => {
        paste('', lines)(input);
        assert.ok(input instanceof FakeText);
        assert.match(input.remark, /contains an API key/);
        setTimeout(() => escape(input), 5);
      });
      assert.deepEqual(desk.opened, []);
    });

    for (const [what, clipboard, text] of [
      ['a single line', 'one two', 'one two'],
      ['a line that was copied as a whole', 'one two\n', 'one two'],
      ['something else', 'three\nfour', 'one two'],
    ] as const) {
      it(`leaves the input box alone: ${what}`, async () => {
        await desk.ask(first, (input) => {
          assert.ok(input instanceof FakeText);
          desk.clipboard = clipboard;
          input.type(text);
          setTimeout(() => escape(input), 5);
        });
        assert.deepEqual(desk.opened, []);
      });
    }
  });

  it('takes what was typed to an editor, with the other choices', async () => {
    desk.models = threeModels;
    await desk.ask(first, press('Model'), choose('Sora 2 Pro'), (input) => {
      assert.ok(input instanceof FakeText);
      input.type('a kite ');
      press('Edit in Editor')(input);
    });
    assert.deepEqual(desk.opened, ['a kite ']);
    assert.equal(desk.editorInput?.request?.model, 'sora-2-pro');
  });

  it('takes no prompt with an API key to an editor, which would keep it in a file', async () => {
    await desk.ask(
      first,
      (input) => {
        assert.ok(input instanceof FakeText);
        input.type('sk-4f8aQmZx7Rt2LwYv9KdB3nHc');
        press('Edit in Editor')(input);
      },
      escape,
    );
    assert.deepEqual(desk.opened, []);
  });

  it('rejects an API key in an option also if the request has another error', async () => {
    desk.models = catalog.listedModels;
    const request = { model: 'doubao-seedance-1-5-pro-251215', prompt: 'a boat --rs 1080p' };
    await desk.ask(
      { at: 'summary', request },
      ...[choose('More Options…'), choose('Extra Fields')],
      (input) => {
        assert.ok(input instanceof FakeText);
        input.type('{"note":"sk-4f8aQmZx7Rt2LwYv9KdB3nHc"}');
        assert.match(input.remark, /contains an API key/);
        input.type('{"note":"me"}');
        assert.equal(input.remark, '');
        escape(input);
      },
    );
  });

  it('works where nothing can be remembered', async () => {
    desk.workspace.update = desk.global.update = () => Promise.reject(new Error('no room'));
    const result = await desk.ask(first, write('a kite'), enter);
    assert.equal(result?.request.prompt, 'a kite');
  });
});
