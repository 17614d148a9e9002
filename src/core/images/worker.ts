import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { parentPort } from 'node:worker_threads';
import { describeError } from '../common/log';
import { Codecs } from './codecs';
import { fitImage } from './fitImage';
import { ImageFileError } from './imageFileError';
import type { FitJob, FitResponse } from './workerProtocol';

/**
 * The thread that decodes, scales and encodes: seconds of work for a large photo, which must not hold up the extension
 * host. A bundle of its own (esbuild.js), with the codecs' WebAssembly beside it.
 */
const codecs = new Codecs((file) => readFile(path.join(__dirname, file)));

async function reply({ bytes, limits, wish }: FitJob): Promise<FitResponse> {
  try {
    return { fitted: await fitImage(bytes, limits, wish, codecs) };
  } catch (error) {
    if (error instanceof ImageFileError)
      return { fault: error.reason, message: error.message, kind: error.kind };
    return { fault: 'failed', message: describeError(error) };
  }
}

parentPort?.on('message', (job: FitJob) => void reply(job).then((answer) => parentPort?.postMessage(answer)));
