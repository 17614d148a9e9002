import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';

/** The folder of the unusual videos and images. */
export const MEDIA = path.resolve('test/cases/media');

const caseSchema = z.object({
  file: z.string(),
  kind: z.string(),
  means: z.object({
    get: z.string(),
    width: z.number().optional(),
    height: z.number().optional(),
    seconds: z.number().optional(),
    container: z.string().optional(),
    says: z.string().optional(),
  }),
  why: z.string(),
});

export type MediaCase = z.infer<typeof caseSchema>;

/** The videos of `test/cases/media`, with their expected results. */
export function videoCases(): readonly MediaCase[] {
  const all = z
    .array(z.looseObject({ kind: z.string() }))
    .parse(JSON.parse(readFileSync(path.join(MEDIA, 'cases.json'), 'utf8')));
  return all.filter(({ kind }) => kind === 'video').map((entry) => caseSchema.parse(entry));
}
