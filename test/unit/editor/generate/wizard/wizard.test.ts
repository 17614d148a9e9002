import { strict as assert } from 'node:assert';
import { looksLikeKey } from '../../../../../src/core/gateway/redaction';
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
import { familyChoices } from '../../../../../src/editor/generate/wizard/familyChoices';
import { runGenerateWizard, type WizardOptions } from '../../../../../src/editor/generate/wizard/wizard';
import { MEMENTOS, WizardState } from '../../../../../src/editor/generate/wizard/wizardState';
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
  write,
  type Deed,
} from '../../../../support/fakeQuickInputs';
import { catalog } from '../../../../support/catalog';

const still: Family = {
  ...sora,
  id: 'still',
  label: () => 'still',
  prefixes: ['still-'],
  parameters: () => [
    // Nobody is asked about an option with one value.
    length({ name: 'seconds', values: choice('5'), defaultValue: '5', hasOwnStep: true }),
    aspectRatio({ name: 'ratio', values: choice('16:9', '1:1'), defaultValue: '16:9', hasOwnStep: true }),
  ],
};
const oneModel: Model[] = [{ id: 'sora-2', family: sora }];
const threeModels: Model[] = [
  { id: 'sora-2', family: sora },
  { id: 'still-1', family: still },
  { id: 'sora-2-pro', family: sora },
];
const ignore = () => undefined;
const silent = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** One person with one window, who may open the wizard several times. */
class Desk {
  readonly workspace = new FakeMemento();
  readonly global = new FakeMemento();
  readonly memory = new WizardState({
    workspace: this.workspace,
    global: this.global,
    looksLikeKey,
    log: silent,
  });
  readonly opened: string[] = [];
  readonly remembered: Model[] = [];
  readonly saved: VideoRequest[] = [];
  presets: Record<string, unknown> = {};
  workspacePresets: unknown;
  inputs = new FakeQuickInputs();
  models: readonly Model[] = oneModel;

  async ask(start: WizardOptions, ...deeds: Deed[]) {
    this.inputs = new FakeQuickInputs();
    this.inputs.plan(...deeds);
    const result = await runGenerateWizard(
      {
        inputs: this.inputs,
        memory: this.memory,
        catalog,
        models: this.models,
        hintOf: (id) => (id === 'sora-2' ? 'It is old.' : undefined),
        remember: (model) => {
          this.remembered.push(model);
          return Promise.resolve();
        },
        host: () => 'gateway.example',
        openEditor: (prompt) => {
          this.opened.push(prompt);
          return Promise.resolve();
        },
        looksLikeKey,
        presets: {
          read: () => parsePresets({ user: this.presets, workspace: this.workspacePresets }),
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
          if (gone) throw new Rejection('invalidRequest', 'The image file could not be read: gone');
          return Promise.resolve(new FakeImagesAlong('It is cut.', 0));
        },
        language: 'en',
        l10n: untranslatedL10n,
      },
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
    const input = this.inputs.shown[index];
    assert.ok(input instanceof FakePick);
    return input;
  }
}

const first: WizardOptions = { at: 'prompt' };
const labels = (pick: FakePick) => pick.items.map(({ label }) => label);
const marks = (pick: FakePick) => pick.items.map(({ description }) => description);

describe('the wizard', () => {
  let desk: Desk;

  beforeEach(() => {
    desk = new Desk();
  });

  it('asks prompt, length and size, and ends with one clear action', async () => {
    const result = await desk.ask(
      first,
      write('a kite'),
      choose('8 seconds'),
      choose('1280 × 720, landscape'),
      enter,
    );
    assert.deepEqual(result?.request, {
      model: 'sora-2',
      prompt: 'a kite',
      options: { seconds: '8', size: '1280x720' },
    });
    assert.deepEqual(desk.inputs.places, ['2/5', '3/5', '4/5', '5/5']);
    const summary = desk.pick(3);
    assert.deepEqual(labels(summary), [
      ...['$(play) Generate Video', '$(settings) More Options…', '$(bookmark) Save as Preset…'],
    ]);
    assert.equal(summary.title, 'Generate Video with sora-2');
    assert.equal(summary.items[0]?.description, 'sora-2 · 8 seconds · 1280 × 720, landscape');
    assert.equal(summary.items[0].detail, 'Goes to gateway.example. The price is set by Nebula.');
    assert.match(summary.prompt ?? '', /^“a kite” .*It is old\.$/);
  });

  for (const prompt of ['  a kite\tover the sea  ', 'ein Käfer 🐞👩‍👩‍👧 läuft', '\u2028x\u00a0', '$(play) {0}']) {
    it(`gives the prompt byte for byte: ${JSON.stringify(prompt)}`, async () => {
      const result = await desk.ask(first, write(prompt), enter, enter, enter);
      assert.equal(result?.request.prompt, prompt);
    });
  }

  it('gives a prompt of an editor byte for byte, line ends included', async () => {
    const prompt = '  one\r\n\r\ntwo 🐞 \r\n';
    const result = await desk.ask(
      { at: 'afterPrompt', request: { prompt }, promptIsDraft: true },
      enter,
      enter,
      enter,
    );
    assert.equal(result?.request.prompt, prompt);
    assert.deepEqual(desk.inputs.places, ['3/5', '4/5', '5/5']);
  });

  it('shows a prompt as it is, without making icons or links of it', async () => {
    await desk.ask(first, write('$(play) [here](command:x)'), enter, enter, escape);
    assert.ok(desk.pick(3).prompt?.startsWith('“\\$(play) [here] (command:x)”'));
  });

  it('goes back and forth without forgetting', async () => {
    const result = await desk.ask(
      first,
      write('a kite'),
      choose('12 seconds'),
      choose('1280 × 720, landscape'),
      press(),
      press(),
      press(),
      enter,
      enter,
      enter,
      enter,
    );
    assert.deepEqual(result?.request, {
      model: 'sora-2',
      prompt: 'a kite',
      options: { seconds: '12', size: '1280x720' },
    });
    assert.deepEqual(
      desk.inputs.places,
      [2, 3, 4, 5, 4, 3, 2, 3, 4, 5].map((number) => `${number}/5`),
    );
    assert.equal(desk.pick(5).activeItems[0]?.label, '12 seconds');
    assert.equal(desk.text(6).value, 'a kite');
    // To go on writing, not to replace it.
    assert.deepEqual(desk.text(6).valueSelection, [6, 6]);
  });

  it('has no Back at its first step', async () => {
    await desk.ask(first, press(), escape);
    assert.deepEqual(
      desk.inputs.shown.map(({ buttons }) => buttons.map(({ tooltip }) => tooltip)),
      [[undefined, 'Write in an Editor', 'Choose Another Model'], []],
    );
  });

  it('has no editor where it would forget what else is wanted', async () => {
    await desk.ask({ at: 'prompt', finalSteps: () => [] }, press(), escape);
    assert.deepEqual(
      desk.inputs.shown[0]?.buttons.map(({ tooltip }) => tooltip),
      [undefined, 'Choose Another Model'],
    );
  });

  const all = [write('a kite'), choose('8 seconds'), choose('1280 × 720, landscape')] as const;
  for (const place of [0, 1, 2, 3]) {
    it(`ends with nothing after Escape at step ${place + 1}, and offers the draft again`, async () => {
      assert.equal(await desk.ask(first, ...all.slice(0, place), escape), undefined);
      const offered = await desk.ask(first, ...(place === 0 ? [escape] : [enter, enter, enter, enter]));
      if (place === 0) {
        assert.equal(desk.text(0).value, '');
        return;
      }
      assert.equal(desk.text(0).value, 'a kite');
      assert.deepEqual(desk.text(0).valueSelection, [0, 6]);
      assert.match(desk.text(0).prompt ?? '', /Your draft/);
      assert.equal(offered?.request.options?.['seconds'], place > 1 ? '8' : '4');
      assert.equal(offered.request.options['size'], place > 2 ? '1280x720' : '720x1280');
    });
  }

  it('chooses for another prompt as last time, not as in the draft', async () => {
    await desk.ask(first, write('a kite'), choose('12 seconds'), escape);
    const result = await desk.ask(
      { at: 'prompt', request: { prompt: 'a boat' } },
      enter,
      enter,
      enter,
      enter,
    );
    assert.deepEqual(result?.request.options, { seconds: '4', size: '720x1280' });
    assert.equal(desk.memory.draft()?.prompt, 'a kite');
  });

  it('keeps as a draft what is half written when it closes', async () => {
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
      assert.match(input.remark, /The prompt contains an API key/);
      enter(input);
      escape(input);
    });
    assert.equal(desk.inputs.shown.length, 1);
    assert.ok(![...desk.workspace.entries.values(), ...desk.global.entries.values()].join().includes(key));
  });

