import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { encodePng } from '../../src/core/images/pngWriter';
import { loadImage } from '../gateway/image';
import { quarters } from '../unit/images/testImages';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, pictures } from './themes';
import { until } from './waiting';

/** Goes back a step, as each system has it. */
const BACK =
  process.platform === 'win32'
    ? 'Alt+ArrowLeft'
    : process.platform === 'darwin'
      ? 'Control+Minus'
      : 'Control+Alt+Minus';

/** A question behind the prompt: the choices, as they stand there, and the one that is taken; or what is written. */
type Question =
  | { readonly choices: readonly string[]; readonly take: string }
  | { readonly hint: RegExp; readonly write: string };

/** What a person meets with one model of a family. */
interface Run {
  readonly family: string;
  readonly model: string;
  readonly questions: readonly Question[];
  /** The words of the last step, behind the model. */
  readonly summary: string;
  /** The options that have no step, as More Options lists them; none where it is absent. */
  readonly more: readonly string[];
  /** The body but for model and prompt. */
  readonly body: (prompt: string) => object;
}

const seconds = (from: number, to: number, step = 1) =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => `${from + index * step} seconds`);
const veoShapes = ['16:9, landscape', '9:16, portrait'];
const tiers = ['480p', '720p', '1080p'];

const runs: readonly Run[] = [
  {
    family: 'sora',
    model: 'sora-2',
    questions: [
      { choices: seconds(4, 12, 4), take: '12 seconds' },
      { choices: ['720 × 1280, portrait', '1280 × 720, landscape'], take: '1280 × 720, landscape' },
    ],
    summary: '12 seconds · 1280 × 720, landscape',
    more: ['Name of the User', 'Extra Fields'],
    body: () => ({ seconds: '12', size: '1280x720' }),
  },
  {
    family: 'veo',
    model: 'veo-3.1-generate-preview',
    questions: [
      { choices: seconds(4, 8, 2), take: '8 seconds' },
      { choices: veoShapes, take: '9:16, portrait' },
      { choices: tiers.slice(1), take: '720p' },
    ],
    summary: '8 seconds · 9:16, portrait · 720p · silent',
    more: [
      ...['Sound', 'Number of Videos', 'Frames a Second', 'People', 'Watermark', 'Seed'],
      ...['Name of the User', 'Extra Fields'],
    ],
    body: () => ({
      ...{ durationSeconds: 8, aspectRatio: '9:16', resolution: '720p', generateAudio: false },
      ...{ sampleCount: 1, personGeneration: 'allow_all' },
    }),
  },
  {
    family: 'wan',
    model: 'wan2.5-t2v-preview',
    questions: [
      { choices: seconds(5, 10, 5), take: '10 seconds' },
      {
        choices: [
          ...['832 × 480, landscape', '480 × 832, portrait', '624 × 624, square'],
          ...['1280 × 720, landscape', '720 × 1280, portrait', '960 × 960, square'],
          ...['1088 × 832, landscape', '832 × 1088, portrait', '1920 × 1080, landscape'],
          ...['1080 × 1920, portrait', '1440 × 1440, square', '1632 × 1248, landscape'],
          '1248 × 1632, portrait',
        ],
        take: '624 × 624, square',
      },
    ],
    summary: '10 seconds · 624 × 624, square · silent',
    more: ['Rewriting of the Prompt', 'Sound', 'Link to a Sound File', 'Seed', 'Extra Fields'],
    body: () => ({
      ...{ duration: 10, size: '624*624', resolution: '480p' },
      ...{ smart_rewrite: false, generate_audio: false },
    }),
  },
  {
    family: 'seedance',
    model: 'doubao-seedance-1-0-pro-250528',
    questions: [
      { choices: seconds(2, 12), take: '2 seconds' },
      {
        choices: [
          ...['16:9, landscape', '4:3, landscape', '1:1, square'],
          ...['3:4, portrait', '9:16, portrait', '21:9, landscape'],
        ],
        take: '21:9, landscape',
      },
      { choices: tiers, take: '480p' },
    ],
    summary: '2 seconds · 21:9, landscape · 480p',
    more: ['Seed', 'Camera', 'Watermark', 'Extra Fields'],
    body: (prompt) => ({
      metadata: { content: [{ type: 'text', text: `${prompt} --rs 480p --ratio 21:9 --dur 2 --wm false` }] },
    }),
  },
  {
    family: 'legacy',
    model: 'kling-v1',
    questions: [{ hint: /a number from 1 to 60/, write: '7.5' }],
    summary: '7.5 seconds',
    more: [
      ...['Width', 'Height', 'Frames a Second', 'Seed', 'Number of Videos', 'Shape', 'Mode'],
      ...['Closeness to the Prompt', 'What Not to Show', 'Quality', 'Name of the User'],
      ...['More for the Provider', 'Extra Fields'],
    ],
    body: () => ({ duration: 7.5, n: 1 }),
  },
];

