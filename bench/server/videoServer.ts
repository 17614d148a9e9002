import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import * as z from 'zod';
import { projectRoot } from '../../test/vscode/projectRoot';

const exchangeSchema = z.object({
  /** Method and path. */
  path: z.string(),
  /** When its headers had arrived, in nanoseconds of the monotonic clock (`process.hrtime`). */
  at: z.string(),
  /** Bytes that the server sent for it, including headers and framing. */
  sent: z.number(),
});
export type Exchange = z.infer<typeof exchangeSchema>;

/** A gateway with videos of any size, which the ID specifies. */
export class VideoServer {
  readonly baseUrl: string;
  readonly key = 'sk-bench';
  readonly #process: ChildProcess;

  private constructor(baseUrl: string, process: ChildProcess) {
    this.baseUrl = baseUrl;
    this.#process = process;
  }

  static async start(): Promise<VideoServer> {
    const child = fork(path.join(projectRoot, 'out', 'bench', 'server', 'main.js'), { execArgv: [] });
    const ended = once(child, 'exit').then(() => {
      throw new Error('The server of the measurements ended; its reason stands above.');
    });
    const [port] = (await Promise.race([once(child, 'message'), ended])) as [number];
    // Errors after the start are expected, because `stop` kills it.
    ended.catch(() => undefined);
    return new VideoServer(`http://127.0.0.1:${port}`, child);
  }

  /** Returns the ID of a task with a video of this size. */
  taskId(bytes: number): string {
    return `video_${bytes}`;
  }

  /** Returns the ID of a task whose video is in the response to a query. */
  inlineTaskId(bytes: number): string {
    return `inline_${bytes}`;
  }

  /** Returns the exchanges that ended since the last call, in the order of their ends. */
  async exchanges(): Promise<Exchange[]> {
    const response = await fetch(`${this.baseUrl}/bench/exchanges`);
    return z.array(exchangeSchema).parse(await response.json());
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