  it('does not let a prompt pass that is blank', async () => {
    await desk.ask(first, (input) => {
      assert.ok(input instanceof FakeText);
      // Not wrong before anything was done.
      assert.equal(input.remark, '');
      enter(input);
      assert.match(input.remark, /prompt is empty/);
      input.type(' \t ');
      assert.match(input.remark, /prompt is empty/);
      enter(input);
      input.type(' x ');
      assert.equal(input.remark, '');
      escape(input);
    });
    assert.equal(desk.inputs.shown.length, 1);
  });

  it('says when a prompt is long, and lets it pass', async () => {
    const long = 'x'.repeat(32_001);
    const result = await desk.ask(
      first,
      (input) => {
        assert.ok(input instanceof FakeText);
        input.type('x'.repeat(2_001));
        assert.match(input.remark, /^2,001 characters\./);
        input.type(long);
        assert.match(input.remark, /32,001 characters\. The gateway may refuse/);
        enter(input);
      },
      enter,
      enter,
      enter,
    );
    assert.equal(result?.request.prompt, long);
  });

  it('marks and offers first what was used last', async () => {
    await desk.ask(first, write('a'), escape);
    assert.deepEqual(marks(desk.pick(1)), ['default', undefined, undefined]);
    await desk.ask(first, write('a'), choose('12 seconds'), choose('1280 × 720, landscape'), enter);
    await desk.memory.forgetDraft();
    await desk.ask(first, write('b'), enter, enter, enter);
    assert.deepEqual(marks(desk.pick(1)), [undefined, undefined, 'last used']);
    assert.equal(desk.pick(1).activeItems[0]?.label, '12 seconds');
    assert.deepEqual(marks(desk.pick(2)), [undefined, 'last used']);
  });

  it('remembers what was asked for, not what was only looked at', async () => {
    await desk.ask(first, write('a'), choose('12 seconds'), escape);
    assert.deepEqual(desk.memory.last(), { families: {} });
  });

  it('counts on truly when a model has other steps', async () => {
    desk.models = threeModels;
    const result = await desk.ask(
      first,
      press(),
      choose('still-1'),
      write('a kite'),
      choose('1:1, square'),
      enter,
    );
    assert.deepEqual(result?.request, {
      model: 'still-1',
      prompt: 'a kite',
      options: { seconds: '5', ratio: '1:1' },
    });
    // It begins with the prompt; the model is one step back.
    assert.deepEqual(desk.inputs.places, ['2/5', '1/5', '2/4', '3/4', '4/4']);
  });

