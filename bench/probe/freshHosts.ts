import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSession, type Session } from '../../test/vscode/session';
import { packProbe } from './packProbe';
import {
  ORDER_FILE,
  PROBE_FOLDER,
  REPORT_FILE,
  probeReport,
  type ProbeOrder,
  type ProbeReport,
} from './probeOrder';

const REPORT_MS = 120_000;
const END_MS = 20_000;
const CHECK_MS = 50;

/** A real VS Code with the package and the probe installed. Each window has its own extension host. */
export class FreshHosts {
  readonly #session: Session;
  readonly #folder: string;

  private constructor(session: Session, folder: string) {
    this.#session = session;
    this.#folder = folder;
  }

  /** @param folder an empty one */
  static async start(vsix: string, folder: string): Promise<FreshHosts> {
    const probe = await packProbe(folder);
    const session = await startSession({
      name: 'bench',
      extension: { vsix: [vsix, probe] },
      env: { [PROBE_FOLDER]: folder, NEBULA_API_KEY: undefined },
    });
    return new FreshHosts(session, folder);
  }

  /** Opens a window, and closes it after its probe has activated the extensions of the order. */
  async probe(order: ProbeOrder, signal: AbortSignal): Promise<ProbeReport> {
    await writeFile(path.join(this.#folder, ORDER_FILE), JSON.stringify(order));
    const report = path.join(this.#folder, REPORT_FILE);
    await rm(report, { force: true });
    const window = await this.#session.open({});
    const text = await until(() => readFile(report, 'utf8').catch(() => undefined), REPORT_MS, signal);
    await window.close();
    // The old host must not use processor time during the next measurement.
    const { server } = this.#session;
    server.killExtensionHosts();
    await until(() => Promise.resolve(server.extensionHosts().length === 0 || undefined), END_MS, signal);
    return probeReport.parse(JSON.parse(text));
  }

  async stop(): Promise<void> {
    await this.#session.stop();
  }
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
