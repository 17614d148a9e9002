import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Frame } from 'playwright-core';
import { findFaults, loaded, PlayerBench, THEMES, until } from './playerBench';
import { TAKES_SCREENSHOTS } from './themes';
import { makeSaved, makeSeveral, otherTasks, PROMPT } from './playerTasks';

const CLIP = { size: '640x360', seconds: 6, rate: 24, sound: 'aac' } as const;

/** The class of a page's body in each theme. */
const BODY: Readonly<Record<keyof typeof THEMES, string>> = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  contrast: 'vscode-high-contrast',
  contrastLight: 'vscode-high-contrast-light',
};

describe('the player in a real workbench', function () {
  let bench: PlayerBench;
  const violations: string[] = [];

  before(async () => {
    bench = await PlayerBench.start((library) => [
      { ...makeSaved('film', library, CLIP), gatewayTaskId: 'video_7hWv2Qk0ZcXrB41nNf9sUyLp' },
      makeSaved('upright', library, { ...CLIP, size: '360x640', sound: 'none' }),
      makeSaved('deaf', library, { ...CLIP, sound: 'alac' }),
      makeSaved('broken', library, CLIP),
      makeSaved('away', library, CLIP),
      makeSeveral('several', library, CLIP),
      ...otherTasks(),
    ]);
    fs.writeFileSync(path.join(bench.library, 'broken.mp4'), 'this is no film');
    bench.workbench.page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text());
    });
  });

  after(async () => bench.stop());

  afterEach(async function () {
    if (this.currentTest?.isFailed())
      await bench.workbench.screenshot(`player/failed-${this.currentTest.title.slice(0, 12)}`);
    await bench.closePlayers();
  });

  const time = async (frame: Frame) => frame.evaluate<number>('document.querySelector("video").currentTime');
  const picture = async (frame: Frame) =>
    frame.evaluate<string>(`(() => {
      const video = document.querySelector('video');
      const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
      canvas.getContext('2d').drawImage(video, 0, 0, 64, 36);
      return canvas.toDataURL();
    })()`);
  const button = (frame: Frame, name: string) => frame.getByRole('button', { name, exact: true });

  it('plays by keyboard: time goes on and pictures differ', async () => {
    const frame = await bench.openPlayer('film');
    await loaded(frame);
    assert.equal(await time(frame), 0);
    const first = await picture(frame);
    await frame.locator('video').focus();
    await bench.workbench.press('Space');
    await until(frame, 'document.querySelector("video").currentTime > 0.7');
    await bench.workbench.press('Space');
    await until(frame, 'document.querySelector("video").paused');
    assert.notEqual(await picture(frame), first);
    assert.equal(await frame.locator('.sound-note').count(), 0, 'its sound can be heard here');
  });

  it('steps by , and . from picture to picture, and loops and changes speed by keyboard', async () => {
    const frame = await bench.openPlayer('film');
    await loaded(frame);
    await button(frame, 'Next Frame').focus();
    for (const [key, expected] of [
      ['.', 1],
      ['.', 2],
      [',', 1],
    ] as const) {
      await bench.workbench.press(key);
      await until(
        frame,
        `(({ currentTime, seeking }) => !seeking && Math.floor(currentTime * 24) === ${expected})(document.querySelector("video"))`,
      );
    }
    await frame.getByRole('switch', { name: 'Loop' }).focus();
    await bench.workbench.press('Enter');
    await until(frame, 'document.querySelector("video").loop');
    await bench.workbench.press('Tab', 'ArrowDown', 'ArrowDown', 'Enter');
    await until(frame, 'document.querySelector("video").playbackRate !== 1');
  });

  it('seeks a second by an arrow key, and takes it from no slider', async () => {
    const frame = await bench.openPlayer('film');
    await loaded(frame);
    const video = 'document.querySelector("video")';
    const press = async (key: string, expected: string) => {
      await bench.workbench.press(key);
      await until(frame, `!${video}.seeking && ${expected}`);
    };
    await frame.locator('video').focus();
    for (const [key, seconds] of [
      ['ArrowRight', 1],
      ['ArrowRight', 2],
      ['ArrowLeft', 1],
      ['ArrowLeft', 0],
      ['ArrowLeft', 0],
      ['End', CLIP.seconds],
      ['ArrowLeft', CLIP.seconds - 1],
      ['ArrowRight', CLIP.seconds],
      ['Home', 0],
    ] as const) {
      await press(key, `Math.abs(${video}.currentTime - ${seconds}) < 0.05`);
    }
    // Play, then mute, then how loud.
    await bench.workbench.press('Tab', 'Tab');
    await press('ArrowLeft', `${video}.volume < 1`);
    assert.equal(await time(frame), 0);
  });

  it('opens the list of speeds where there is room for it', async () => {
    const frame = await bench.openPlayer('upright');
    await loaded(frame);
    await frame.locator('.speed').click();
    await until(
      frame,
      `(() => {
        const list = document.querySelector('.speed').shadowRoot.querySelector('.dropdown.open');
        const { top, bottom } = list?.getBoundingClientRect() ?? { top: -1 };
        return top >= 0 && bottom <= innerHeight;
      })()`,
    );
  });

  it('keeps the controls and the first buttons of an upright video in sight', async () => {
    const frame = await bench.openPlayer('upright');
    await loaded(frame);
    const [height = 0, ...bottoms] = await frame.evaluate<number[]>(`(() => {
      const first = [...document.querySelectorAll('.actions vscode-button')].slice(0, 3);
      return [innerHeight, ...first.map((button) => button.getBoundingClientRect().bottom)];
    })()`);
    assert.equal(bottoms.length, 3);
    for (const bottom of bottoms) assert.ok(bottom <= height, `${bottom} of ${height}`);
  });

  it('says which of several videos are not here, and looks for them', async () => {
    const frame = await bench.openPlayer('several');
    await loaded(frame);
    const note = frame.locator('.takes-note');
    assert.match(await note.innerText(), /Missing videos: 1 of 3\..*Missing files were moved or deleted\./s);
    await note.getByRole('button', { name: 'Check Again' }).click();
    await bench.called({ id: 'nebulaVideo.lookAgain', args: ['several'] });
  });

  it('says what keeps a video waiting, and what helps', async () => {
    const frame = await bench.openPlayer('blind');
    await frame.getByRole('heading', { name: 'Needs API key' }).waitFor();
    assert.equal(await frame.getByRole('progressbar').count(), 0);
    await button(frame, 'Set API Key…').click();
    await bench.called({ id: 'nebulaVideo.setApiKey', args: [] });
    const running = await bench.openPlayer('running');
    await running.getByRole('progressbar').waitFor();
    const all = bench.tasks();
    const failure = all.find(({ id }) => id === 'blind')!.failure!;
    bench.write(all.map((task) => (task.id === 'running' ? { ...task, failure } : task)));
    await running.getByRole('progressbar').waitFor({ state: 'detached' });
    await running.getByRole('status').getByText('Needs API key').waitFor({ state: 'attached' });
    bench.write(all);
  });

  it('comes to every control by Tab, in the order of the page', async () => {
    const frame = await bench.openPlayer('film');
    await loaded(frame);
    await frame.locator('video').focus();
    const seen: string[] = [];
    for (let stop = 0; stop < 24; stop++) {
      await bench.workbench.press('Tab');
      const name = await frame.evaluate<string>(`(() => {
        const { activeElement } = document;
        return activeElement?.getAttribute('label') ?? activeElement?.textContent?.trim() ?? '';
      })()`);
      if (name !== '' && seen.at(-1) !== name) seen.push(name);
      if (name === 'Copy Details') break;
    }
    const expected = [
      ...['Previous Frame', 'Next Frame', 'Use This Frame', 'Loop', 'Speed'],
      ...[
        'Save to Workspace',
        'Save As…',
        'Open in External Player',
        'Reveal File',
        'Generate Again…',
        'Edit and Generate Again…',
        'Remix Video…',
        'Continue from Last Frame…',
      ],
      ...['Copy Prompt', 'Copy Details'],
    ];
    assert.deepEqual(
      seen.filter((name) => expected.includes(name)),
      expected,
    );
  });

  it('keeps position, volume, loop and speed while it is hidden and over a reload', async () => {
    const kept = `(() => {
      const { currentTime, volume, muted, loop, playbackRate } = document.querySelector('video');
      return [currentTime.toFixed(1), volume.toFixed(2), muted, loop, playbackRate];
    })()`;
    let frame = await bench.openPlayer('film');
    await loaded(frame);
    await frame.evaluate(`(() => {
      const video = document.querySelector('video');
      Object.assign(video, { volume: 0.35, muted: true, playbackRate: 0.5, currentTime: 2.5 });
    })()`);
    await frame.getByRole('switch', { name: 'Loop' }).click();
    await bench.workbench.page.waitForTimeout(500);
    const before = await frame.evaluate<unknown[]>(kept);
    assert.deepEqual(before, ['2.5', '0.35', true, true, 0.5]);
    await bench.openPlayer('queued');
    frame = await bench.openPlayer('film');
    await loaded(frame);
    await until(frame, 'document.querySelector("video").currentTime > 2');
    assert.deepEqual(await frame.evaluate<unknown[]>(kept), before, 'after having been hidden');
    await bench.reload();
    frame = await bench.page('film');
    await loaded(frame);
    await until(frame, 'document.querySelector("video").currentTime > 2');
    assert.deepEqual(await frame.evaluate<unknown[]>(kept), before, 'after a reload');
    assert.ok(await frame.evaluate('document.querySelector("video").paused'), 'it does not start by itself');
  });

  it('shows a task live, from waiting to its video, without being opened anew', async () => {
    const all = bench.tasks();
    const film = all.find(({ id }) => id === 'film')!;
    const frame = await bench.openPlayer('running');
    await frame.getByRole('heading', { name: 'Generating' }).waitFor();
    assert.equal(await frame.getByRole('progressbar').getAttribute('aria-valuenow'), '42');
    const shown = await frame.locator('.elapsed time').innerText();
    await until(frame, `document.querySelector('.elapsed time').textContent !== ${JSON.stringify(shown)}`);
    const step = (parts: Partial<(typeof all)[number]>) =>
      bench.write(all.map((task) => (task.id === 'running' ? { ...task, ...parts } : task)));
    step({ progress: 77 });
    await frame.locator('[role=progressbar][aria-valuenow="77"]').waitFor();
    step({ phase: 'saved', videos: film.videos, timeline: film.timeline });
    await loaded(frame);
    assert.equal(await frame.locator('.timeline li').count(), film.timeline.length);
    assert.equal(await frame.getByRole('status').innerText(), 'Done');
    bench.write(all);
  });

  it('closes with its task', async () => {
    const all = bench.tasks();
    await bench.openPlayer('queued');
    bench.write(all.filter(({ id }) => id !== 'queued'));
    await bench.workbench.page.locator('.tab', { hasText: 'A paper boat' }).waitFor({ state: 'detached' });
    bench.write(all);
  });

  it('maps its buttons to commands, and says when one fails', async () => {
    const frame = await bench.openPlayer('film');
    await loaded(frame);
    for (const [name, id] of [
      ['Save to Workspace', 'saveToWorkspace'],
      ['Save As…', 'saveAs'],
      ['Open in External Player', 'openExternally'],
      ['Reveal File', 'revealVideo'],
      ['Generate Again…', 'generateAgain'],
      ['Edit and Generate Again…', 'editAndGenerate'],
      ['Remix Video…', 'remix'],
      ['Copy Prompt', 'copyPrompt'],
    ] as const) {
      await button(frame, name).focus();
      await bench.workbench.press(name.length % 2 === 0 ? 'Space' : 'Enter');
      await bench.called({ id: `nebulaVideo.${id}`, args: ['film'] });
    }
    await button(frame, 'Continue from Last Frame…').click();
    const id = 'nebulaVideo.continueFromLastFrame';
    await bench.called({ id, args: [{ id: 'film', video: 0, seconds: null }] });
    await frame.evaluate('document.querySelector("video").currentTime = 2.5');
    await until(frame, '!document.querySelector("video").seeking');
    await button(frame, 'Use This Frame').click();
    await bench.called({ id, args: [{ id: 'film', video: 0, seconds: 2.5 }] });
    await button(frame, 'Copy Details').click();
    await frame.getByRole('status').getByText('Copied').waitFor({ state: 'attached' });
    assert.match(await bench.clipboard(), /^Model: sora-2 · .*\nTask ID: video_/s);
    bench.setFailing(true);
    await button(frame, 'Save As…').click();
    await frame.locator('.error-message').getByText('See the log for details.').waitFor();
    bench.setFailing(false);
    const again = await bench.openPlayer('missing');
    await again.locator('.link').scrollIntoViewIfNeeded();
    await bench.workbench.screenshot('player/again-from');
    await again.locator('.link').click();
    await bench.called({ id: 'nebulaVideo.openVideo', args: ['film'] });
  });

  it('shows the prompt byte for byte, and nothing in it is markup', async () => {
    const frame = await bench.openPlayer('film');
    const shown = await frame.evaluate<string[]>(`(() => {
      const element = document.querySelector('.prompt-text');
      const { whiteSpace, userSelect } = getComputedStyle(element);
      return [element.textContent, whiteSpace, userSelect];
    })()`);
    assert.deepEqual(shown.slice(0, 2), [PROMPT, 'pre-wrap']);
    assert.notEqual(shown[2], 'none');
  });

  it('says that a clip can’t be heard once that is certain, and not of a silent one', async () => {
    const deaf = await bench.openPlayer('deaf');
    await loaded(deaf);
    assert.equal(await deaf.locator('.sound-note').count(), 0);
    await deaf.evaluate('document.querySelector("video").play()');
    await deaf.locator('.sound-note').getByText("can't play this video's audio").waitFor();
    await deaf.locator('.sound-note').getByRole('button', { name: 'Open in External Player' }).click();
    await bench.called({ id: 'nebulaVideo.openExternally', args: ['deaf'] });
    const silent = await bench.openPlayer('upright');
    await loaded(silent);
    await silent.evaluate('document.querySelector("video").play()');
    await until(silent, 'document.querySelector("video").currentTime > 1');
    assert.equal(await silent.locator('.sound-note').count(), 0);
  });

  it('offers other ways where the file can’t be played', async () => {
    const frame = await bench.openPlayer('broken');
    await until(frame, 'document.body.classList.contains("failed")');
    await frame
      .getByRole('heading', { name: "Can't play this video here. Try an external player." })
      .waitFor();
    const names = await frame.locator('.actions vscode-button').allInnerTexts();
    assert.deepEqual(names.slice(0, 2), ['Open in External Player', 'Reveal File']);
    assert.deepEqual(await findFaults(frame), []);
  });

  it('finds a missing file again', async () => {
    const file = path.join(bench.library, 'away.mp4');
    fs.renameSync(file, `${file}.away`);
    const frame = await bench.openPlayer('away');
    await frame.getByRole('heading', { name: 'File missing' }).waitFor();
    await button(frame, 'Check Again').click();
    await bench.called({ id: 'nebulaVideo.lookAgain', args: ['away'] });
    fs.renameSync(`${file}.away`, file);
    await button(frame, 'Check Again').click();
    await loaded(frame);
  });

  it('loads a file anew only when it has changed', async () => {
    const frame = await bench.openPlayer('away');
    await loaded(frame);
    const address = 'document.querySelector("video").src';
    const first = await frame.evaluate<string>(address);
    assert.match(first, /\?version/);
    fs.utimesSync(path.join(bench.library, 'away.mp4'), new Date(), new Date(Date.now() - 60_000));
    await bench.openPlayer('queued');
    const again = await bench.openPlayer('away');
    await loaded(again);
    assert.notEqual(await again.evaluate<string>(address), first);
  });

  it('fills the editor where full screen is not allowed, and Escape leads back', async () => {
    const { page } = bench.workbench;
    await page.addInitScript(
      `Object.defineProperty(Document.prototype, 'fullscreenEnabled', { get: () => false })`,
    );
    await bench.workbench.reload();
    const frame = await bench.openPlayer('film');
    await loaded(frame);
    await button(frame, 'Expand').focus();
    await bench.workbench.press('Enter');
    await until(frame, 'document.querySelector("video").clientHeight > innerHeight * 0.85');
    await bench.workbench.screenshot('player/filled');
    assert.equal(await frame.locator('.information').isVisible(), false);
    assert.deepEqual(await findFaults(frame), []);
    await bench.workbench.press('Escape');
    await frame.locator('.information').waitFor();
  });

  it('shows the time where a dark system forces its colours', async () => {
    const { page } = bench.workbench;
    const frame = await bench.openPlayer('film');
    await loaded(frame);
    await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'active' });
    const shown = async (seconds: number) => {
      await frame.evaluate(`document.querySelector('video').currentTime = ${seconds}`);
      await until(frame, '!document.querySelector("video").seeking');
      await page.waitForTimeout(300);
      const { x, y, height } = (await frame.locator('video').boundingBox())!;
      // Right of the play button, above the bar.
      return page.screenshot({ clip: { x: x + 44, y: y + height - 62, width: 70, height: 24 } });
    };
    const [one, five] = [await shown(1), await shown(5)];
    await bench.workbench.screenshot('player/film-forced');
    await page.emulateMedia({ colorScheme: null, forcedColors: null });
    assert.ok(!one.equals(five), 'white on white looks always the same');
  });

  it('has no fault that axe-core finds, in any state or theme', async function () {
    this.timeout(600_000);
    const faults: string[] = [];
    for (const { id } of bench.tasks()) {
      const frame = await bench.openPlayer(id);
      await until(frame, '!document.body.classList.contains("loading")');
      // A change of the theme is faster than another page.
      for (const theme of Object.keys(THEMES) as (keyof typeof THEMES)[]) {
        await bench.setTheme(THEMES[theme], frame, BODY[theme]);
        const scheme = theme === 'light' || theme === 'contrastLight' ? 'light' : 'dark';
        assert.equal(await frame.evaluate('getComputedStyle(document.body).colorScheme'), scheme);
        faults.push(...(await findFaults(frame)).map((fault) => `${id}, ${theme}: ${fault}`));
        if (TAKES_SCREENSHOTS) await bench.workbench.screenshot(`player/${id}-${theme}`);
      }
    }
    assert.deepEqual(faults, []);
  });

  it('was never stopped by its own content security policy', async () => {
    assert.deepEqual(violations, []);
    // And had it been, this test would know.
    const frame = await bench.openPlayer('film');
    await frame.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' }))`,
    );
    await delay(500);
    assert.equal(violations.length, 1);
    assert.equal(await frame.evaluate('window.ran'), undefined);
  });
});
