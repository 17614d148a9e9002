import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { whenAborted } from './interruption';
import type { Profile } from './profile';
import { projectRoot } from './projectRoot';
import { startSession, type Session, type SessionOptions } from './session';
import { outputMark, suiteVariable } from './suiteOutput';
import type { VscodeServer } from './vscodeServer';
import type { Workbench } from './workbench';

const checkMs = 2_000;
const graceMs = 5_000;
const hostStartMs = 120_000;
const whereToLook = 'the logs are in .vscode-test/logs.';

export interface HostSuiteOptions extends SessionOptions {
  /** The compiled suite: a script that exports `run()`. */
  readonly suite: string;
  /** The extension under development. The default is this project. */
  readonly development?: string;
  /** Called with each line that the suite or the extension prints. By default, lines are printed. */
  readonly onLine?: (line: string) => void;
  /** Stops waiting. Everything is still cleaned up. */
  readonly signal: AbortSignal;
  /** Timeout for a suite that hangs. Without it, there is no limit. */
  readonly limitMs?: number;
  /** Called before the suite's window opens. */
  readonly beforeStart?: (session: Session) => Promise<void>;
  /** Called before the cleanup, with the suite's exit code if there is one. */
  readonly beforeStop?: (profile: Profile, code: number | undefined) => void;
  /** Called with the profile after everything has ended, before it's removed. */
  readonly atLast?: (profile: Profile) => void;
}

/**
 * Runs a suite in the extension host of a real VS Code, with a fresh profile and an empty workspace.
 * Everything that it started has ended when it returns.
 * @returns the exit code
 */
export async function runHostSuite(options: HostSuiteOptions): Promise<number> {
  const interrupted = whenAborted(options.signal);
  // Starting ignores the signal. The race below handles it.
  interrupted.catch(() => undefined);
  const env = { ...options.env, [suiteVariable]: options.suite };
  const session = await startSession({ ...options, env });
  const settled = new AbortController();
  let code: number | undefined;
  try {
    await options.beforeStart?.(session);
    const onLine = options.onLine ?? console.log;
    const chatter = path.join(session.profile.folder, 'window.log');
    const window = await session.open({
      development: options.development ?? true,
      suite: path.join(projectRoot, 'out', 'test', 'vscode', 'suiteRunner.js'),
      onConsole: (text) => {
        if (text.startsWith(outputMark)) onLine(text.slice(outputMark.length));
        else fs.appendFileSync(chatter, `${text}\n`);
      },
    });
    code = await Promise.race([
      window.suiteEnd,
      interrupted,
      windowLost(window),
      hostLost(session.server, settled.signal),
      tooLong(options.limitMs, settled.signal),
    ]);
    return code;
  } finally {
    settled.abort();
    options.beforeStop?.(session.profile, code);
    await session.stop(() => options.atLast?.(session.profile));
  }
}

function windowLost({ page }: Workbench): Promise<never> {
  return new Promise((_, reject) => {
    page.on('crash', () => reject(new Error('The browser page crashed.')));
    page.on('close', () => reject(new Error('The browser page was closed.')));
  });
}

/**
 * A crashed extension host never reports, and VS Code doesn't restart one for an extension under development.
 */
async function hostLost(server: VscodeServer, signal: AbortSignal): Promise<never> {
  const deadline = Date.now() + hostStartMs;
  while (server.extensionHosts().length === 0) {
    if (Date.now() > deadline) throw new Error(`VS Code opened no extension host; ${whereToLook}`);
    await delay(checkMs, undefined, { signal });
  }
  while (server.extensionHosts().length > 0) await delay(checkMs, undefined, { signal });
  // It also ends after success. Then the window reports that in a moment.
  await delay(graceMs, undefined, { signal });
  throw new Error(`The extension host ended before its work did; ${whereToLook}`);
}

function tooLong(limitMs: number | undefined, signal: AbortSignal): Promise<never> {
  if (limitMs === undefined) return new Promise(() => undefined);
  return delay(limitMs, undefined, { signal }).then(() => {
    throw new Error(`The suite did not end within ${limitMs / 60_000} minutes.`);
  });
}
