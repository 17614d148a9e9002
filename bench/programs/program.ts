import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';

/** Runs a program in its own process. Its order is the only argument, and its report the only output. */
export function runProgram<T>(order: z.ZodType<T>, run: (order: T) => Promise<unknown>): void {
  run(order.parse(JSON.parse(process.argv[2] ?? ''))).then(
    (report) => {
      console.log(JSON.stringify(report));
      // Pending work must not keep the process alive.
      process.exit(0);
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}

/** Order for a program that downloads a video. */
export const downloadOrder = z.object({
  baseUrl: z.string(),
  taskId: z.string(),
  key: z.string(),
  /** An empty folder. For the extension, it contains a store with the task. */
  folder: z.string(),
});
export type DownloadOrder = z.infer<typeof downloadOrder>;

export const downloadReport = z.object({
  /** From the decision to download to the file in its place. */
  ms: z.number(),
  file: z.string(),
});

/** Waits until memory that only the start needed has been released. */
export const settle = (): Promise<void> => delay(300);

/** Resident memory of this process, in bytes. */
export const residentBytes = (): number => process.memoryUsage.rss();

/**
 * Peak resident memory in bytes: `maxRSS`. On Linux, getrusage includes the parent's memory at the time of
 * the fork, so it's read from the kernel's own counter.
 */
export function mostResidentBytes(): number {
  if (process.platform === 'linux') {
    const mark = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (mark !== undefined) return Number(mark) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}
