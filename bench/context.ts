import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { testFolder } from '../test/vscode/projectRoot';
import { FreshHosts } from './probe/freshHosts';
import { VideoServer } from './server/videoServer';

/** Resources that the measurements share, created on first use. The creator closes it. */
export class Bench {
  /** The release package, as just built. */
  readonly vsix: string;
  readonly signal: AbortSignal;
  #server: Promise<VideoServer> | undefined;
  #hosts: Promise<FreshHosts> | undefined;
  #folder: Promise<string> | undefined;

  constructor(vsix: string, signal: AbortSignal) {
    this.vsix = vsix;
    this.signal = signal;
  }

  server(): Promise<VideoServer> {
    this.#server ??= VideoServer.start();
    return this.#server;
  }

  hosts(): Promise<FreshHosts> {
    this.#hosts ??= Promise.all([this.folder(), this.server()]).then(([folder, server]) =>
      FreshHosts.start(this.vsix, folder, server),
    );
    return this.#hosts;
  }

  /** Creates an empty folder. All of them are on one disk. */
  async folder(): Promise<string> {
    const parent = path.join(testFolder, 'bench');
    this.#folder ??= mkdir(parent, { recursive: true }).then(() => mkdtemp(path.join(parent, 'run-')));
    return mkdtemp(path.join(await this.#folder, 'folder-'));
  }

  /** Stops and removes everything. */
  async close(): Promise<void> {
    await (await this.#hosts)?.stop();
    await (await this.#server)?.stop();
    const folder = await this.#folder;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
