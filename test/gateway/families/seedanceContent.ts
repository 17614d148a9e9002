/** How a Seedance request uses its images. The modes exclude each other (API reference 7.5.2). */
export type Mode = 'text' | 'first' | 'firstLast' | 'reference';

/** Returns the mode for the images' roles, or undefined for an invalid combination. */
export function findMode(roles: readonly (string | undefined)[]): Mode | undefined {
  if (roles.length === 0) return 'text';
  if (roles.length === 1 && (roles[0] === undefined || roles[0] === 'first_frame')) return 'first';
  if (roles.length === 2 && roles.includes('first_frame') && roles.includes('last_frame')) return 'firstLast';
  if (roles.length <= 4 && roles.every((role) => role === 'reference_image')) return 'reference';
  return undefined;
}

/** The options of a request (API reference 7.5.3). */
export interface Flags {
  readonly prompt: string;
  readonly resolution: string;
  readonly ratio: string;
  readonly duration: number;
  readonly seed: number;
}

interface Flag {
  readonly names: readonly string[];
  readonly allows: RegExp;
}

const FLAGS: Readonly<Record<string, Flag>> = {
  resolution: { names: ['rs', 'resolution'], allows: /^(480p|720p|1080p)$/ },
  ratio: { names: ['ratio', 'rt'], allows: /^(16:9|4:3|1:1|3:4|9:16|21:9|adaptive)$/ },
  duration: { names: ['dur', 'duration'], allows: /^\d{1,2}$/ },
  seed: { names: ['seed'], allows: /^(-1|\d{1,10})$/ },
  camera: { names: ['cf', 'camerafixed'], allows: /^(true|false)$/ },
  watermark: { names: ['wm', 'watermark'], allows: /^(true|false)$/ },
  fps: { names: ['fps', 'framespersecond'], allows: /^24$/ },
};
const MAX_SEED = 4_294_967_295;

/** Parses the flags in a text, or says what is wrong with them. */
export function parseFlags(text: string, model: string, mode: Mode): Flags | { readonly fault: string } {
  const found: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/(?:^|\s)--([a-z]+)\s+(\S+)/gi)) {
    const entry = Object.entries(FLAGS).find(([, { names }]) => names.includes(name));
    if (entry === undefined) return { fault: `the flag --${name} is not known` };
    const [key, { allows }] = entry;
    if (key in found) return { fault: `the flag --${name} is there twice` };
    if (!allows.test(value)) return { fault: `--${name} ${value} is not supported` };
    found[key] = value;
  }
  const isPro15 = model.includes('-1-5-pro-');
  const ratio = found['ratio'] ?? (mode === 'text' && !isPro15 ? '16:9' : 'adaptive');
  const duration = Number(found['duration'] ?? 5);
  const seed = Number(found['seed'] ?? -1);
  const resolution = found['resolution'] ?? '720p';
  if (ratio === 'adaptive' && mode === 'text' && !isPro15) return { fault: 'adaptive needs an image' };
  if (duration < (isPro15 ? 4 : 2) || duration > 12) return { fault: `--dur ${duration} is not supported` };
  if (seed > MAX_SEED) return { fault: `--seed ${seed} is not supported` };
  if (mode === 'reference' && resolution === '1080p')
    return { fault: '1080p is not supported with references' };
  if (mode === 'reference' && 'camera' in found) return { fault: '--cf is not supported with references' };
  const prompt = text.replace(/(?:^|\s)--[a-z]+\s+\S+/gi, '');
  return { prompt, resolution, ratio, duration, seed };
}
