import { z } from 'zod';
import { bytes } from '../reply';
import { storageError } from '../routes/results';
import { fault } from './fault';

const PAGE = '<!doctype html><html><body>This is not the video you are looking for.</body></html>';

/** What is wrong with a fetched video or the link to it. */
export const resultFaults = {
  deadLink: fault({
    routes: ['result'],
    reference: '9.3, 15',
    about: 'the storage answers 403, 404 or 410',
    args: { status: z.union([z.literal(403), z.literal(404), z.literal(410)]).default(403) },
    strike: (_exchange, _next, args) => storageError(args.status, 'AccessDenied', 'Request has expired.'),
  }),
  notAnMp4: fault({
    routes: ['result', 'download'],
    reference: '9.3, 6.0',
    about: 'whole and of the declared size, but a web page instead of a video',
    args: {},
    strike: (exchange, next) => {
      if (exchange.record.kind === 'result') {
        return { status: 200, headers: { 'content-type': 'video/mp4' }, body: bytes(PAGE) };
      }
      exchange.download.content = Buffer.from(PAGE);
      return next();
    },
  }),
};
