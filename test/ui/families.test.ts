import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { encodePng } from '../../src/core/images/pngWriter';
import { loadImage } from '../gateway/image';
import { quarters } from '../unit/images/testImages';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, TAKES_SCREENSHOTS, pictures } from './themes';
import { WizardPage } from './wizardPage';

/** The steps of a user with one model of a family. */
interface Run {
  readonly family: string;
  readonly model: string;
  readonly name: string;
  /** The rows after the model, as a screen reader reads them. */
  readonly rows: readonly string[];
  /** Rows that are changed, in turn, and the values to choose from; a text is typed. */
  readonly changes: readonly (readonly [
    row: string,
    value: string,
    choices: readonly string[] | undefined,
  ])[];
  /** The options under More Options. */
  readonly more: readonly string[];
  /** The body except for model and prompt. */
  readonly body: (prompt: string) => object;
}

const seconds = (from: number, to: number, step = 1) =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => `${from + index * step} s`);
const tiers = ['480p', '720p', '1080p'];

const runs: readonly Run[] = [
  {
    ...{ family: 'sora', model: 'sora-2', name: 'Sora 2' },
    rows: ['Length, 4 s', 'Size, 720×1280 (portrait)'],
    changes: [
      ['Length', '12 s', seconds(4, 12, 4)],
      ['Size', '1280×720 (landscape)', ['720×1280 (portrait)', '1280×720 (landscape)']],
    ],
    more: ['User ID', 'Extra Fields'],
    body: () => ({ seconds: '12', size: '1280x720' }),
  },
  {
    ...{ family: 'veo', model: 'veo-3.1-generate-preview', name: 'Veo 3.1' },
    rows: [
      ...['Length, 4 s', 'Aspect Ratio, 16:9 (landscape)', 'Resolution, 1080p', 'Audio, off'],
      ...['Videos, 1', 'Seed, Default'],
    ],
    changes: [
      ['Length', '8 s', seconds(4, 8, 2)],
      ['Aspect Ratio', '9:16 (portrait)', ['16:9 (landscape)', '9:16 (portrait)']],
      ['Resolution', '720p', tiers.slice(1)],
      ['Audio', 'on', ['on', 'off']],
    ],
    more: ['Frame Rate', 'Person Generation', 'Watermark', 'User ID', 'Extra Fields'],
    body: () => ({
      ...{ durationSeconds: 8, aspectRatio: '9:16', resolution: '720p', generateAudio: true },
      ...{ sampleCount: 1, personGeneration: 'allow_all' },
    }),
  },
  {
    ...{ family: 'wan', model: 'wan2.5-t2v-preview', name: 'Wan 2.5 Text to Video' },
    rows: [
      ...['Length, 5 s', 'Size, 1280×720 (landscape)', 'Resolution, 720p', 'Audio, off'],
      ...['Audio URL, Default', 'Seed, Default'],
    ],
    changes: [
      ['Length', '10 s', seconds(5, 10, 5)],
      [
        'Size',
        '624×624',
        [
          ...['832×480 (landscape)', '480×832 (portrait)', '624×624', '1280×720 (landscape)'],
          ...['720×1280 (portrait)', '960×960', '1088×832 (landscape)', '832×1088 (portrait)'],
          ...['1920×1080 (landscape)', '1080×1920 (portrait)', '1440×1440', '1632×1248 (landscape)'],
          '1248×1632 (portrait)',
        ],
      ],
    ],
    more: ['Prompt Rewriting', 'Extra Fields'],
    body: () => ({
      ...{ duration: 10, size: '624*624', resolution: '480p' },
      ...{ smart_rewrite: false, generate_audio: false },
    }),
  },
  {
    ...{ family: 'seedance', model: 'doubao-seedance-1-0-pro-250528', name: 'Seedance 1.0 Pro' },
    rows: ['Length, 5 s', 'Aspect Ratio, 16:9 (landscape)', 'Resolution, 720p', 'Seed, Default'],
    changes: [
      ['Length', '2 s', seconds(2, 12)],
      [
        'Aspect Ratio',
        '21:9 (landscape)',
        [
          ...['16:9 (landscape)', '4:3 (landscape)', '1:1'],
          ...['3:4 (portrait)', '9:16 (portrait)', '21:9 (landscape)'],
        ],
      ],
      ['Resolution', '480p', tiers],
    ],
    more: ['Fixed Camera', 'Watermark', 'Extra Fields'],
    body: (prompt) => ({
      metadata: { content: [{ type: 'text', text: `${prompt} --rs 480p --ratio 21:9 --dur 2 --wm false` }] },
    }),
  },
  {
    ...{ family: 'legacy', model: 'kling-v1', name: 'Kling 1' },
    rows: [
      ...['Length, 5 s', 'Width, Default', 'Height, Default', 'Seed, Default', 'Videos, 1'],
      ...['Aspect Ratio, Default', 'Negative Prompt, Default'],
    ],
    changes: [['Length', '7.5', undefined]],
    more: [...['Frame Rate', 'Mode', 'Guidance Scale', 'Quality', 'User ID', 'Metadata', 'Extra Fields']],
    body: () => ({ duration: 7.5, n: 1 }),
  },
];

