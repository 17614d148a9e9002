import { strict as assert } from 'node:assert';
import { english } from '../../../src/core/common/l10n';
import type { Model } from '../../../src/core/models/catalogue';
import type { Family } from '../../../src/core/models/family';
import { sora } from '../../../src/core/models/sora';
import { askForVideo, type WizardStart } from '../../../src/editor/wizard/generateWizard';
import { MEMENTOS, WizardMemory } from '../../../src/editor/wizard/wizardMemory';
import { FakeMemento } from '../../support/fakeMemento';
import {
  FakePick,
  FakeQuickInputs,
  FakeText,
  choose,
  enter,
  escape,
  press,
  write,
  type Deed,
} from '../../support/fakeQuickInputs';

const still: Family = {
  ...sora,
  id: 'still',
  prefix: 'still-',
  // Nobody is asked about an option with one value.
  choices: [
    { name: 'seconds', values: ['5'], initial: '5' },
    { name: 'ratio', values: ['16:9', '1:1'], initial: '16:9' },
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
  readonly memory = new WizardMemory({ workspace: this.workspace, global: this.global, log: silent });
  readonly opened: string[] = [];
  inputs = new FakeQuickInputs();
  models: readonly Model[] = oneModel;

  async ask(start: WizardStart, ...deeds: Deed[]) {
    this.inputs = new FakeQuickInputs();
    this.inputs.plan(...deeds);
    const result = await askForVideo(
      {
        inputs: this.inputs,
        memory: this.memory,
        models: this.models,
        hintOf: (id) => (id === 'sora-2' ? 'It is old.' : undefined),
        host: () => 'gateway.example',
        openEditor: (prompt) => {
          this.opened.push(prompt);
          return Promise.resolve();
        },
        language: 'en',
        l10n: english,
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

const first: WizardStart = { at: 'first' };
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
    assert.deepEqual(desk.inputs.places, ['1/4', '2/4', '3/4', '4/4']);
    const summary = desk.pick(3);
    assert.equal(summary.items.length, 1);
    assert.equal(summary.items[0]?.label, '$(play) Generate Video');
    assert.equal(summary.items[0].description, 'sora-2 · 8 seconds · 1280 × 720, landscape');
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
      { at: 'afterPrompt', request: { prompt }, written: true },
      enter,
      enter,
      enter,
    );
    assert.equal(result?.request.prompt, prompt);
    assert.deepEqual(desk.inputs.places, ['2/4', '3/4', '4/4']);
  });

  it('shows a prompt as it is, without making icons or links of it', async () => {
    await desk.ask(first, write('$(play) [here](command:x)'), enter, enter, escape);
    assert.ok(desk.pick(3).prompt?.startsWith('“\\$(play) [here]\u200b(command:x)”'));
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
      [1, 2, 3, 4, 3, 2, 1, 2, 3, 4].map((number) => `${number}/4`),
    );
    assert.equal(desk.pick(5).activeItems[0]?.label, '12 seconds');
    assert.equal(desk.text(6).value, 'a kite');
    // To go on writing, not to replace it.
    assert.deepEqual(desk.text(6).valueSelection, [6, 6]);
  });

  it('has no Back at its first step', async () => {
    await desk.ask(first, escape);
    assert.deepEqual(
      desk.text(0).buttons.map(({ tooltip }) => tooltip),
      ['Write in an Editor'],
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
    const result = await desk.ask({ at: 'first', request: { prompt: 'a boat' } }, enter, enter, enter, enter);
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
    const result = await desk.ask(first, choose('still-1'), write('a kite'), choose('1:1'), enter);
    assert.deepEqual(result?.request, {
      model: 'still-1',
      prompt: 'a kite',
      options: { seconds: '5', ratio: '1:1' },
    });
    assert.deepEqual(desk.inputs.places, ['1/5', '2/4', '3/4', '4/4']);
  });

  it('groups models by family, and marks the one used last', async () => {
    desk.models = threeModels;
    await desk.ask(first, choose('sora-2-pro'), write('a kite'), enter, enter, enter);
    await desk.memory.forgetDraft();
    await desk.ask(first, escape);
    const pick = desk.pick(0);
    assert.deepEqual(labels(pick), ['sora', 'sora-2', 'sora-2-pro', 'still', 'still-1']);
    assert.deepEqual(marks(pick), [undefined, undefined, 'last used', undefined, undefined]);
    assert.equal(pick.items[1]?.detail, 'It is old.');
    assert.equal(pick.activeItems[0]?.label, 'sora-2-pro');
  });

  it('keeps the answers that another model understands', async () => {
    desk.models = threeModels;
    const result = await desk.ask(
      first,
      choose('sora-2'),
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

  describe('with a request of an earlier task', () => {
    const request = {
      model: 'sora-2',
      prompt: 'one\ntwo',
      options: { seconds: '12', size: '1280x720', user: 'me' },
    };

    it('begins with the last word, and asks for the very same', async () => {
      const result = await desk.ask({ at: 'summary', request }, enter);
      assert.deepEqual(result, { request, written: false });
      assert.deepEqual(desk.inputs.places, ['4/4']);
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
      assert.deepEqual(desk.inputs.places, ['4/4', '3/4', '2/4', '1/4', '1/4', '2/4', '3/4', '4/4']);
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
    const kite: WizardStart = { at: 'prompt', request: { ...request, prompt: 'a kite' } };

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

  describe('with several lines', () => {
    const prompt = 'one\r\ntwo';

    it('never puts them into an input box, which would join them', async () => {
      await desk.ask({ at: 'afterPrompt', request: { prompt }, written: true }, press(), escape);
      const pick = desk.pick(1);
      assert.deepEqual(labels(pick), [
        '$(check) Use This Prompt',
        '$(new-file) Edit in an Editor',
        '$(clear-all) Write a New Prompt',
      ]);
      assert.equal(pick.items[0]?.description, '2 lines, 8 characters');
    });

    it('offers a draft of several lines again', async () => {
      await desk.ask({ at: 'afterPrompt', request: { prompt }, written: true }, escape);
      const result = await desk.ask(first, choose('Continue with Your Draft'), enter, enter, enter);
      assert.equal(result?.request.prompt, prompt);
    });

    it('opens the draft in an editor', async () => {
      await desk.ask({ at: 'afterPrompt', request: { prompt }, written: true }, escape);
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
