import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { visibleLine } from '../common/displayText';
import type { L10n } from '../common/l10n';
import { isModelId, type Catalog } from './catalog';
import { RequestError, type CheckedRequest, type Family, type Image, type PreparedRequest } from './family';
import { modeOf, modeLabel, type Mode } from './modes';
import { checkPromptAndOptions, parseExtraFields } from './options';
import { isHttpsLink } from './parameter';
import { videoRequestSchema, type VideoRequest } from './request';

/** @returns the gateway's ID of a task, if it has one. */
export type GatewayIdOf = (taskId: string) => string | undefined;

/** JavaScript callers may pass `options: undefined` to omit it. */
function withoutUndefined(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

/** Parses a request from another extension, a key binding, or a tool. */
function parse(input: unknown, l10n: L10n): VideoRequest {
  const parsed = videoRequestSchema.safeParse(withoutUndefined(input), { error: en().localeError });
  if (parsed.success) return parsed.data;
  throw new RequestError(
    l10n.t(
      'This is not a video request that can be sent: {0}',
      z.prettifyError(parsed.error).replace(/\s+/g, ' '),
    ),
  );
}

/**
 * Validates a request and builds what is sent. This is the only place that decides what is allowed. Nothing is
 * sent or stored if it throws.
 * @param gatewayIdOf finds the task to remix by its local ID
 * @param own models that the user added
 * @throws {@link RequestError} with a message for the user
 */
export function prepareRequest(
  input: unknown,
  catalog: Catalog,
  l10n: L10n,
  gatewayIdOf: GatewayIdOf = () => undefined,
): PreparedRequest {
  const request = parse(input, l10n);
  const { model, prompt } = request;
  // Trim only for the check: prompts are sent unchanged.
  if (prompt.trim() === '') {
    throw new RequestError(l10n.t('The prompt is empty. Describe the video you want.'));
  }
  if (!isModelId(model)) {
    throw new RequestError(
      l10n.t(
        '"{0}" can’t be the ID of a model. It has up to 100 letters, digits, and the characters . : / _ and -, such as sora-2.',
        visibleLine(model, 100),
      ),
    );
  }
  const family = catalog.familyOf(model);
  if (!family) {
    throw new RequestError(
      l10n.t(
        'The model "{0}" is not known to this version. Choose one of these, or name its family in the setting "nebulaVideo.models": {1}.',
        model,
        [...catalog.customModels, ...catalog.listedModels].map(({ id }) => id).join(', '),
      ),
    );
  }
  const mode = checkMode(family, request, l10n);
  const images = (request.images ?? []).map((image) => checkImage(family, image, l10n));
  const checked = checkPromptAndOptions(family, { model, mode }, prompt, request.options ?? {}, l10n);
  if ('faults' in checked) throw new RequestError(checked.faults.join(' '));
  const { options } = checked;
  const remix =
    request.remixOf === undefined ? {} : { remixOf: checkSource(family, request.remixOf, gatewayIdOf, l10n) };
  const whole: CheckedRequest = {
    ...{ model, prompt, mode, images, ...remix },
    options: Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'extra')),
    extra: parseExtraFields(options),
  };
  return {
    request: { model, prompt, options, ...(images.length > 0 ? { images } : {}), ...remix },
    family,
    body: JSON.stringify(family.body(whole)),
  };
}

function checkMode(family: Family, request: VideoRequest, l10n: L10n): Mode {
  const mode = modeOf(request);
  const modes = family.modes(request.model);
  if (mode !== undefined && modes.includes(mode)) return mode;
  if (request.remixOf !== undefined && modes.includes('remix')) {
    throw new RequestError(l10n.t('A remix is made from the earlier video alone. Leave the images out.'));
  }
  throw new RequestError(
    l10n.t(
      'The model "{0}" cannot make a video from {1}. It takes: {2}.',
      request.model,
      mode === undefined ? l10n.t('these images together') : modeLabel(mode, l10n),
      modes.map((one) => modeLabel(one, l10n)).join('; '),
    ),
  );
}

/**
 * @returns the Base64 of an image data URI, or undefined. Doesn't match the whole text with one regular
 * expression: backtracking would overflow the stack.
 */
function base64Of(source: string): string | undefined {
  const [head] = /^data:image\/[\w.+-]+;base64,/.exec(source) ?? [];
  if (head === undefined) return undefined;
  const base64 = source.slice(head.length);
  const padding = base64.indexOf('=');
  const isPadded = padding < 0 || /^={1,2}$/.test(base64.slice(padding));
  const isBase64 = base64 !== '' && padding !== 0 && isPadded && !/[^A-Za-z0-9+/=]/.test(base64);
  return isBase64 && base64.length % 4 === 0 ? base64 : undefined;
}

/** Checks only the format of the source. The image pipeline checks its content and size. */
function checkImage(family: Family, image: Image, l10n: L10n): Image {
  const { role, source } = image;
  if (isHttpsLink(source)) return image;
  if (/^file:/i.test(source)) {
    throw new RequestError(
      l10n.t(
        'The image with the role "{0}" is a file, which can’t be sent as it is. Give it as a data URI or an https link.',
        role,
      ),
    );
  }
  const base64 = base64Of(source);
  if (base64 === undefined) {
    throw new RequestError(
      l10n.t(
        'The image with the role "{0}" is neither an https link nor a data URI of the form data:image/png;base64,…',
        role,
      ),
    );
  }
  const { longestBase64 } = family;
  if (longestBase64 === undefined || base64.length <= longestBase64) return image;
  throw new RequestError(
    l10n.t(
      'The image with the role "{0}" is too large for this model: its Base64 has {1} characters, and {2} are the most. Make it smaller, or give an https link.',
      role,
      base64.length,
      longestBase64,
    ),
  );
}

function checkSource({ taskIds }: Family, remixOf: string, gatewayIdOf: GatewayIdOf, l10n: L10n): string {
  const id = gatewayIdOf(remixOf) ?? remixOf;
  if (!taskIds || taskIds.pattern.test(id)) return id;
  throw new RequestError(
    l10n.t(
      'The video to remix is not known: "{0}" is neither a task of {1} that the gateway has taken nor an id of the gateway that begins with {2}.',
      remixOf,
      taskIds.remixModel ?? '',
      taskIds.prefix,
    ),
  );
}
