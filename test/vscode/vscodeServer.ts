import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import manifest from '../../package.json';
import versions from '../setup/versions.json';
import { descendantsOf, killProcess } from './processTable';
import type { Profile } from './profile';
import { projectRoot, testFolder } from './projectRoot';

const entryScript = path.join(
  testFolder,
  `code-server-${versions.codeServer}`,
  'node_modules/code-server/out/node/entry.js',
);
const startMs = 60_000;
const stopMs = 8_000;

export interface VscodeServerOptions {
  readonly profile: Profile;
  /** User settings, written before the start. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Added to this process's environment. Undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether to ask before trusting a workspace, as the product does. The default is false. */
  readonly workspaceTrust?: boolean;
  /** How the extension is loaded. */
  readonly extension?: ExtensionSource;
}

/**
 * - `development` (default): each window names the extension in its URL, and can run a suite. VS Code then
 * shows no notification toasts, refuses modal dialogs under a suite, and never restarts a crashed host.
 * - `linked`: this project, built, as if it were installed. Everything is as users see it.
 * - `.vsix` files: test the release package, with other extensions if needed.
 */
export type ExtensionSource = 'development' | 'linked' | { readonly vsix: readonly string[] };

type RunningProcess = ChildProcess & { readonly pid: number };

/** A running VS Code server: the real product without a desktop. */
export class VscodeServer {
  readonly origin: string;
  readonly profile: Profile;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
  private readonly process: RunningProcess;

  constructor(origin: string, profile: Profile, process: RunningProcess) {
    this.origin = origin;
    this.profile = profile;
    this.process = process;
    this.ended = new Promise((resolve) => process.once('exit', () => resolve()));
  }

  /** The process IDs of its extension hosts, one for each open window. */
  extensionHosts(): number[] {
    return descendantsOf(this.process.pid)
      .filter(({ commandLine }) => commandLine.includes('--type=extensionHost'))
      .map(({ pid }) => pid);
  }

  /**
   * Kills every extension host, as a crash would. VS Code starts another within a second for an installed
   * extension, never for one under development.
   * @returns the number of hosts
   */
  killExtensionHosts(): number {
    const hosts = this.extensionHosts();
    hosts.forEach(killProcess);
    return hosts.length;
  }

  /** Ends the server and everything it started. */
  async stop(): Promise<void> {
    const family = descendantsOf(this.process.pid).map(({ pid }) => pid);
    await end(this.process);
    // Extension hosts outlive a server that was killed.
    family.forEach(killProcess);
  }
}

/**
 * Starts VS Code on a free loopback port and waits until it responds. Its output goes to server.log in the
 * profile, because without native modules it prints many irrelevant errors.
 */
export async function startVscodeServer(options: VscodeServerOptions): Promise<VscodeServer> {
  if (!fs.existsSync(entryScript)) {
    throw new Error(
      'VS Code is not installed here yet; run "npm test" or "npm start" once, they install it.',
    );
  }
  const { profile } = options;
  writeSettings(profile, options.settings ?? {});
  // No extension comes from a marketplace, and a closed network should not be queried.
  const env = environment({ EXTENSIONS_GALLERY: '{}', ...options.env });
  const source = options.extension ?? 'development';
  if (source === 'linked') linkExtension(profile);
  else if (source !== 'development') await installVsix(profile, source.vsix, env);

  const logFile = path.join(profile.folder, 'server.log');
  const log = fs.openSync(logFile, 'a');
  const args = [...serverArguments(profile), '--bind-addr', '127.0.0.1:0'];
  // Without it, the workbench ignores the extension under development in the URL.
  if (source === 'development') args.push('--vscode-option', 'enable-smoke-test-driver');
  if (!options.workspaceTrust) args.push('--disable-workspace-trust');
  const child = spawn(process.execPath, [...args, profile.workspace], {
    cwd: projectRoot,
    env,
    stdio: ['ignore', log, log],
  });
  fs.closeSync(log);
  await once(child, 'spawn');
  try {
    const origin = await listening(child, logFile);
    return new VscodeServer(origin, profile, child as RunningProcess);
  } catch (error) {
    await end(child);
    throw error;
  }
}

function serverArguments(profile: Profile): string[] {
  return [
    entryScript,
    ...['--auth', 'none', '--disable-telemetry', '--disable-update-check'],
    ...['--config', path.join(profile.folder, 'code-server.yaml')],
    ...['--user-data-dir', profile.userData, '--extensions-dir', profile.extensions],
  ];
}

function writeSettings(profile: Profile, settings: Readonly<Record<string, unknown>>): void {
  const calm = {
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
    'workbench.enableExperiments': false,
    'extensions.ignoreRecommendations': true,
    'extensions.autoCheckUpdates': false,
    'security.workspace.trust.banner': 'never',
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'git.enabled': false,
    'chat.disableAIFeatures': true,
  };
  const folder = path.join(profile.userData, 'User');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'settings.json'), JSON.stringify({ ...calm, ...settings }, null, 2));
  // An existing configuration file, even an empty one, keeps it from writing its own with a password.
  fs.writeFileSync(path.join(profile.folder, 'code-server.yaml'), '{}\n');
}

function environment(extra: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...extra };
  for (const name of Object.keys(env)) {
    // These come from a VS Code terminal or another server, and don't apply to this one.
    if (/^(VSCODE_|CODE_SERVER_|ELECTRON_RUN_AS_NODE$|PORT$|PASSWORD$)/.test(name))
      Reflect.deleteProperty(env, name);
    else if (env[name] === undefined) Reflect.deleteProperty(env, name);
  }
  return env;
}

/** Without an extension list, VS Code treats the folders that it finds as installed extensions. */
function linkExtension(profile: Profile): void {
  const { publisher, name, version } = manifest;
  // A junction needs no rights on Windows. Other systems ignore the type.
  fs.symlinkSync(projectRoot, path.join(profile.extensions, `${publisher}.${name}-${version}`), 'junction');
}

async function installVsix(
  profile: Profile,
  files: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const args = [...serverArguments(profile), ...files.flatMap((file) => ['--install-extension', file])];
  await promisify(execFile)(process.execPath, args, { env, cwd: projectRoot });
}

/** The server picks its port and logs it. */
async function listening(child: ChildProcess, logFile: string): Promise<string> {
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const address = /HTTP server listening on (http:\/\/[\d.:]+)/.exec(fs.readFileSync(logFile, 'utf8'))?.[1];
    if (address !== undefined && (await answers(address))) return address;
    await delay(100);
  }
  const tail = fs.readFileSync(logFile, 'utf8').trim().split('\n').slice(-15).join('\n');
  throw new Error(`The VS Code server did not start. The end of its log:\n${tail}`);
}

async function answers(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/healthz`)).ok;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const deadline = setTimeout(() => child.kill('SIGKILL'), stopMs);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(deadline);
}
