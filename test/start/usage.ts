import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import type { VideoRequest } from '../../src/api';

export const usage = `Usage:
  npm start
      VS Code with the extension and a pretend gateway, to try by hand.
  npm start -- --headless --prompt TEXT --out FILE.mp4 [--model ID] [--option NAME=VALUE]... [--image FILE]
              [--gateway URL] [--force]
      One video from prompt to file, without a person.
      --model    default sora-2
      --option   an option of the model by its wire name, for example seconds=8
      --image    the picture to begin with: a file or an https address
      --gateway  a real service instead of the pretend one; its key in the environment variable NEBULA_API_KEY
      --force    overwrite FILE.mp4`;

/** Invalid arguments. The message says what is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface HeadlessRun {
  readonly request: VideoRequest;
  /** Absolute path. */
  readonly out: string;
  readonly overwrite: boolean;
  readonly gateway?: { readonly baseUrl: string; readonly key: string };
}

/** Parses the arguments: a headless run, the demo, or only the usage. */
export function parseArguments(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): HeadlessRun | 'demo' | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  if (!values.headless) {
    const [other] = Object.keys(values);
    if (other !== undefined) throw new UsageError(`--${other} belongs to a run with --headless.`);
    return 'demo';
  }
  if (values.prompt === undefined) throw new UsageError('--prompt is missing: say what the video shows.');
  if (values.out === undefined) throw new UsageError('--out is missing: say where the video goes.');
  const overwrite = values.force ?? false;
  const options = readOptions(values.option ?? []);
  return {
    request: {
      model: values.model ?? 'sora-2',
      prompt: values.prompt,
      ...(Object.keys(options).length > 0 && { options }),
      ...(values.image !== undefined && { images: [{ role: 'first', source: imageSource(values.image) }] }),
    },
    out: outFile(values.out, overwrite),
    overwrite,
    ...(values.gateway !== undefined && { gateway: realGateway(values.gateway, env) }),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        headless: { type: 'boolean' },
        prompt: { type: 'string' },
        out: { type: 'string' },
        model: { type: 'string' },
        option: { type: 'string', multiple: true },
        image: { type: 'string' },
        gateway: { type: 'string' },
        force: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Numbers, true and false are parsed. Everything else is text. */
function readOptions(pairs: readonly string[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const match = /^([^=]+)=(.*)$/s.exec(pair);
      if (!match) throw new UsageError(`--option ${pair} is not of the form NAME=VALUE.`);
      const [, name = '', value = ''] = match;
      return [
        name,
        /^(true|false|-?(0|[1-9]\d*)(\.\d+)?)$/.test(value) ? (JSON.parse(value) as number | boolean) : value,
      ];
    }),
  );
}

function imageSource(image: string): string {
  if (/^(https|data):/i.test(image)) return image;
  const file = fromWhereThePersonIs(image);
  if (!fs.existsSync(file)) throw new UsageError(`There is no image ${file}.`);
  return pathToFileURL(file).href;
}

/** npm changes to the project's folder first, and INIT_CWD names the original one. */
const fromWhereThePersonIs = (file: string): string => path.resolve(process.env['INIT_CWD'] ?? '', file);

/** Checked before anything is paid. */
function outFile(out: string, overwrite: boolean): string {
  const file = fromWhereThePersonIs(out);
  const present = fs.statSync(file, { throwIfNoEntry: false });
  if (present?.isDirectory()) throw new UsageError(`${file} is a folder; --out names a file.`);
  if (present && !overwrite) throw new UsageError(`${file} exists already; --force would overwrite it.`);
  return file;
}

function realGateway(baseUrl: string, env: NodeJS.ProcessEnv): { baseUrl: string; key: string } {
  if (!URL.canParse(baseUrl)) throw new UsageError(`--gateway ${baseUrl} is not an address.`);
  const key = env['NEBULA_API_KEY'];
  if (!key) {
    throw new UsageError('--gateway needs a key: put it into the environment variable NEBULA_API_KEY.');
  }
  return { baseUrl, key };
}
