import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';

/** Runs a program of a process of its own: its order is the one argument, its report the one thing it prints. */
export function runProgram<T>(order: z.ZodType<T>, run: (order: T) => Promise<unknown>): void {
  run(order.parse(JSON.parse(process.argv[2] ?? ''))).then(
    (report) => {
      console.log(JSON.stringify(report));
      // What the work left open is no longer of interest, and must not keep the process.
      process.exit(0);
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}

/** What a program that fetches a video is told. */
export const downloadOrder = z.object({
  baseUrl: z.string(),
  taskId: z.string(),
  key: z.string(),
  /** An empty folder; in ours lies a store with the task. */
  folder: z.string(),
});
export type DownloadOrder = z.infer<typeof downloadOrder>;

/** What it reports. */
export const downloadReport = z.object({
  /** From the decision to fetch to the file in its place. */
  ms: z.number(),
  file: z.string(),
});

/** Waits until what the start has allocated and will not need again was given back. */
export const settle = (): Promise<void> => delay(300);

/** Resident memory of this process now, in bytes. */
export const residentBytes = (): number => process.memoryUsage.rss();

/**
 * The most that was resident so far, in bytes: `maxRSS`. On Linux getrusage counts what the parent held when it began
 * this process, so the kernel's own mark of this process is read there.
 */
export function mostResidentBytes(): number {
  if (process.platform === 'linux') {
    const mark = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (mark !== undefined) return Number(mark) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}
