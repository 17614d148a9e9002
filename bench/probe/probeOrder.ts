import * as z from 'zod';

/** The environment variable that names the folder of orders and reports. */
export const PROBE_FOLDER = 'NEBULA_BENCH_PROBE';
export const ORDER_FILE = 'order.json';
export const REPORT_FILE = 'report.json';

/** Extension ids in the order in which they are to be activated. */
export type ProbeOrder = readonly string[];

export const probeReport = z.array(
  z.object({
    id: z.string(),
    /** As the host saw it before: `missing`, `active` already, or `asleep` as it should be. */
    found: z.enum(['missing', 'active', 'asleep']),
    /** From the call until `activate()` had resolved. */
    ms: z.number(),
    /** Files of the extension that were loaded by then. */
    files: z.array(z.string()),
  }),
);
export type ProbeReport = z.infer<typeof probeReport>;
