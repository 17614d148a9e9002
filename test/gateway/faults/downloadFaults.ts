import { z } from 'zod';
import type { DownloadTweaks } from '../exchange';
import { fault, type Fault } from './fault';

/** Faults that change the download's JSON (API reference 6.0 and 14). */
export const downloadFaults = {
  wrongSize: fault({
    routes: ['download'],
    reference: '6.0, 15',
    description: '`size` is off by a number of bytes',
    args: { by: z.int().default(1) },
    inject: (exchange, next, args) => {
      exchange.download.sizeOffset = args.by;
      return next();
    },
  }),
  truncatedBase64: fault({
    routes: ['download'],
    reference: '14',
    description: 'characters are missing at the end of the base64, in well-formed JSON',
    args: { characters: z.int().positive().default(1_000) },
    inject: (exchange, next, args) => {
      exchange.download.missingCharacters = args.characters;
      return next();
    },
  }),
  successFalse: tweak(
    '`success: false` with HTTP 200, otherwise complete',
    (download) => (download.success = false),
  ),
  noDataUrl: tweak('no `data_url`', (download) => (download.dataUrl = false)),
  onlyDataUrl: tweak('no `base64`, only `data_url`', (download) => {
    download.base64 = false;
    download.dataUrl = true;
  }),
  escapedBase64: tweak(
    '`/` as `\\/` and `+` as `\\u002b` inside the JSON strings',
    (download) => (download.escaped = true),
  ),
  trailingComma: tweak('a comma after the last field', (download) => (download.trailingComma = true)),
};

function tweak(about: string, change: (download: DownloadTweaks) => void): Fault {
  return fault({
    routes: ['download'],
    reference: '6.0, 14',
    description: about,
    args: {},
    inject: (exchange, next) => {
      change(exchange.download);
      return next();
    },
  });
}