  it('groups models by family, and marks the one used last', async () => {
    desk.models = threeModels;
    await desk.ask(first, press(), choose('sora-2-pro'), write('a kite'), enter, enter, enter);
    await desk.memory.forgetDraft();
    await desk.ask(first, press(), escape);
    assert.equal(desk.text(0).title, 'Generate Video with sora-2-pro');
    const pick = desk.pick(1);
    const groups = ['sora', 'sora-2', 'sora-2-pro', 'still', 'still-1'];
    assert.deepEqual(labels(pick), [...groups, '', '$(edit) Another Model…']);
    assert.deepEqual(marks(pick).slice(0, 5), [undefined, undefined, 'last used', undefined, undefined]);
    assert.equal(pick.items[1]?.detail, 'It is old.');
    assert.equal(pick.activeItems[0]?.label, 'sora-2-pro');
  });

  it('calls models as their user does, and shows the id beside', async () => {
    desk.models = [{ id: 'studio-x', family: sora, label: '$(zap) My Studio' }, ...oneModel];
    await desk.ask(first, write('a'), enter, enter, press(), press(), press(), press(), escape);
    assert.equal(desk.text(0).title, 'Generate Video with $(zap) My Studio');
    const summary = desk.pick(3).items[0]?.description;
    assert.equal(summary, '\\$(zap) My Studio · studio-x · 4 seconds · 720 × 1280, portrait');
    const item = desk.pick(7).items[1];
    assert.deepEqual([item?.label, item?.description], ['\\$(zap) My Studio', 'studio-x']);
    await desk.ask(first, enter, enter, enter, enter);
    await desk.ask(first, press(), escape);
    assert.equal(desk.pick(1).items[1]?.description, 'studio-x · last used');
  });

  it('keeps the answers that another model understands', async () => {
    desk.models = threeModels;
    const result = await desk.ask(
      first,
      write('a kite'),
      choose('12 seconds'),
      press(),
      press(),
      press(),
      choose('sora-2-pro'),
      enter,
      enter,
      enter,
      enter,
    );
    assert.equal(result?.request.options?.['seconds'], '12');
  });

  describe('with all models', () => {
    const to = (model: string) => [press('Choose Another Model'), choose(model)] as const;

    beforeEach(() => {
      desk.models = catalog.listedModels;
    });

    it('begins with the prompt and the first model, and few keys lead on', async () => {
      const result = await desk.ask(first, write('a kite'), enter, enter, enter);
      assert.equal(result?.request.model, 'sora-2');
      assert.deepEqual(desk.inputs.places, ['2/5', '3/5', '4/5', '5/5']);
    });

    it('offers what makes videos from text alone', async () => {
      await desk.ask(first, press(), escape);
      const offered = labels(desk.pick(1));
      for (const id of ['sora-2', 'veo-3.1-generate-preview', 'wan2.5-t2v-preview', 'kling-v1'])
        assert.ok(offered.includes(id), id);
      for (const id of ['wan2.5-i2v-preview', 'doubao-seedance-1-0-lite-i2v-250428', 'sora-2-pro'])
        assert.ok(!offered.includes(id), id);
    });

    /** What a person answers for one model of each family, and the request that comes of it. */
    const runs: readonly (readonly [model: string, deeds: readonly Deed[], options: object])[] = [
      [
        'veo-3.1-generate-preview',
        [choose('8 seconds'), choose('9:16, portrait'), choose('720p')],
        {
          ...{ durationSeconds: 8, aspectRatio: '9:16', resolution: '720p', generateAudio: false },
          ...{ sampleCount: 1, personGeneration: 'allow_all' },
        },
      ],
      [
        'wan2.5-t2v-preview',
        [choose('10 seconds'), choose('960 × 960, square')],
        {
          ...{ duration: 10, size: '960*960', resolution: '720p' },
          ...{ smart_rewrite: false, generate_audio: false },
        },
      ],
      [
        'doubao-seedance-1-0-pro-250528',
        [choose('12 seconds'), choose('21:9, landscape'), choose('1080p')],
        { duration: 12, ratio: '21:9', resolution: '1080p', watermark: false },
      ],
      ['kling-v1', [write('7.5')], { duration: 7.5, n: 1 }],
    ];
    for (const [model, deeds, options] of runs) {
      it(`asks ${model} what it takes, and remembers it`, async () => {
        const result = await desk.ask(first, ...to(model), write('a kite'), ...deeds, enter);
        assert.deepEqual(result?.request, { model, prompt: 'a kite', options });
        await desk.memory.forgetDraft();
        const again = await desk.ask(first, write('a boat'), ...deeds.map(() => enter), enter);
        assert.deepEqual(again?.request, { model, prompt: 'a boat', options });
      });
    }

    it('says before anything is sent whether the video can be heard', async () => {
      await desk.ask(first, ...to('veo-3.1-generate-preview'), write('a'), enter, enter, enter, escape);
      assert.match(desk.pick(6).items[0]?.description ?? '', /1080p · silent$/);
      await desk.ask(first, ...to('veo-3.1-fast-generate-preview'), enter, enter, enter, enter, escape);
      assert.match(desk.pick(6).items[0]?.description ?? '', /1080p$/);
    });

    it('shows tier and shape beside a size', async () => {
      await desk.ask(first, ...to('wan2.5-t2v-preview'), write('a kite'), enter, escape);
      const pick = desk.pick(4);
      assert.equal(pick.items[0]?.label, '832 × 480, landscape');
      assert.equal(pick.items[0].description, '480p · 16:9');
      assert.equal(pick.activeItems[0]?.description, '720p · 16:9 · default');
    });

    it('offers no shape that a model does not have, and remembers none for it', async () => {
      const [pro15, pro10] = ['doubao-seedance-1-5-pro-251215', 'doubao-seedance-1-0-pro-250528'];
      const result = await desk.ask(
        first,
        ...to(pro15),
        write('a'),
        choose('4 seconds'),
        choose('adaptive shape'),
        enter,
        enter,
      );
      assert.equal(result?.request.options?.['ratio'], 'adaptive');
      await desk.memory.forgetDraft();
      const other = await desk.ask(first, ...to(pro10), write('b'), enter, enter, enter, enter);
      assert.deepEqual(other?.request.options, {
        ...{ duration: 4, ratio: '16:9', resolution: '720p', watermark: false },
      });
      assert.ok(!labels(desk.pick(4)).includes('adaptive shape'));
    });

    it('lets no prompt pass that says what an option says too', async () => {
      await desk.ask(first, ...to('doubao-seedance-1-0-pro-250528'), (input) => {
        assert.ok(input instanceof FakeText);
        input.type('a fox --dur 5');
        assert.match(input.remark, /"--dur".*"duration"/);
        enter(input);
        input.type('a fox --seed 5');
        assert.equal(input.remark, '');
        escape(input);
      });
      assert.equal(desk.inputs.shown.length, 3);
    });

    it('warns of a prompt that the model may not read whole', async () => {
      await desk.ask(first, ...to('wan2.5-t2v-preview'), (input) => {
        assert.ok(input instanceof FakeText);
        input.type('x'.repeat(801));
        assert.match(input.remark, /801 characters.*first 800/);
        escape(input);
      });
    });
  });