/** Each family's form through the real workbench, up to the request that arrives. */
describe('each family of models', function () {
  const stage = useStage({
    name: 'families',
    render: { unknownMs: 0, queuedMs: 600_000, runningMs: 600_000 },
    settings: FOLLOWS_SYSTEM,
    prepare: ({ profile }) =>
      fs.writeFileSync(path.join(profile.workspace, 'boat.png'), encodePng(quarters(900, 700))),
  });
  const wizard = new WizardPage(stage);
  const labels = async () => (await wizard.rows()).map((text) => text.split(', ')[0] ?? '');
  const look = (name: string) => pictures(stage.window, `families-${name}`);

  async function picture(name: string): Promise<void> {
    if (!TAKES_SCREENSHOTS) return;
    // Colors and icons settle a moment after the text.
    await stage.window.page.waitForTimeout(250);
    await stage.window.screenshot(`families-${name}`);
  }

  /** Opens the wizard with this model and goes to the summary. */
  async function openSummary(name: string, prompt: string): Promise<void> {
    await wizard.open();
    await wizard.press('Model');
    await stage.window.quickPickRow(name).waitFor();
    await wizard.take(name);
    await wizard.atPrompt();
    await stage.window.press('Control+KeyA');
    await stage.window.type(prompt);
    await stage.window.press('Enter');
    await wizard.atSummary();
  }

  before(async () => {
    await stage.window.page.emulateMedia({ colorScheme: 'dark' });
  });

  for (const { family, model, name, rows, changes, more, body } of runs) {
    it(`${family}: shows what ${model} takes as rows, and sends just that`, async () => {
      const prompt = `a kite over the sea, by ${family}`;
      await openSummary(name, prompt);
      assert.equal(await wizard.title(), `Generate Video · ${name}`);
      const shown = await wizard.rows();
      const sources = ['Images, none', ...(family === 'sora' ? ['Remix Source, none'] : [])];
      assert.ok(shown[1]?.startsWith(`Model, ${name} · ${model}`), shown[1]);
      assert.deepEqual(shown.slice(2), [...rows, ...sources, 'More Options…', 'Save as Preset…']);
      await picture(`${family}-summary-dark`);
      await wizard.take('More Options…');
      await stage.window.quickPickRow('Extra Fields').waitFor();
      assert.deepEqual(await labels(), more);
      await picture(`${family}-more-dark`);
      await wizard.back();
      await wizard.atSummary();
      for (const [row, value, choices] of changes) {
        if (choices) {
          await wizard.take(row);
          await stage.window.quickPickRow(value).waitFor();
          assert.deepEqual(await labels(), choices);
          await picture(`${family}-${row.replace(' ', '-')}-dark`);
          await wizard.take(value);
        } else {
          await wizard.take(row);
          await wizard.widget.getByText('Enter a number from 1 to 60.', { exact: false }).waitFor();
          await picture(`${family}-${row}-dark`);
          await stage.window.type(value);
          await stage.window.press('Enter');
        }
        await wizard.atSummary();
        assert.ok((await wizard.active()).startsWith(`${row}, ${value}`), await wizard.active());
      }
      await wizard.pay();
      assert.deepEqual(wizard.bodies.at(-1), { model, prompt, ...body(prompt) });
    });
  }

  it('wan: makes a video from an image of the explorer, and says what is sent of it', async () => {
    const [model, name] = ['wan2.5-i2v-preview', 'Wan 2.5 Image to Video'];
    await stage.window.runCommand('File: Focus on Files Explorer');
    await stage.window.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
    await stage.window.press('Home', 'Shift+F10');
    const entry = stage.window.page.locator('.monaco-menu').getByText('Generate Videos from Images…');
    await entry.waitFor();
    for (let presses = 0; presses < 40; presses++) {
      await stage.window.press('ArrowDown');
      const active = stage.window.page.locator('.monaco-menu .action-item.focused');
      if ((await active.innerText()).includes('Generate Videos from Images')) break;
    }
    await picture('image-menu-dark');
    await stage.window.press('Enter');
    await stage.window.quickPickRow('First Frame').waitFor();
    await picture('image-role-dark');
    await wizard.take('First Frame');
    await wizard.atPrompt();
    await wizard.widget.getByText('Images: 1 · Describe the video', { exact: false }).waitFor();
    await wizard.press('Model');
    await stage.window.quickPickRow(name).waitFor();
    await wizard.take(name);
    await wizard.atPrompt();
    await picture('image-prompt-dark');
    await stage.window.type('the boat drifts away');
    await stage.window.press('Enter');
    await wizard.atSummary();
    await wizard.set('Resolution', '480p');
    assert.deepEqual((await wizard.rows()).slice(1), [
      `Model, ${name} · ${model}`,
      // The length is the family's last choice.
      ...['Length, 10 s', 'Resolution, 480p', 'Audio, off', 'Audio URL, Default', 'Seed, Default'],
      ...['Images, 1', 'More Options…', 'Save as Preset…', 'Preview Images…'],
    ]);
    await look('image-summary');
    await wizard.take('Images');
    await stage.window.quickPickRow('Remove').waitFor();
    await picture('image-sources-dark');
    await wizard.back();
    await wizard.atSummary();
    await wizard.pay();
    const { image, ...others } = wizard.bodies.at(-1) as { image: string };
    assert.deepEqual(others, {
      ...{ model, prompt: 'the boat drifts away', duration: 10, resolution: '480p' },
      ...{ smart_rewrite: false, generate_audio: false },
    });
    const sent = await loadImage(image);
    assert.ok(sent && sent.width / sent.height > 1.2);
  });

  it('takes any other model by its ID, and asks for its family where that is not clear', async () => {
    await wizard.open();
    await wizard.press('Model');
    await stage.window.quickPickRow('Veo 3.1').waitFor();
    await wizard.take('Other Model…');
    await wizard.widget.getByText('Enter a model ID', { exact: false }).waitFor();
    await stage.window.type('two words');
    await wizard.widget.getByText('Use only letters').waitFor();
    await picture('other-wrong-dark');
    await stage.window.press('Control+KeyA');
    await stage.window.type('studio-x');
    await look('other');
    await stage.window.press('Enter');
    await stage.window.quickPickRow('Legacy').waitFor();
    assert.deepEqual(await labels(), ['Sora', 'Veo', 'Wan', 'Seedance', 'Legacy']);
    await look('other-family');
    await wizard.take('Veo');
    await wizard.atPrompt();
    assert.equal(await wizard.title(), 'Generate Video · studio-x');
    await wizard.press('Model');
    await stage.window.quickPickRow('studio-x').waitFor();
    assert.match(await wizard.active(), /^studio-x/);
    await look('models');
    await wizard.escape();
    const settings = path.join(stage.session.profile.userData, 'User', 'settings.json');
    assert.match(fs.readFileSync(settings, 'utf8').replace(/\s+/g, ''), /\{"id":"studio-x","family":"veo"\}/);
  });

  it('saves a request as a preset, starts from it, and deletes it', async () => {
    const before = wizard.bodies.length;
    await openSummary('Sora 2', 'a lighthouse in the rain');
    await wizard.take('Save as Preset…');
    await stage.window.page.locator('.quick-input-title').getByText('Save as Preset').waitFor();
    await stage.window.type('Lighthouse');
    await look('preset-name');
    for (const [step, question] of [
      ['prompt', 'Select an option'],
      ['scope', 'Select where to save'],
    ] as const) {
      await stage.window.press('Enter');
      await wizard.widget.locator(`input[placeholder="${question}"]`).waitFor();
      await wizard.widget.locator('.monaco-list-row.focused').waitFor();
      await picture(`preset-${step}-dark`);
    }
    await stage.window.press('Enter');
    await wizard.atSummary();
    assert.equal(await wizard.active(), 'Save as Preset…');
    await wizard.escape();

    await wizard.open();
    await look('prompt-with-presets');
    await wizard.press('Start from Preset');
    await stage.window.quickPickRow('Lighthouse').waitFor();
    assert.deepEqual(await labels(), ['New Video', 'Lighthouse']);
    await look('presets');
    await wizard.take('Lighthouse');
    await wizard.atPrompt();
    assert.equal(await stage.window.quickInput().inputValue(), 'a lighthouse in the rain');
    await wizard.press('Start from Preset');
    await stage.window.quickPickRow('Lighthouse').waitFor();
    assert.match(await wizard.active(), /^Lighthouse, Sora 2 · sora-2 · 12 s · 1280×720/);
    const row = wizard.widget.locator('.monaco-list-row').filter({ hasText: 'Lighthouse' }).last();
    await row.hover();
    await picture('preset-hover-dark');
    await row.getByRole('button', { name: 'Delete' }).click();
    const dialog = stage.window.page.locator('.monaco-dialog-box');
    await dialog
      .getByText(/preset/)
      .first()
      .waitFor();
    await picture('preset-delete-dark');
    await dialog.getByRole('button', { name: /^(Delete|Remove)/ }).click();
    await wizard.atPrompt();
    await wizard.escape();
    assert.equal(wizard.bodies.length, before);
  });
});
