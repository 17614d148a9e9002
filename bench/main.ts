// Measures the promises of DESIGN 7: "npm run bench [-- --json FILE] [-- --only KEYPREFIX]". See README.md.
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { interruption, whenAborted } from '../test/vscode/interruption';
import { activation } from './activation';
import { checkBars } from './bars';
import { bundle } from './bundle';
import { Bench } from './context';
import { download } from './download';
import { downloadMemory } from './downloadMemory';
import { firstCommand } from './firstCommand';
import { idleTimers } from './idleTimers';
import type { Measurement, Row } from './measurement';
import { fairness, poll } from './poll';
import { submit } from './submit';
import { formatTable } from './table';
import { taskReads, tasks } from './tasks';

const MEASUREMENTS: readonly Measurement[] = [
  download,
  downloadMemory,
  activation,
  firstCommand,
  bundle,
  tasks,
  taskReads,
  poll,
  fairness,
  idleTimers,
  submit,
];

const usage = `Usage: npm run bench [-- --json FILE] [-- --only KEYPREFIX]
  --json FILE       write the figures to a file, too
  --only KEYPREFIX  only what gives figures whose keys begin so, for example "download" or "poll.idle"`;

/** Parses the command line, or exits with a message. */
function readArguments(): { json: string | undefined; chosen: readonly Measurement[] } {
  const { values } = parseArgs({
    options: { json: { type: 'string' }, only: { type: 'string', default: '' } },
  });
  const chosen = MEASUREMENTS.filter(({ keys }) => keys.some((key) => key.startsWith(values.only)));
  if (chosen.length === 0) {
    const keys = MEASUREMENTS.flatMap((measurement) => measurement.keys);
    throw new Error(`No key begins with "${values.only}"; the keys are ${keys.join(', ')}.\n${usage}`);
  }
  // File names are relative to the user's working directory.
  const from = process.env['INIT_CWD'] ?? process.cwd();
  return { json: values.json === undefined ? undefined : path.resolve(from, values.json), chosen };
}

/** Describes the machine, without which the figures mean little. */
function describeMachine(): Record<string, string | number> {
  const [cpu] = os.cpus();
  return {
    system: `${os.type()} ${os.release()}`,
    processor: `${os.cpus().length} x ${cpu?.model.trim() ?? 'unknown'}`,
    memoryMB: Math.round(os.totalmem() / 1024 / 1024),
    node: process.version,
    loadBefore: Number((os.loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** Runs the measurements in sequence. A failure is reported and doesn't stop the others. */
async function measure(
  chosen: readonly Measurement[],
  bench: Bench,
): Promise<{ rows: Row[]; failures: string[] }> {
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const measurement of chosen) {
    const started = performance.now();
    process.stdout.write(`${measurement.keys.join(', ')} ... `);
    try {
      rows.push(...(await Promise.race([measurement.run(bench), whenAborted(bench.signal)])));
      console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
    } catch (error) {
      if (bench.signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(`${measurement.keys.join(', ')}: not measured. ${reason}`);
      console.log(reason);
    }
  }
  return { rows, failures };
}

async function main(): Promise<number> {
  const { json, chosen } = readArguments();
  const vsix = process.env['NEBULA_BENCH_VSIX'];
  if (!vsix) throw new Error(`The package to measure is not named; start this with "npm run bench".`);
  const machine = describeMachine();
  const bench = new Bench(vsix, interruption());
  const started = performance.now();
  let result: Awaited<ReturnType<typeof measure>>;
  try {
    result = await measure(chosen, bench);
  } finally {
    await bench.close();
  }
  const { rows, failures } = result;
  const verdicts = checkBars(rows);
  console.log(`\n${formatTable(rows, verdicts)}\n`);
  console.log(
    `Measured on ${Object.entries(machine)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}; in ${((performance.now() - started) / 1000).toFixed(0)} s.`,
  );
  const load = Number(machine['loadBefore']);
  if (load > os.cpus().length) {
    console.log(
      `Others were at work here (load ${load} on ${os.cpus().length} processors): expect more spread.`,
    );
  }
  for (const failure of failures) console.error(failure);
  const missed = rows.filter(({ key }) => verdicts.get(key) === 'missed').map(({ key }) => key);
  if (missed.length > 0) console.error(`Missed: ${missed.join(', ')}.`);
  const ok = missed.length === 0 && failures.length === 0;
  if (json !== undefined) {
    const figures = Object.fromEntries(rows.map(({ key, figure }) => [key, figure]));
    const details = rows.map((row) => ({ ...row, verdict: verdicts.get(row.key) }));
    writeFileSync(json, `${JSON.stringify({ ...figures, ok, machine, details, failures }, null, 2)}\n`);
  }
  return ok ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
