import { stat } from 'node:fs/promises';
import path from 'node:path';
import { OURS, activateInFreshHost } from './activation';
import type { Bench } from './context';
import { VoidMeasurement, repeatedWhenVoid, type Measurement, type Row } from './measurement';

const KB = 1024;

/** Size of the code that a window loads if it never generates a video, and of the whole package. */
export const bundle: Measurement = {
  keys: ['bundle.activationKB', 'bundle.vsixKB'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const [ours] = await repeatedWhenVoid(() => activateInFreshHost(bench, [OURS]));
    if (!ours) throw new VoidMeasurement('The probe reported nothing.');
    const { files } = ours;
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    return [
      {
        key: 'bundle.activationKB',
        what: 'our files loaded when activate() has resolved, nothing pending',
        figure: sizes.reduce((sum, size) => sum + size, 0) / KB,
        unit: 'KB',
        against: files.map((file) => path.basename(file)).join(', '),
        bar: { is: 'atMost', limit: 16 },
      },
      {
        key: 'bundle.vsixKB',
        what: 'the package',
        figure: (await stat(bench.vsix)).size / KB,
        unit: 'KB',
        bar: { is: 'atMost', limit: 1200 },
      },
    ];
  },
};
