import { stat } from 'node:fs/promises';
import path from 'node:path';
import { OURS } from './activation';
import type { Bench } from './context';
import { repeatedWhenVoid, type Measurement, type Row } from './measurement';
import type { BoundCommand } from './probe/freshHosts';
import { pairwise, rotated, summarise } from './statistics';
import { formatFigure } from './table';

const COMMAND = 'nebulaVideo.generate';
/** Shows an input box of a small built-in extension, which the command activates. */
const BUILTIN = 'simpleBrowser.show';
const COMMANDS: readonly BoundCommand[] = [COMMAND, BUILTIN];
const ROUNDS = 9;
const KB = 1024;

/** Compares Generate Video as the first command of a window with one of a built-in extension. */
export const firstCommand: Measurement = {
  keys: ['activation.firstCommand', 'bundle.firstCommandKB'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const hosts = await bench.hosts();
    const ours: number[] = [];
    const builtin: number[] = [];
    let files: readonly string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const command of rotated(COMMANDS, round)) {
        const first = await repeatedWhenVoid(async () => hosts.runFirst(command, [OURS], bench.signal));
        (command === COMMAND ? ours : builtin).push(first.ms);
        if (command === COMMAND) files = first.report[0]?.files ?? [];
      }
    }
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    const ratios = summarise(pairwise(ours, builtin, (left, right) => left / right));
    return [
      {
        key: 'activation.firstCommand',
        what: `from the key to the input of Generate Video / of ${BUILTIN}`,
        figure: ratios.median,
        unit: '',
        against: `ours ${formatFigure(summarise(ours).median, 'ms')}, theirs ${formatFigure(summarise(builtin).median, 'ms')}`,
        spread: ratios,
        samples: ROUNDS,
        bar: { is: 'atMost', limit: 2 },
      },
      {
        key: 'bundle.firstCommandKB',
        what: 'our files loaded when Generate Video shows its input',
        figure: sizes.reduce((sum, size) => sum + size, 0) / KB,
        unit: 'KB',
        against: files.map((file) => path.basename(file)).join(', '),
        bar: { is: 'atMost', limit: 330 },
      },
    ];
  },
};
