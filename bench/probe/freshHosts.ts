import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSession, type Session } from '../../test/vscode/session';
import type { Workbench } from '../../test/vscode/workbench';
import { VoidMeasurement } from '../measurement';
import type { VideoServer } from '../server/videoServer';
import { packProbe } from './packProbe';
import {
  ORDER_FILE,
  PROBE_FOLDER,
  REPORT_COMMAND,
  REPORT_FILE,
  probeReport,
  type ProbeOrder,
  type ProbeReport,
} from './probeOrder';

const REPORT_MS = 120_000;
const END_MS = 20_000;
const CHECK_MS = 50;
/** The other extensions start after the probe. */
const START_MS = 3_000;
const INPUT_MS = 30_000;

/** Commands that are run by a key. */
const KEYS = {
  'nebulaVideo.generate': 'Control+Alt+Shift+KeyA',
  'simpleBrowser.show': 'Control+Alt+Shift+KeyB',
  [REPORT_COMMAND]: 'Control+Alt+Shift+KeyR',
} as const;
export type BoundCommand = keyof typeof KEYS;

/** Evaluated in the workbench: measures the time from the next key until a quick input is visible. */
const WATCH_INPUT = `window.benchInput = new Promise((resolve) => {
  addEventListener('keydown', function pressed({ key }) {
    if (/^(Control|Alt|Shift)$/.test(key)) return;
    removeEventListener('keydown', pressed, true);
    const started = performance.now();
    const look = () => {
      const input = document.querySelector('.quick-input-widget input');
      if (input && input.offsetParent) resolve(performance.now() - started);
      else requestAnimationFrame(look);
    };
    look();
  }, true);
}); undefined`;

/** A real VS Code with the package and the probe installed. Each window has its own extension host. */
export class FreshHosts {
  readonly #session: Session;
  readonly #folder: string;

  private constructor(session: Session, folder: string) {
    this.#session = session;
    this.#folder = folder;
  }

  /** @param folder an empty one */
  static async start(vsix: string, folder: string, gateway: VideoServer): Promise<FreshHosts> {
    const probe = await packProbe(folder);
    const session = await startSession({
      name: 'bench',
      extension: { vsix: [vsix, probe] },
      settings: { 'nebulaVideo.baseUrl': gateway.baseUrl },
      env: { [PROBE_FOLDER]: folder, NEBULA_API_KEY: gateway.key },
    });
    await writeFile(path.join(session.profile.userData, 'User', 'keybindings.json'), keyBindings());
    return new FreshHosts(session, folder);
  }

  /** Opens a window, and closes it after its probe has activated the extensions of the order. */
  async probe(order: ProbeOrder, signal: AbortSignal): Promise<ProbeReport> {
    return this.#inWindow(order, signal, (report) => Promise.resolve(report));
  }

  /**
   * Runs a command by its key as the first one of a window, with the extensions of the order active.
   * @returns the time from the key until a quick input was visible, in ms, and what was loaded by then
   */
  async runFirst(
    command: BoundCommand,
    order: ProbeOrder,
    signal: AbortSignal,
  ): Promise<{ readonly ms: number; readonly report: ProbeReport }> {
    return this.#inWindow(order, signal, async (_report, window) => {
      await window.ready();
      await delay(START_MS, undefined, { signal });
      await window.page.evaluate(WATCH_INPUT);
      await window.press(KEYS[command]);
      const input = window.page.evaluate<number>('window.benchInput');
      const ms = await Promise.race([input, delay(INPUT_MS, undefined, { signal })]);
      if (ms === undefined) throw new VoidMeasurement(`${command} showed no input.`);
      await rm(this.#reportFile, { force: true });
      await window.press(KEYS[REPORT_COMMAND]);
      return { ms, report: await this.#report(signal) };
    });
  }

  async stop(): Promise<void> {
    await this.#session.stop();
  }

  async #inWindow<T>(
    order: ProbeOrder,
    signal: AbortSignal,
    use: (report: ProbeReport, window: Workbench) => Promise<T>,
  ): Promise<T> {
    await writeFile(path.join(this.#folder, ORDER_FILE), JSON.stringify(order));
    await rm(this.#reportFile, { force: true });
    const window = await this.#session.open({});
    try {
      return await use(await this.#report(signal), window);
    } finally {
      await window.close();
      // The old host must not use processor time during the next measurement.
      const { server } = this.#session;
      server.killExtensionHosts();
      await until(() => Promise.resolve(server.extensionHosts().length === 0 || undefined), END_MS, signal);
    }
  }

  get #reportFile(): string {
    return path.join(this.#folder, REPORT_FILE);
  }

  async #report(signal: AbortSignal): Promise<ProbeReport> {
    const read = () => readFile(this.#reportFile, 'utf8').catch(() => undefined);
    return probeReport.parse(JSON.parse(await until(read, REPORT_MS, signal)));
  }
}

/** The key bindings in VS Code's own notation. */
function keyBindings(): string {
  const bindings = Object.entries(KEYS).map(([command, key]) => ({
    command,
    key: key.replace('Control', 'ctrl').replace('Key', '').toLowerCase(),
  }));
  return JSON.stringify(bindings);
}

async function until<T>(
  look: () => Promise<T | undefined>,
  limitMs: number,
  signal: AbortSignal,
): Promise<T> {
  const limit = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > limit) {
      throw new Error(`VS Code did not get there in ${limitMs / 1000} s; its logs are in .vscode-test/logs.`);
    }
    await delay(CHECK_MS, undefined, { signal });
  }
}
