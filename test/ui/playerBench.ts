import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import axe from 'axe-core';
import type { Frame } from 'playwright-core';
import type { Task } from '../../src/core/task/task';
import { findEncoder } from '../gateway/video/encoder';
import { projectRoot } from '../vscode/projectRoot';
import { startSession, type Session } from '../vscode/session';
import type { Workbench } from '../vscode/workbench';

/** The editor's own themes. */
export const THEMES = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  contrast: 'Default High Contrast',
  contrastLight: 'Default High Contrast Light',
} as const;

/** A recorded command with its arguments. */
export interface Call {
  readonly id: string;
  readonly args: readonly unknown[];
}

/** A real VS Code with real players on tasks of the test's own making. */
export class PlayerBench {
  readonly session: Session;
  readonly folder: string;
  #workbench: Workbench | undefined;

  private constructor(session: Session, folder: string) {
    this.session = session;
    this.folder = folder;
  }

  /** @param tasks what there is at first; each is opened by its id */
  static async start(tasks: (folder: string) => readonly Task[]): Promise<PlayerBench> {
    const session = await startSession({
      name: 'player',
      settings: { 'workbench.colorTheme': THEMES.dark },
    });
    const folder = path.join(session.profile.folder, 'player-test');
    const bench = new PlayerBench(session, folder);
    try {
      fs.mkdirSync(path.join(folder, 'library'), { recursive: true });
      const made = tasks(path.join(folder, 'library'));
      bench.#writeExtension(made.map(({ id }) => id));
      bench.write(made);
      fs.writeFileSync(path.join(folder, 'calls.jsonl'), '');
      await bench.open();
      return bench;
    } catch (error) {
      await session.stop();
      throw error;
    }
  }

  get workbench(): Workbench {
    if (!this.#workbench) throw new Error('The window is not open.');
    return this.#workbench;
  }

  get library(): string {
    return path.join(this.folder, 'library');
  }

  async open(): Promise<void> {
    this.#workbench = await this.session.open({ development: this.folder });
    await this.#workbench.ready();
  }

  async stop(): Promise<void> {
    await this.session.stop();
  }

  /** Puts these tasks in place of the old ones; open players notice. */
  write(tasks: readonly Task[]): void {
    fs.writeFileSync(path.join(this.folder, 'tasks.json'), JSON.stringify(tasks));
    this.#stir();
  }

  /** The tasks as they are. */
  tasks(): Task[] {
    return JSON.parse(fs.readFileSync(path.join(this.folder, 'tasks.json'), 'utf8')) as Task[];
  }

  /** Waits until a command was called, and forgets the calls so far. */
  async called(expected: Call): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!this.calls().some((call) => isDeepStrictEqual(call, expected))) {
      if (Date.now() > deadline) {
        throw new Error(`${JSON.stringify(expected)} was not called, but ${JSON.stringify(this.calls())}`);
      }
      await delay(50);
    }
    fs.writeFileSync(path.join(this.folder, 'calls.jsonl'), '');
  }

  async clipboard(): Promise<string> {
    return this.workbench.page.evaluate<string>('navigator.clipboard.readText()');
  }

  /** Reloads the window as a user does. A reload of the browser's page now and then loses what was not yet stored. */
  async reload(): Promise<void> {
    const { page } = this.workbench;
    await page.waitForTimeout(1_000);
    await Promise.all([
      page.waitForEvent('framenavigated', (frame) => frame === page.mainFrame()),
      this.workbench.runCommand('Developer: Reload Window'),
    ]);
    await this.workbench.ready();
  }

  /** Closes all tabs; a page that has the keyboard gives it back first. */
  async closePlayers(): Promise<void> {
    const { page } = this.workbench;
    await page.locator('.part.statusbar').click({ position: { x: 400, y: 5 } });
    await this.workbench.runCommand('View: Close All Editors');
  }

  calls(): Call[] {
    const lines = fs.readFileSync(path.join(this.folder, 'calls.jsonl'), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Call);
  }

  /** Lets every command fail, or no more. */
  setFailing(failing: boolean): void {
    const mark = path.join(this.folder, 'fail');
    if (failing) fs.writeFileSync(mark, '');
    else fs.rmSync(mark, { force: true });
  }

  /** Puts the whole window into another theme, and waits until a page has taken it up. */
  async setTheme(theme: string, frame: Frame, bodyClass: string): Promise<void> {
    fs.writeFileSync(path.join(this.folder, 'theme'), theme);
    this.#stir();
    await frame.locator(`body.${bodyClass}`).waitFor({ timeout: 10_000 });
  }

  /** Opens a task's player and answers its page, once that is drawn. */
  async openPlayer(id: string): Promise<Frame> {
    await this.workbench.runCommand(`Player Test: Open ${id}`);
    return this.page(id);
  }

  /** The page of a task's open player. */
  async page(id: string): Promise<Frame> {
    return this.workbench.webview(async (frame) => {
      const element = await frame.frameElement();
      const isVisible = await element.isVisible();
      const data = (await frame.locator('body').getAttribute('data-page')) ?? '{}';
      const isDrawn = (await frame.locator('h1').count()) > 0;
      return isVisible && isDrawn && (JSON.parse(data) as { taskId?: string }).taskId === id;
    });
  }

  #stir(): void {
    fs.writeFileSync(path.join(this.folder, 'stir'), String(Date.now()));
  }

  #writeExtension(ids: readonly string[]): void {
    const built = path.join(projectRoot, 'out', 'test', 'ui', 'playerHelper.js');
    fs.copyFileSync(built, path.join(this.folder, 'extension.js'));
    fs.cpSync(path.join(projectRoot, 'dist', 'webview'), path.join(this.folder, 'dist', 'webview'), {
      recursive: true,
    });
    const manifest = {
      name: 'player-test',
      publisher: 'nebula-video-test',
      version: '0.0.1',
      engines: { vscode: '^1.109.0' },
      main: './extension.js',
      activationEvents: ['onStartupFinished', 'onWebviewPanel:nebulaVideo.player'],
      contributes: {
        commands: ids.map((id) => ({
          command: `playerTest.open.${id}`,
          title: `Open ${id}`,
          category: 'Player Test',
        })),
      },
    };
    fs.writeFileSync(path.join(this.folder, 'package.json'), JSON.stringify(manifest));
    fs.writeFileSync(path.join(this.folder, 'names.json'), JSON.stringify(ids));
    fs.writeFileSync(path.join(this.folder, 'theme'), THEMES.dark);
    this.#stir();
  }
}

