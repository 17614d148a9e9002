import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { visibleLine } from '../common/displayText';
import type { L10n } from '../common/l10n';
import { isModelId, type Catalog } from './catalog';
import { RequestError, type CheckedRequest, type Family, type Image, type PreparedRequest } from './family';
import { modeOf, describeMode, type Mode } from './modes';
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
function parse(input: unknown): VideoRequest {
  const parsed = videoRequestSchema.safeParse(withoutUndefined(input), { error: en().localeError });
  if (parsed.success) return parsed.data;
  throw new RequestError(z.prettifyError(parsed.error).replace(/\s+/g, ' '));
}

/**
 * Validates a request and builds what is sent. This is the only place that decides what is allowed. Nothing is
 * sent or stored if it throws.
 * @param gatewayIdOf finds the task to remix by its local ID
 * @param own models that the user added
 * @throws {@link RequestError}
 */
export function prepareRequest(
  input: unknown,
  catalog: Catalog,
  l10n: L10n,
  gatewayIdOf: GatewayIdOf = () => undefined,
): PreparedRequest {
  const request = parse(input);
  const { model, prompt } = request;
  // Trim only for the check: prompts are sent unchanged.
  if (prompt.trim() === '') throw new RequestError('The prompt is empty.');
  if (!isModelId(model)) {
    throw new RequestError(
      `'${visibleLine(model, 100)}' isn't a model ID: use up to 100 letters, digits, and . : / _ -, such as sora-2.`,
    );
  }
  const family = catalog.familyOf(model);
  if (!family) {
    const known = [...catalog.customModels, ...catalog.listedModels].map(({ id }) => id).join(', ');
    throw new RequestError(
      `The model '${model}' is unknown. Name its family in 'nebulaVideo.models', or use one of: ${known}.`,
    );
  }
  const mode = checkMode(family, request);
  const images = (request.images ?? []).map((image) => checkImage(family, image));
  const checked = checkPromptAndOptions(family, { model, mode }, prompt, request.options ?? {}, l10n);
  if ('errors' in checked) throw new RequestError(checked.errors.join(' '));
  const { options } = checked;
  const remix =
    request.remixOf === undefined ? {} : { remixOf: checkSource(family, request.remixOf, gatewayIdOf) };
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

function checkMode(family: Family, request: VideoRequest): Mode {
  const mode = modeOf(request);
  const modes = family.modes(request.model);
  if (mode !== undefined && modes.includes(mode)) return mode;
  if (request.remixOf !== undefined && modes.includes('remix')) {
    throw new RequestError('A remix takes no images.');
  }
  const requested = mode === undefined ? 'this combination of images' : describeMode(mode);
  const supported = modes.map(describeMode).join('; ');
  throw new RequestError(
    `The model '${request.model}' doesn't support ${requested}. It supports: ${supported}.`,
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
function checkImage({ longestBase64 }: Family, image: Image): Image {
  const { role, source } = image;
  if (isHttpsLink(source)) return image;
  const base64 = base64Of(source);
  if (base64 === undefined) {
    throw new RequestError(
      `The image with the role '${role}' must be an https URL or a data URI such as data:image/png;base64,…`,
    );
  }
  if (longestBase64 === undefined || base64.length <= longestBase64) return image;
  throw new RequestError(
    `The image with the role '${role}' has ${base64.length} Base64 characters. The maximum is ${longestBase64}.`,
  );
}

function checkSource({ taskIds }: Family, remixOf: string, gatewayIdOf: GatewayIdOf): string {
  const id = gatewayIdOf(remixOf) ?? remixOf;
  if (!taskIds || taskIds.pattern.test(id)) return id;
  throw new RequestError(
    `The video to remix is unknown: '${remixOf}' is neither an accepted task of ${taskIds.remixModel ?? ''} nor a gateway ID that starts with ${taskIds.prefix}.`,
  );
}
