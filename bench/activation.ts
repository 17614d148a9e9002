import type { Bench } from './context';
import { VoidMeasurement, repeatedWhenVoid, type Measurement, type Row } from './measurement';
import type { ProbeReport } from './probe/probeOrder';
import { pairwise, rotated, summarise } from './statistics';
import { formatFigure } from './table';

export const OURS = 'nebula-video.nebula-video';
/** A small built-in extension that also shows videos. */
const BUILTIN = 'vscode.media-preview';
const ROUNDS = 9;

/** Compares the extension's activation with that of a built-in one, each round in a fresh extension host. */
export const activation: Measurement = {
  keys: ['activation.ms', 'activation.vsMediaPreview'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const ours: number[] = [];
    const builtin: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const order = rotated([OURS, BUILTIN], round);
      const report = await repeatedWhenVoid(() => activateInFreshHost(bench, order));
      for (const { id, ms } of report) (id === OURS ? ours : builtin).push(ms);
    }
    const ms = summarise(ours);
    const ratios = summarise(pairwise(ours, builtin, (left, right) => left / right));
    return [
      {
        key: 'activation.ms',
        what: 'activate() in a fresh host with nothing pending',
        figure: ms.median,
        unit: 'ms',
        spread: ms,
        samples: ROUNDS,
      },
      {
        key: 'activation.vsMediaPreview',
        what: `the same / that of ${BUILTIN}`,
        figure: ratios.median,
        unit: '',
        against: `ours ${formatFigure(ms.median, 'ms')}, theirs ${formatFigure(summarise(builtin).median, 'ms')}`,
        spread: ratios,
        samples: ROUNDS,
        bar: { is: 'atMost', limit: 0.8 },
      },
    ];
  },
};

/**
 * Opens a window and activates the extensions in this order.
 * @throws {@link VoidMeasurement} if one is missing, was already active, or has a different location
 */
export async function activateInFreshHost(bench: Bench, order: readonly string[]): Promise<ProbeReport> {
  const hosts = await bench.hosts();
  const report = await hosts.probe(order, bench.signal);
  for (const { id, found, files } of report) {
    if (found === 'missing') throw new VoidMeasurement(`This VS Code has no ${id} in its extension host.`);
    if (found === 'active') throw new VoidMeasurement(`${id} was active before it could be timed.`);
    if (files.length === 0) throw new VoidMeasurement(`${id} was activated, but no file of it was loaded.`);
  }
  return report;
}
