import * as z from 'zod';
import type { L10n } from '../common/l10n';
import { RequestError, type Family } from './family';
import type { VideoRequest } from './request';

const SECONDS = ['4', '8', '12'] as const;
const SIZES = ['720x1280', '1280x720'] as const;

/**
 * API reference 7.2.1. The service silently replaces values it does not know (7.2.2), so everything
 * is checked here and sent explicitly. `width` and `height` are left out on purpose: `size` says the same.
 */
const options = z.strictObject({
  // A number is as good as its text (API reference 4.1); the text is what is sent.
  seconds: z.preprocess(
    (value) => (typeof value === 'number' ? String(value) : value),
    z.enum(SECONDS).default('4'),
  ),
  size: z.enum(SIZES).default('720x1280'),
  user: z.string().min(1).exactOptional(),
});

/** Says what is wrong with an option and what would be right. */
function explain(issue: z.core.$ZodIssue, l10n: L10n): string {
  if (issue.code === 'unrecognized_keys') {
    return l10n.t(
      'The option "{0}" is not one of {1}. The options are: {2}.',
      issue.keys.join(', '),
      'sora-2',
      Object.keys(options.shape).join(', '),
    );
  }
  const name = String(issue.path[0]);
  if (issue.code === 'invalid_value') {
    return l10n.t(
      'The option "{0}" takes one of these values: {1}.',
      name,
      issue.values.map(String).join(', '),
    );
  }
  return l10n.t('The option "{0}" must be a text that is not empty.', name);
}

export const sora: Family = {
  id: 'sora',
  prefix: 'sora-',
  result: 'download',
  choices: [
    { name: 'seconds', values: SECONDS, initial: '4' },
    { name: 'size', values: SIZES, initial: '720x1280' },
  ],

  prepare(request: VideoRequest, l10n: L10n) {
    if (request.images && request.images.length > 0) {
      throw new RequestError(
        l10n.t(
          'This version makes videos from text only. Leave the images out and describe them in the prompt.',
        ),
      );
    }
    if (request.remixOf !== undefined) {
      throw new RequestError(
        l10n.t(
          'This version cannot remix an earlier video yet. Leave "remixOf" out and describe the whole video.',
        ),
      );
    }
    const checked = options.safeParse(request.options ?? {});
    if (!checked.success) {
      throw new RequestError(checked.error.issues.map((issue) => explain(issue, l10n)).join(' '));
    }
    const { seconds, size, user } = checked.data;
    const body = {
      model: request.model,
      prompt: request.prompt,
      seconds,
      size,
      ...(user === undefined ? {} : { user }),
    };
    return {
      request: {
        model: request.model,
        prompt: request.prompt,
        options: { seconds, size, ...(user === undefined ? {} : { user }) },
      },
      family: sora,
      body: JSON.stringify(body),
    };
  },
};
