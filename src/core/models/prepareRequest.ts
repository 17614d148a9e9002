import * as z from 'zod';
import type { L10n } from '../common/l10n';
import { MODELS, familyOf } from './catalogue';
import { RequestError, type PreparedRequest } from './family';
import { videoRequestSchema, type VideoRequest } from './request';

/** Callers in plain JavaScript write `options: undefined` where they mean to leave it out. */
function withoutUndefined(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

/** Parses a request that came from outside: another extension, a key binding, a tool. */
function parse(input: unknown, l10n: L10n): VideoRequest {
  const parsed = videoRequestSchema.safeParse(withoutUndefined(input));
  if (parsed.success) return parsed.data;
  throw new RequestError(
    l10n.t(
      'This is not a video request that can be sent: {0}',
      z.prettifyError(parsed.error).replace(/\s+/g, ' '),
    ),
  );
}

/**
 * Turns what was asked into what is sent, or says why it must not be sent. Nothing has left and nothing
 * is stored when this throws.
 * @throws {@link RequestError} with a sentence for the user.
 */
export function prepareRequest(input: unknown, l10n: L10n): PreparedRequest {
  const request = parse(input, l10n);
  // Only looked at, never altered: prompts are sent byte for byte.
  if (request.prompt.trim() === '') {
    throw new RequestError(l10n.t('The prompt is empty. Describe the video you want.'));
  }
  const family = familyOf(request.model);
  if (!family) {
    throw new RequestError(
      l10n.t(
        'The model "{0}" is not known to this version. Choose one of: {1}.',
        request.model,
        MODELS.map((model) => model.id).join(', '),
      ),
    );
  }
  return family.prepare(request, l10n);
}