/** Waits until an expression is true in a page. Playwright's own waiting needs `eval`, which the page's policy forbids. */
export async function until(frame: Frame, condition: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await frame.evaluate<boolean>(`Boolean(${condition})`))) {
    if (Date.now() > deadline) throw new Error(`This did not become true: ${condition}`);
    await delay(50);
  }
}

/** Waits until a page shows its video. */
export async function loaded(frame: Frame): Promise<void> {
  await until(frame, 'document.body.classList.contains("playing")');
}

/** Runs axe-core over a page and answers what it finds, in lines. */
export async function findFaults(frame: Frame): Promise<string[]> {
  if (!(await frame.evaluate<boolean>('"axe" in window'))) await frame.evaluate(axe.source);
  const found = await frame.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
       violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) })))`,
  );
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`,
  );
}

/** How a clip is made. */
export interface Clip {
  readonly size: string;
  readonly seconds: number;
  readonly rate: number;
  /** `alac` is what no browser here decodes: to a page it is what AAC is on a desktop without a decoder. */
  readonly sound: 'aac' | 'alac' | 'none';
}

/** Creates a small real video. Each frame differs from the previous one. */
export function makeClip(file: string, { size, seconds, rate, sound }: Clip): void {
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`];
  const tone =
    sound === 'none' ? [] : ['-f', 'lavfi', '-i', `sine=frequency=330:duration=${seconds}:sample_rate=48000`];
  const coded = sound === 'none' ? [] : ['-c:a', sound];
  const format = sound === 'alac' ? 'mov' : 'mp4';
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30', '-pix_fmt', 'yuv420p'];
  execFileSync(findEncoder(), [
    '-v',
    'error',
    '-y',
    ...picture,
    ...tone,
    ...video,
    ...coded,
    '-f',
    format,
    file,
  ]);
}
