import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseErrorResponse } from '../../../src/core/gateway/responseError';
import { probeVideo } from '../../../src/core/library/videoFile';
import { VideoFileError } from '../../../src/core/library/videoFileError';
import { videoCases, MEDIA } from '../support/mediaCases';
import { sourceFromBytes } from '../support/byteSource';

describe('unusual videos', () => {
  for (const { file, means, why } of videoCases()) {
    it(`${file}: ${means.get} (${why})`, async () => {
      const bytes = readFileSync(path.join(MEDIA, file));
      const result = await probeVideo(sourceFromBytes(bytes)).catch((error: unknown) => error);
      switch (means.get) {
        case 'playable': {
          assert.ok(!(result instanceof Error), String(result));
          const { extension, width, height, durationSeconds, isUnverified } = result as Awaited<
            ReturnType<typeof probeVideo>
          >;
          assert.deepEqual(
            { width, height, isUnverified },
            { width: means.width, height: means.height, isUnverified: undefined },
          );
          assert.ok(Math.abs(durationSeconds - (means.seconds ?? 0)) < 0.05, String(durationSeconds));
          assert.equal(extension, means.container ?? 'mp4');
          break;
        }
        case 'kept':
          assert.ok(!(result instanceof Error), String(result));
          assert.ok((result as Awaited<ReturnType<typeof probeVideo>>).isUnverified);
          break;
        case 'again':
          assert.ok(result instanceof VideoFileError, String(result));
          assert.equal(result.reason, 'incomplete');
          break;
        case 'refused':
          assert.ok(result instanceof VideoFileError, String(result));
          assert.equal(result.mayBeVideo, false);
          assert.ok(
            result.reason === means.says ||
              parseErrorResponse(result.text ?? '').message.includes(means.says ?? '?'),
            result.message,
          );
      }
    });
  }
});
