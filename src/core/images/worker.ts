import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { parentPort } from 'node:worker_threads';
import { describeError } from '../common/log';
import { Codecs } from './codecs';
import { fitImage } from './fitImage';
import { ImageFileError } from './imageFileError';
import type { FitJob, FitResponse } from './workerProtocol';

/**
 * The thread that decodes, scales and encodes, because a large photo would block the extension host for seconds. It's a
 * separate bundle, with the codecs' WebAssembly next to it (esbuild.js).
 */
const codecs = new Codecs((file) => readFile(path.join(__dirname, file)));

async function runJob({ bytes, limits, options }: FitJob): Promise<FitResponse> {
  try {
    return { fitted: await fitImage(bytes, limits, options, codecs) };
  } catch (error) {
    if (error instanceof ImageFileError)
      return { reason: error.reason, message: error.message, kind: error.kind };
    return { reason: 'failed', message: describeError(error) };
  }
}

parentPort?.on(
  'message',
  (job: FitJob) => void runJob(job).then((response) => parentPort?.postMessage(response)),
);
