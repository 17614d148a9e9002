import { z } from 'zod';
import { bytes } from '../gatewayResponse';
import { storageError } from '../routes/results';
import { fault } from './fault';

const PAGE = '<!doctype html><html><body>This is not the video you are looking for.</body></html>';

/** Faults of a downloaded video or its link. */
export const resultFaults = {
  deadLink: fault({
    routes: ['result'],
    reference: '9.3, 15',
    description: 'the storage responds with 403, 404 or 410',
    args: { status: z.union([z.literal(403), z.literal(404), z.literal(410)]).default(403) },
    inject: (_exchange, _next, args) => storageError(args.status, 'AccessDenied', 'Request has expired.'),
  }),
  notAnMp4: fault({
    routes: ['result', 'download'],
    reference: '9.3, 6.0',
    description: 'complete and of the declared size, but a web page instead of a video',
    args: {},
    inject: (exchange, next) => {
      if (exchange.record.kind === 'result') {
        return { status: 200, headers: { 'content-type': 'video/mp4' }, body: bytes(PAGE) };
      }
      exchange.download.content = Buffer.from(PAGE);
      return next();
    },
  }),
};