/** Each family's questions through the real workbench, with the keyboard alone, up to the request that arrives. */
describe('each family of models', function () {
  const stage = useStage({
    name: 'families',
    render: { unknownMs: 0, queuedMs: 600_000, runningMs: 600_000 },
    settings: FOLLOWS_SYSTEM,
    prepare: ({ profile }) =>
      fs.writeFileSync(path.join(profile.workspace, 'boat.png'), encodePng(quarters(900, 700))),
  });

  const widget = () => stage.window.page.locator('.quick-input-widget:visible');
  const bodies = () => stage.gateway.log.filter(({ kind }) => kind === 'submit').map(({ body }) => body);
  const rows = () => widget().locator('.quick-input-list .monaco-list-row');
  const focused = async () =>
    (await widget().locator('.monaco-list-row.focused').innerText()).replace(/\s+/g, ' ');

  /** Waits for the step with this title and count. */
  async function atStep(title: string, count: string): Promise<void> {
    const text = `${title} (${count})`;
    await widget()
      .locator('.quick-input-title')
      .getByText(text, { exact: true })
      .waitFor({ timeout: 20_000 });
  }

  /** The labels of the list, in its order; separators have none. */
  async function labels(): Promise<string[]> {
    const found = await Promise.all(
      (await rows().all()).map(async (row) => ({
        index: Number(await row.getAttribute('data-index')),
        // The line below has a label of its own.
        label: (await row.locator('.label-name').allInnerTexts())[0]?.trim() ?? '',
      })),
    );
    return found
      .sort((one, other) => one.index - other.index)
      .map(({ label }) => label)
      .filter((label) => label !== '');
  }

  async function closed(): Promise<void> {
    await stage.window.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  async function run(title: string): Promise<void> {
    await stage.window.press('F1');
    await stage.window.type(title);
    await stage.window.quickPickRow(title).waitFor();
    await stage.window.press('Enter');
  }

  async function picture(name: string): Promise<void> {
    // Colours and icons settle a moment after the text.
    await stage.window.page.waitForTimeout(250);
    await stage.window.screenshot(`families-${name}`);
  }

  /** Takes what the filter leaves. */
  async function take(label: string): Promise<void> {
    await stage.window.type(label);
    await stage.window.quickPickRow(label).waitFor();
    await stage.window.press('Enter');
  }

  /** Opens the wizard, and leads to the prompt with this model. */
  async function openWith(model: string, of: number): Promise<void> {
    await run('Nebula Video: Generate Video…');
    await widget()
      .locator('.quick-input-title')
      .getByText(/\(2\/\d\)$/)
      .waitFor({ timeout: 20_000 });
    await stage.window.press(BACK);
    await widget()
      .locator('.quick-input-title')
      .getByText(/^Generate Video \(1\/\d\)$/)
      .waitFor();
    await take(model);
    await atStep(`Generate Video with ${model}`, `2/${of}`);
  }

  /** Waits for the last step, which takes no key that comes too soon after another one. */
  async function atSummary(title: string, of: number): Promise<void> {
    await atStep(title, `${of}/${of}`);
    await stage.window.page.waitForTimeout(600);
  }

  /** Presses the Enter that pays. */
  async function pay(): Promise<void> {
    const before = bodies().length;
    await stage.window.press('Enter');
    await until('the request arrives', () => bodies().length === before + 1 && bodies().at(-1) !== undefined);
    await closed();
  }

  before(async () => {
    await stage.window.page.emulateMedia({ colorScheme: 'dark' });
  });

  for (const { family, model, questions, summary, more, body } of runs) {
    it(`${family}: asks what ${model} takes, shows it, and sends just that`, async () => {
      const of = questions.length + 3;
      const title = `Generate Video with ${model}`;
      await openWith(model, of);
      const prompt = `a kite over the sea, made by ${family}`;
      await stage.window.type(prompt);
      await picture(`${family}-2-prompt-dark`);
      await stage.window.press('Enter');
      for (const [index, question] of questions.entries()) {
        await atStep(title, `${index + 3}/${of}`);
        await picture(`${family}-${index + 3}-dark`);
        if ('choices' in question) {
          assert.deepEqual(await labels(), question.choices);
          await take(question.take);
        } else {
          assert.match(await widget().innerText(), question.hint);
          await stage.window.press('Control+KeyA');
          await stage.window.type(question.write);
          await stage.window.press('Enter');
        }
      }
      await atSummary(title, of);
      assert.deepEqual(await labels(), ['Generate Video', 'More Options…', 'Save as Preset…']);
      const words = await focused();
      assert.ok(words.includes(`${model} · ${summary} Goes to 127.0.0.1`), words);
      assert.match(words, /The price is set by Nebula\./);
      await picture(`${family}-${of}-summary-dark`);
      await stage.window.press('ArrowDown', 'Enter');
      await widget()
        .getByText(more[0] ?? '', { exact: true })
        .waitFor();
      assert.deepEqual(await labels(), more);
      await picture(`${family}-more-dark`);
      await stage.window.press(BACK);
      await widget().getByText('More Options…').waitFor();
      await atSummary(title, of);
      await pay();
      assert.deepEqual(bodies().at(-1), { model, prompt, ...body(prompt) });
    });
  }

  it('wan: makes a video from an image of the explorer, and says what is sent of it', async () => {
    const model = 'wan2.5-i2v-preview';
    await run('File: Focus on Files Explorer');
    await stage.window.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
    await stage.window.press('Home', 'Shift+F10');
    const entry = stage.window.page.locator('.monaco-menu').getByText('Generate Video from Image…');
    await entry.waitFor();
    for (let presses = 0; presses < 40; presses++) {
      await stage.window.press('ArrowDown');
      const active = stage.window.page.locator('.monaco-menu .action-item.focused');
      if ((await active.innerText()).includes('Generate Video from Image')) break;
    }
    await picture('image-menu-dark');
    await stage.window.press('Enter');
    await widget()
      .getByText('Select how images are used')
      .or(widget().getByText('First Frame'))
      .first()
      .waitFor();
    await picture('image-role-dark');
    await take('First Frame');
    await widget()
      .locator('.quick-input-title')
      .getByText(/\(2\/\d\)$/)
      .waitFor();
    await stage.window.press(BACK);
    await widget()
      .locator('.quick-input-title')
      .getByText(/^Generate Video \(1\/\d\)$/)
      .waitFor();
    await take(model);
    await atStep(`Generate Video with ${model}`, '2/5');
    await stage.window.type('the boat drifts away');
    await picture('image-2-prompt-dark');
    await stage.window.press('Escape');
    await closed();
    // The draft has its image the next time.
    await run('Nebula Video: Generate Video…');
    await atStep(`Generate Video with ${model}`, '2/5');
    await widget().getByText('From one image.', { exact: false }).waitFor();
    await picture('image-2-draft-dark');
    await stage.window.press('Enter');
    await atStep(`Generate Video with ${model}`, '3/5');
    await take('5 seconds');
    await atStep(`Generate Video with ${model}`, '4/5');
    assert.deepEqual(await labels(), tiers);
    await take('480p');
    await atSummary(`Generate Video with ${model}`, 5);
    assert.ok(
      (await focused()).includes(`${model} · one image · 5 seconds · 480p · silent`),
      await focused(),
    );
    await picture('image-5-summary-dark');
    await pay();
    const { image, ...others } = bodies().at(-1) as { image: string };
    assert.deepEqual(others, {
      ...{ model, prompt: 'the boat drifts away', duration: 5, resolution: '480p' },
      ...{ smart_rewrite: false, generate_audio: false },
    });
    const sent = await loadImage(image);
    assert.ok(sent && sent.width / sent.height > 1.2);
  });

  it('takes any other model by its id, and asks for its family where that is not clear', async () => {
    await openWith('sora-2', 5);
    await stage.window.press(BACK);
    await atStep('Generate Video', '1/5');
    await stage.window.type('Another');
    await stage.window.quickPickRow('Another Model…').waitFor();
    await picture('another-item-dark');
    await stage.window.press('Enter');
    await atStep('Another Model', '1/5');
    await stage.window.type('two words');
    await widget().getByText('letters, digits', { exact: false }).waitFor();
    await picture('another-wrong-dark');
    await stage.window.press('Control+KeyA');
    await stage.window.type('studio-x');
    await pictures(stage.window, 'families-another');
    await stage.window.press('Enter');
    await widget().getByText('Which models is', { exact: false }).or(rows().first()).first().waitFor();
    await widget().getByText('Like Google’s Veo', { exact: false }).waitFor();
    assert.deepEqual(
      await labels(),
      runs.map(({ family }) => family),
    );
    await pictures(stage.window, 'families-another-family');
    await take('veo');
    await atStep('Generate Video with studio-x', '2/6');
    await stage.window.press(BACK);
    await atStep('Generate Video', '1/6');
    assert.match(await focused(), /studio-x/);
    await pictures(stage.window, 'families-models');
    await stage.window.press('Escape');
    await closed();
    const settings = path.join(stage.session.profile.userData, 'User', 'settings.json');
    assert.match(fs.readFileSync(settings, 'utf8').replace(/\s+/g, ''), /\{"id":"studio-x","family":"veo"\}/);
  });

  it('saves a request as a preset, starts from it, and removes it', async () => {
    const before = bodies().length;
    await openWith('sora-2', 5);
    await stage.window.type('a lighthouse in the rain');
    for (const count of ['3/5', '4/5', '5/5']) {
      await stage.window.press('Enter');
      await atStep('Generate Video with sora-2', count);
    }
    await atSummary('Generate Video with sora-2', 5);
    const shown = /sora-2 · (.*?) Goes to/.exec(await focused())?.[1] ?? '';
    assert.notEqual(shown, '');
    await take('Save as Preset…');
    await widget().getByText('Preset name').waitFor();
    await stage.window.type('Lighthouse');
    await pictures(stage.window, 'families-preset-name');
    await stage.window.press('Enter');
    await rows().getByText('Prompt, Model, and Options').waitFor();
    await picture('preset-prompt-dark');
    await stage.window.press('Enter');
    await rows().getByText('Workspace', { exact: true }).waitFor();
    await picture('preset-scope-dark');
    await stage.window.press('Enter');
    await atStep('Generate Video with sora-2', '5/5');
    await stage.window.press('Escape');
    await closed();

    await run('Nebula Video: Generate Video…');
    await atStep('Generate Video', '1/6');
    assert.deepEqual(await labels(), ['New Video', 'Lighthouse']);
    assert.match(await focused(), /New Video.*goes on with your draft.*a lighthouse in the rain/);
    await pictures(stage.window, 'families-start');
    await take('Lighthouse');
    await atStep('Generate Video with sora-2', '3/6');
    assert.equal(await stage.window.quickInput().inputValue(), 'a lighthouse in the rain');
    await picture('start-prompt-dark');
    await stage.window.press(BACK);
    await atStep('Generate Video', '1/6');
    assert.ok((await focused()).startsWith('Lighthouse'));
    assert.ok((await focused()).includes(`sora-2 · ${shown}`));
    await rows().filter({ hasText: 'Lighthouse' }).last().hover();
    await picture('start-hover-dark');
    await rows()
      .filter({ hasText: 'Lighthouse' })
      .last()
      .getByRole('button', { name: 'Remove Preset' })
      .click();
    const dialog = stage.window.page.locator('.monaco-dialog-box');
    await dialog.getByText("Delete preset 'Lighthouse'?").waitFor();
    await picture('preset-remove-dark');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await atStep('Generate Video with sora-2', '2/5');
    await stage.window.press('Escape');
    await closed();
    assert.equal(bodies().length, before);
  });
});
