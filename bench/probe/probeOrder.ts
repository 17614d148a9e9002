import * as z from 'zod';

/** The environment variable with the folder for orders and reports. */
export const PROBE_FOLDER = 'NEBULA_BENCH_PROBE';
export const ORDER_FILE = 'order.json';
export const REPORT_FILE = 'report.json';

/** Reports again which files are loaded. */
export const REPORT_COMMAND = 'nebulaVideoBench.report';

/** Extension IDs in the order of activation. */
export type ProbeOrder = readonly string[];

export const probeReport = z.array(
  z.object({
    id: z.string(),
    /** State before the activation: `missing`, already `active`, or `asleep` as expected. */
    found: z.enum(['missing', 'active', 'asleep']),
    /** From the call until `activate()` resolved. */
    ms: z.number(),
    /** Files of the extension that are loaded. */
    files: z.array(z.string()),
  }),
);
export type ProbeReport = z.infer<typeof probeReport>;