  /** API reference 7.4.2 and 13: the only figures that are known. */
  for (const [model, length, warning] of [
    ['wan2.5-t2v-preview', 800, undefined],
    ['wan2.5-t2v-preview', 801, /\$\(warning\) The prompt has 801 characters\. .* first 800\./],
    ['sora-2', 32_000, undefined],
    ['sora-2', 32_001, /\$\(warning\) The prompt has 32,001 characters\. The gateway may refuse or cut/],
    ['veo-3.1-generate-preview', 5_000, undefined],
  ] as const) {
    const says = warning ? 'warns of' : 'says nothing of';
    it(`${says} ${length} characters for ${model} in the last step, wherever they come from`, async () => {
      desk.models = catalog.listedModels;
      const request = { model, prompt: `x\n${'y'.repeat(length - 2)}` };
      await desk.ask({ at: 'summary', request }, escape);
      const hint = desk.pick(0).prompt ?? '';
      if (warning) assert.match(hint, warning);
      else assert.ok(!hint.includes('$(warning)'));
    });
  }

  describe('Another Model', () => {
    const another = [press('Choose Another Model'), choose('Another Model…')] as const;

    beforeEach(() => {
      desk.models = catalog.listedModels;
    });

    it('takes an id whose family its prefix tells, and remembers it', async () => {
      const result = await desk.ask(
        first,
        ...another,
        write(' veo-9 '),
        write('a'),
        enter,
        enter,
        enter,
        enter,
      );
      assert.equal(result?.request.model, 'veo-9');
      assert.equal(result.request.options?.['durationSeconds'], 4);
      assert.deepEqual(
        desk.remembered.map(({ id, family }) => [id, family.id]),
        [['veo-9', 'veo']],
      );
      assert.deepEqual(desk.inputs.places.slice(1, 4), ['1/5', '1/5', '2/6']);
      assert.equal(desk.inputs.shown[3]?.title, 'Generate Video with veo-9');
    });

    it('asks which family any other id belongs to, and Back leads out again', async () => {
      const result = await desk.ask(
        first,
        ...another,
        write('studio-x'),
        press(),
        (input) => {
          assert.ok(input instanceof FakeText);
          assert.equal(input.value, 'studio-x');
          press()(input);
        },
        ...[
          choose('Another Model…'),
          write('studio-y'),
          choose('wan'),
          // It is among the others from now on.
          press('Choose Another Model'),
          choose('studio-y'),
          write('a'),
          enter,
          enter,
          enter,
        ],
      );
      assert.equal(result?.request.model, 'studio-y');
      assert.equal(result.request.options?.['size'], '1280*720');
      assert.deepEqual(
        desk.remembered.map(({ id, family }) => [id, family.id]),
        [['studio-y', 'wan']],
      );
      const families = desk.pick(3);
      assert.deepEqual(labels(families), ['sora', 'veo', 'wan', 'seedance', 'legacy']);
      for (const { detail } of families.items) assert.match(detail ?? '', /^Like .*\.$/);
    });

    it('uses one that is offered as it is, and refuses what can’t be', async () => {
      await desk.ask(first, ...another, (input) => {
        assert.ok(input instanceof FakeText);
        for (const [text, reason] of [
          ['two words', /Enter an ID of letters/],
          [' ', /Enter an ID of letters/],
          ['sora-2\u202efree', /Enter an ID of letters/],
          ['sk-0123456789abcdefghij', /looks like an API key/],
          ['wan2.5-i2v-preview', /cannot make a video from text alone/],
        ] as const) {
          input.type(text);
          assert.match(input.remark, reason);
          enter(input);
        }
        write('kling-v1')(input);
      });
      assert.equal(desk.inputs.shown.at(-1)?.title, 'Generate Video with kling-v1');
      assert.deepEqual(desk.remembered, []);
    });

    it('can be had where only one is offered', async () => {
      const images = [{ role: 'reference', source: 'https://example.com/a.png' }] as const;
      const result = await desk.ask(
        { at: 'prompt', request: { images } },
        ...[...another, write('doubao-seedance-9-lite-i2v'), write('a'), enter, enter, enter, enter],
      );
      assert.equal(result?.request.model, 'doubao-seedance-9-lite-i2v');
      assert.deepEqual(result.request.images, images);
    });

    it('is left out again by Escape', async () => {
      assert.equal(await desk.ask(first, ...another, escape), undefined);
      assert.equal(await desk.ask(first, ...another, write('studio-x'), escape), undefined);
      assert.deepEqual(desk.remembered, []);
    });

    it('offers each family with a sentence of what it is', () => {
      const choices = familyChoices(catalog, () => true, untranslatedL10n);
      assert.deepEqual(
        choices.map(({ label }) => label),
        FAMILIES.map(({ id }) => id),
      );
      for (const { detail } of choices) assert.match(detail, /\.$/);
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

  describe('More Options', () => {
    const veo = 'veo-3.1-generate-preview';
    const toSummary = (model: string, steps: number) => [
      ...[press(), choose(model), write('a kite')],
      ...Array.from({ length: steps }, () => enter),
    ];

    beforeEach(() => {
      desk.models = catalog.listedModels;
    });

    it('changes what has no step, shows it in the summary, and counts no steps of its own', async () => {
      const result = await desk.ask(
        first,
        ...toSummary(veo, 3),
        choose('More Options…'),
        choose('Sound'),
        choose('with sound'),
        choose('Number of Videos'),
        (input) => {
          assert.ok(input instanceof FakeText);
          assert.equal(input.value, '1');
          input.type('5');
          assert.match(input.remark, /from 1 to 4/);
          enter(input);
          write('2')(input);
        },
        choose('Seed'),
        write('7'),
        choose('People'),
        press(),
        press(),
        enter,
      );
      const options = result?.request.options;
      assert.deepEqual(
        [options?.['generateAudio'], options?.['sampleCount'], options?.['seed']],
        [true, 2, 7],
      );
      assert.equal(options?.['personGeneration'], 'allow_all');
      assert.ok(desk.inputs.places.slice(6).every((place) => place === '6/6'));
      const list = desk.pick(7);
      assert.deepEqual(labels(list), [
        ...['Sound', 'Number of Videos', 'Frames a Second', 'People', 'Watermark', 'Seed'],
        ...['Name of the User', 'Extra Fields'],
      ]);
      assert.deepEqual(marks(list).slice(0, 3), ['silent', 'one video', 'left to the service']);
      const summary = desk.inputs.shown.at(-1);
      assert.ok(summary instanceof FakePick);
      assert.equal(
        summary.items[0]?.description,
        `${veo} · 4 seconds · 16:9, landscape · 1080p · with sound · 2 videos · Seed: 7`,
      );
    });

    it('remembers none of it, but keeps it in the draft', async () => {
      const change = [choose('More Options…'), choose('Number of Videos'), write('4')];
      await desk.ask(first, ...toSummary(veo, 3), ...change, escape);
      const drafted = await desk.ask(first, enter, enter, enter, enter, enter);
      assert.equal(drafted?.request.options?.['sampleCount'], 4);
      await desk.memory.forgetDraft();
      const next = await desk.ask(first, write('b'), enter, enter, enter, enter);
      assert.equal(next?.request.options?.['sampleCount'], 1);
    });

    it('lets nothing pass that the request could not hold', async () => {
      const fields = '{"callback":"x"}';
      const result = await desk.ask(
        first,
        ...toSummary(veo, 3),
        ...[choose('More Options…'), choose('Extra Fields')],
        (input) => {
          assert.ok(input instanceof FakeText);
          input.type('{');
          assert.match(input.remark, /'Extra Fields'.*JSON object/);
          input.type('{"sampleCount":9}');
          assert.match(input.remark, /'extra' can't contain 'sampleCount'/);
          enter(input);
          write(fields)(input);
        },
        ...[press(), enter],
      );
      assert.equal(result?.request.options?.['extra'], fields);
    });

    it('gives an option back to the service', async () => {
      const more = choose('More Options…');
      const result = await desk.ask(
        first,
        ...toSummary(veo, 3),
        ...[more, choose('Seed'), write('7'), choose('Watermark'), choose('with a watermark')],
        ...[choose('Seed'), write(''), choose('Watermark'), choose('Let the Service Decide'), press(), enter],
      );
      assert.ok(!('seed' in (result?.request.options ?? {})));
      assert.ok(!('addWatermark' in (result?.request.options ?? {})));
    });

    it('takes out of the list what another choice makes illegal', async () => {
      await desk.ask(
        first,
        ...toSummary('wan2.5-t2v-preview', 2),
        ...[
          choose('More Options…'),
          choose('Sound'),
          choose('with sound'),
          choose('Sound'),
          choose('silent'),
        ],
        ...[choose('Link to a Sound File'), write('https://example.com/a.mp3'), escape],
      );
      const lists = desk.inputs.shown.filter(
        (input): input is FakePick =>
          input instanceof FakePick && (input.placeholder ?? '').includes('Which option'),
      );
      const hasBoth = lists.map((list) => [
        labels(list).includes('Sound'),
        labels(list).includes('Link to a Sound File'),
      ]);
      assert.deepEqual(hasBoth, [
        [true, true],
        [true, false],
        [true, true],
        [false, true],
      ]);
    });
  });

  describe('with a request of an earlier task', () => {
    const request = {
      model: 'sora-2',
      prompt: 'one\ntwo',
      options: { seconds: '12', size: '1280x720', user: 'me' },
    };

    it('begins with the last word, and asks for the very same', async () => {
      const result = await desk.ask({ at: 'summary', request }, enter);
      assert.deepEqual(result, { request, written: false });
      assert.deepEqual(desk.inputs.places, ['5/5']);
    });

    it('goes back to every question', async () => {
      const result = await desk.ask(
        { at: 'summary', request },
        press(),
        press(),
        press(),
        choose('Write a New Prompt'),
        write('three'),
        choose('4 seconds'),
        enter,
        enter,
      );
      assert.deepEqual(result?.request, {
        model: 'sora-2',
        prompt: 'three',
        options: { seconds: '4', size: '1280x720', user: 'me' },
      });
      // The list and the input box that follows it are one step.
      assert.deepEqual(desk.inputs.places, ['5/5', '4/5', '3/5', '2/5', '2/5', '3/5', '4/5', '5/5']);
    });

    it('keeps its images and its source, and offers what can be made of them', async () => {
      desk.models = catalog.listedModels;
      const images = [{ role: 'first', source: 'https://example.com/a.png' }] as const;
      const model = 'wan2.5-i2v-preview';
      const made = { model, prompt: 'a', images, options: { duration: 5, resolution: '480p' } };
      const result = await desk.ask({ at: 'summary', request: made }, enter);
      assert.deepEqual(result?.request.images, images);
      assert.match(desk.pick(0).items[0]?.description ?? '', /one image · 5 seconds · 480p/);
      await desk.ask({ at: 'prompt', request: made }, press(), escape);
      assert.ok(labels(desk.pick(1)).includes(model));
      assert.ok(!labels(desk.pick(1)).includes('wan2.5-t2v-preview'));
      const remix = { model: 'sora-2', prompt: 'a', remixOf: 'video_1', options: {} };
      const remixed = await desk.ask({ at: 'prompt', request: remix }, enter, enter);
      // Length and size are those of the source.
      assert.deepEqual(remixed?.request, remix);
      assert.deepEqual(desk.inputs.places, ['2/3', '3/3']);
    });

    it('leaves an older draft alone until something else is written', async () => {
      await desk.ask(first, write('my draft'), escape);
      await desk.ask({ at: 'summary', request }, press(), choose('1280 × 720, landscape'), escape);
      assert.equal(desk.memory.draft()?.prompt, 'my draft');
    });

    /** Changes the prompt that was brought along, and takes the change back. */
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

  describe('with a draft that has images', () => {
    const image = (source: string) => [{ role: 'first', source }] as const;
    const boat = image('file:///boat.png');
    const i2v = 'wan2.5-i2v-preview';
    const leave = async (source = 'file:///boat.png') =>
      desk.ask(
        { at: 'prompt', request: { images: image(source) }, images: new FakeImagesAlong('It is padded.', 0) },
        ...[press('Choose Another Model'), choose(i2v), write('a boat'), escape],
      );

    beforeEach(() => {
      desk.models = catalog.listedModels;
    });

    it('goes on with them', async () => {
      await leave();
      const result = await desk.ask(first, enter, choose('10 seconds'), enter, enter);
      assert.deepEqual(result?.request.images, boat);
      assert.equal(result.request.model, i2v);
      assert.equal(
        desk.text(0).prompt,
        'From one image. Your draft: go on with it, or just type to replace it.',
      );
      const summary = desk.pick(3);
      assert.match(summary.items[0]?.description ?? '', /^wan2\.5-i2v-preview · one image · /);
      assert.match(summary.prompt ?? '', /It is cut\./);
    });

    it('can leave them out, and then takes a model that does without', async () => {
      await leave();
      const result = await desk.ask(first, press('Leave the Image Out'), enter, enter, enter, enter);
      assert.deepEqual(result?.request, {
        ...{ model: 'sora-2', prompt: 'a boat' },
        options: { seconds: '4', size: '720x1280' },
      });
      assert.ok(!desk.text(1).prompt?.includes('image'));
      assert.deepEqual(
        desk.inputs.places.map((place) => place.split('/')[0]),
        ['2', '2', '3', '4', '5'],
      );
      assert.ok(!(desk.pick(4).prompt ?? '').includes('It is cut'));
      await leave();
      await desk.ask(first, press('Leave the Image Out'), escape);
      assert.equal(desk.memory.draft()?.images?.length ?? 0, 0);
    });

    it('says when one is gone, and goes on without', async () => {
      await leave('file:///gone.png');
      const result = await desk.ask(first, enter, enter, enter, enter);
      assert.equal(result?.request.images, undefined);
      assert.equal(result?.request.prompt, 'a boat');
      assert.match(desk.text(0).prompt ?? '', /^Your draft goes on without its images\. .*could not be read/);
    });

    it('says nothing of the draft where a preset is taken in its place', async () => {
      await leave('file:///gone.png');
      desk.presets = { Rain: { model: 'sora-2', prompt: 'rain' } };
      await desk.ask(first, choose('Rain'), escape);
      assert.equal(desk.text(1).value, 'rain');
      assert.ok(!desk.text(1).prompt?.includes('draft'));
    });

    it('says so where only its prompt is taken along', async () => {
      await leave();
      desk.presets = { Sora: { model: 'sora-2' } };
      await desk.ask(first, choose('Sora'), escape);
      assert.equal(desk.text(1).value, 'a boat');
      assert.match(desk.text(1).prompt ?? '', /^Of your draft only the prompt is taken along\./);
      desk.presets = {};
      await desk.ask({ at: 'prompt', request: { model: 'sora-2', remixOf: 'video_1' } }, escape);
      assert.match(desk.text(0).prompt ?? '', /^Of your draft only the prompt is taken along\./);
    });

    it('keeps none that are written out, and says so before', async () => {
      const written = `data:image/png;base64,${'A'.repeat(20_000)}`;
      await desk.ask(
        { at: 'prompt', request: { images: image(written) } },
        ...[press('Choose Another Model'), choose(i2v), write('a boat'), enter, enter, escape],
      );
      assert.match(desk.inputs.shown.at(-1)?.placeholder ?? '', /keep a draft without the images/);
      await desk.ask(first, escape);
      assert.equal(desk.text(0).value, 'a boat');
      assert.ok(!desk.text(0).prompt?.includes('image'));
    });

    it('gives them to no request but its own', async () => {
      await leave();
      const made = { model: 'sora-2', prompt: 'a boat', options: { seconds: '4', size: '1280x720' } };
      const again = await desk.ask({ at: 'summary', request: made }, enter);
      assert.deepEqual(again?.request, made);
      const remix = await desk.ask(
        { at: 'prompt', request: { model: 'sora-2', remixOf: 'video_1' } },
        enter,
        enter,
      );
      assert.deepEqual(remix?.request, {
        model: 'sora-2',
        prompt: 'a boat',
        options: {},
        remixOf: 'video_1',
      });
    });

    it('goes on with a remix, or makes it anew', async () => {
      const remix: WizardOptions = { at: 'prompt', request: { model: 'sora-2', remixOf: 'video_1' } };
      await desk.ask(remix, write('at night'), escape);
      const result = await desk.ask(first, enter, enter);
      assert.equal(result?.request.remixOf, 'video_1');
      assert.match(desk.text(0).prompt ?? '', /^A remix of an earlier video\. Your draft/);
      const anew = await desk.ask(first, press('Make It Anew, Not as a Remix'), enter, enter, enter, enter);
      assert.deepEqual(anew?.request, {
        ...{ model: 'sora-2', prompt: 'at night' },
        options: { seconds: '4', size: '720x1280' },
      });
    });

    it('can leave them out where it has several lines', async () => {
      await desk.ask(
        { at: 'afterPrompt', request: { model: i2v, prompt: 'one\ntwo', images: boat }, promptIsDraft: true },
        escape,
      );
      await desk.ask(first, choose('Leave the Image Out'), escape);
      assert.equal(desk.pick(0).prompt, 'From one image.');
      assert.ok(!labels(desk.pick(1)).some((label) => label.includes('Image')));
    });

    it('is a draft all the same where the images make no sense', async () => {
      for (const images of [
        7,
        [{}],
        [
          { role: 'first', source: 'a' },
          { role: 'first', source: 'b' },
        ],
      ]) {
        await desk.workspace.update(MEMENTOS.draft, { prompt: 'x', options: {}, images });
        await desk.ask(first, escape);
        assert.equal(desk.text(0).value, 'x');
        assert.ok(!desk.text(0).prompt?.includes('image'));
      }
    });
  });

  describe('with presets', () => {
    const wide = { model: 'veo-3.0-generate-001', options: { aspectRatio: '9:16', durationSeconds: 8 } };
    const rain = { model: 'sora-2', prompt: 'rain on a roof', options: { seconds: '12' } };

    beforeEach(() => {
      desk.models = catalog.listedModels;
      desk.presets = { 'Tall veo': wide, Rain: rain };
    });

    it('asks what to start from, and New Video leads to the prompt', async () => {
      const result = await desk.ask(first, choose('New Video'), write('a kite'), enter, enter, enter);
      assert.equal(result?.request.prompt, 'a kite');
      assert.deepEqual(desk.inputs.places, ['1/6', '3/6', '4/6', '5/6', '6/6']);
      const start = desk.pick(0);
      assert.deepEqual(labels(start), ['$(add) New Video', 'presets', 'Rain', 'Tall veo']);
      assert.equal(start.activeItems[0]?.label, '$(add) New Video');
      assert.equal(start.items[2]?.description, 'sora-2 · 12 seconds · 720 × 1280, portrait');
      assert.equal(start.items[2].detail, '“rain on a roof”');
      assert.equal(start.items[3]?.detail, 'The prompt is asked for.');
      assert.equal(start.items[0]?.detail, undefined);
    });

    it('does not ask where there is none, and who brings something along is not asked', async () => {
      await desk.ask({ at: 'prompt', request: { prompt: 'a boat' } }, escape);
      await desk.ask({ at: 'prompt', request: { model: 'sora-2', remixOf: 'video_1' } }, escape);
      assert.ok(desk.inputs.shown.every((input) => input instanceof FakeText));
      desk.presets = { Odd: 7 };
      await desk.ask(first, escape);
      assert.deepEqual(desk.inputs.places, ['2/5']);
    });

    it('names the draft at New Video', async () => {
      desk.presets = {};
      await desk.ask(first, write('my draft'), escape);
      desk.presets = { Rain: rain };
      await desk.ask(first, enter, escape);
      assert.equal(desk.pick(0).items[0]?.description, 'goes on with your draft');
      assert.equal(desk.pick(0).items[0]?.detail, '“my draft”');
      assert.equal(desk.text(1).value, 'my draft');
    });

    it('fills in model, options and prompt; the model is a button away, and Back leads to the list', async () => {
      const result = await desk.ask(
        first,
        ...[choose('Rain'), press(), choose('Rain'), press('Choose Another Model'), press()],
        (input) => {
          assert.ok(input instanceof FakeText);
          assert.equal(input.value, 'rain on a roof');
          assert.deepEqual(input.valueSelection, [14, 14]);
          enter(input);
        },
        ...[enter, enter, enter],
      );
      assert.deepEqual(result?.request, {
        ...{ model: 'sora-2', prompt: 'rain on a roof' },
        options: { seconds: '12', size: '720x1280' },
      });
      assert.deepEqual(
        desk.inputs.places.map((place) => place.split('/')[0]),
        ['1', '3', '1', '3', '2', '3', '4', '5', '6'],
      );
      // The list shows again what was chosen.
      assert.equal(desk.pick(2).activeItems[0]?.label, 'Rain');
      // What is unchanged has a place of its own, and is no draft.
      assert.equal(desk.memory.draft(), undefined);
    });

    it('asks for the prompt where the preset has none', async () => {
      const tall = [choose('Tall veo'), write('a tower'), enter, enter, enter] as const;
      const result = await desk.ask(first, ...tall, enter);
      assert.deepEqual(
        [result?.request.prompt, result?.request.model, result?.request.options?.['aspectRatio']],
        ['a tower', 'veo-3.0-generate-001', '9:16'],
      );
      assert.equal(result?.request.options?.['durationSeconds'], 8);
    });

    it('starts from New Video after a look at a preset as if nothing had been', async () => {
      const result = await desk.ask(
        first,
        ...[choose('Rain'), press(), choose('New Video'), write('a kite'), enter, enter, enter],
      );
      assert.deepEqual(result?.request, {
        ...{ model: 'sora-2', prompt: 'a kite' },
        options: { seconds: '4', size: '720x1280' },
      });
    });

    it('takes no images of a draft along', async () => {
      await desk.workspace.update(MEMENTOS.draft, {
        ...{ prompt: 'a boat', options: {} },
        images: [{ role: 'first', source: 'file:///boat.png' }],
      });
      const result = await desk.ask(first, choose('Tall veo'), enter, enter, enter, enter, enter);
      assert.equal(result?.request.images, undefined);
      assert.equal(result?.request.model, 'veo-3.0-generate-001');
    });

    it('leaves out with images what can’t take them, and the other way round; both are said', async () => {
      desk.presets = { Rain: rain, Still: { model: 'wan2.5-i2v-preview' }, 'Tall veo': wide, Odd: {} };
      await desk.ask(first, escape);
      assert.deepEqual(labels(desk.pick(0)).slice(2), ['Rain', 'Tall veo']);
      assert.match(desk.pick(0).prompt ?? '', /Odd .*Needs other images: 1$/);
      const images = [{ role: 'first', source: 'file:///boat.png' }] as const;
      const start: WizardOptions = {
        at: 'prompt',
        request: { images },
        images: new FakeImagesAlong('It is padded.', 0),
      };
      const result = await desk.ask(start, choose('Still'), write('a'), enter, enter, enter);
      assert.deepEqual([result?.request.model, result?.request.images], ['wan2.5-i2v-preview', images]);
      assert.match((desk.inputs.shown.at(-1) as FakePick).prompt ?? '', /It is padded/);
    });

    it('asks for the family of a model that nobody knows', async () => {
      desk.presets = { Studio: { model: 'studio-x', prompt: 'a' } };
      const result = await desk.ask(
        first,
        ...[choose('Studio'), press(), choose('Studio'), choose('wan'), enter, enter, enter, enter],
      );
      assert.equal(result?.request.model, 'studio-x');
      assert.equal(result.request.options?.['size'], '1280*720');
      assert.deepEqual(
        desk.remembered.map(({ id }) => id),
        ['studio-x'],
      );
    });

    it('removes one by its button, and goes on without the step when it was the last', async () => {
      await desk.ask(first, pressAt('Rain'), pressAt('Tall veo'), write('a kite'), escape);
      assert.deepEqual(labels(desk.pick(1)).slice(2), ['Tall veo']);
      assert.deepEqual(desk.inputs.places, ['1/6', '1/6', '2/5', '3/5']);
    });

    it('leads to the settings', async () => {
      assert.equal(await desk.ask(first, press('Edit Presets in Settings')), undefined);
      assert.deepEqual(desk.opened, ['settings']);
    });

    it('saves what the last step shows, and comes back to it', async () => {
      desk.presets = {};
      const result = await desk.ask(
        first,
        ...[write('a kite'), choose('8 seconds'), enter, choose('Save as Preset…'), enter],
      );
      assert.deepEqual(desk.saved, [result?.request]);
    });
  });

  describe('with several lines', () => {
    const prompt = 'one\r\ntwo';

    it('never puts them into an input box, which would join them', async () => {
      await desk.ask({ at: 'afterPrompt', request: { prompt }, promptIsDraft: true }, press(), escape);
      const pick = desk.pick(1);
      assert.deepEqual(labels(pick), [
        '$(check) Use This Prompt',
        '$(new-file) Edit in an Editor',
        '$(clear-all) Write a New Prompt',
        '$(list-selection) Choose Another Model',
      ]);
      assert.equal(pick.items[0]?.description, '2 lines, 8 characters');
    });

    it('offers a draft of several lines again', async () => {
      await desk.ask({ at: 'afterPrompt', request: { prompt }, promptIsDraft: true }, escape);
      const result = await desk.ask(first, choose('Continue with Your Draft'), enter, enter, enter);
      assert.equal(result?.request.prompt, prompt);
    });

    it('opens the draft in an editor', async () => {
      await desk.ask({ at: 'afterPrompt', request: { prompt }, promptIsDraft: true }, escape);
      assert.equal(await desk.ask(first, choose('Edit in an Editor')), undefined);
      assert.deepEqual(desk.opened, [prompt]);
    });
  });

  it('takes what was typed to an editor', async () => {
    await desk.ask(first, (input) => {
      assert.ok(input instanceof FakeText);
      input.type('a kite ');
      press('Write in an Editor')(input);
    });
    assert.deepEqual(desk.opened, ['a kite ']);
  });

  it('begins anew where what it remembers makes no sense', async () => {
    for (const nonsense of [42, null, { prompt: 7 }, { prompt: 'x', options: { seconds: {} } }]) {
      await desk.workspace.update(MEMENTOS.draft, nonsense);
      await desk.global.update(MEMENTOS.last, nonsense);
      await desk.ask(first, escape);
      assert.equal(desk.text(0).value, '');
    }
    await desk.workspace.update(MEMENTOS.draft, { prompt: 'x', model: 'gone', options: { seconds: '99' } });
    const result = await desk.ask(first, enter, enter, enter, enter);
    assert.deepEqual(result?.request.options, { seconds: '4', size: '720x1280' });
    assert.equal(result.request.model, 'sora-2');
  });

  it('does its work where nothing can be remembered', async () => {
    desk.workspace.update = desk.global.update = () => Promise.reject(new Error('no room'));
    const result = await desk.ask(first, write('a kite'), enter, enter, enter);
    assert.equal(result?.request.prompt, 'a kite');
  });
});
