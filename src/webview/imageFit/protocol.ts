import * as z from 'zod/mini';

/**
 * Messages between the image fit page and its host. Both sides validate what they receive. The host keeps every
 * choice, so a page that was hidden is restored from it.
 */

/** How an image with the wrong aspect ratio is fitted. `asIs` doesn't change it. */
export const FIT_MODES = ['asIs', 'crop', 'pad', 'blur'] as const;

export type FitMode = (typeof FIT_MODES)[number];

const share = z.number().check(z.gte(0), z.lte(1));
const byte = z.number().check(z.int(), z.gte(0), z.lte(255));
const rgb = z.tuple([byte, byte, byte]);

/** A crop rectangle in fractions of the displayed width and height. */
const cropArea = z.object({ x: share, y: share, width: share, height: share });

const choice = z.object({
  mode: z.enum(FIT_MODES),
  /** The crop, or null for the largest centered one. */
  part: z.nullable(cropArea),
  /** Padding color. */
  color: rgb,
  /** Color behind transparent pixels. */
  background: rgb,
});

const imageData = z.object({
  bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  format: z.enum(['jpeg', 'png', 'webp']),
});

const card = z.object({
  /** The image's role, such as the first frame. */
  title: z.string(),
  /** File name, size, and format. */
  facts: z.string(),
  /** The model's requirements. */
  need: z.string(),
  /** Displayed size in pixels. */
  width: z.number(),
  height: z.number(),
  /** Aspect ratio of the crop: width divided by height. */
  ratio: z.number(),
  /** Available modes, at least one. */
  modes: z.array(z.enum(FIT_MODES)),
  hasAlpha: z.boolean(),
  choice,
  /** Incremented by the page with each change of the choice. */
  revision: z.number(),
});

export type Rgb = z.infer<typeof rgb>;
export type CropArea = z.infer<typeof cropArea>;
export type Choice = z.infer<typeof choice>;
export type EncodedImage = z.infer<typeof imageData>;
export type Card = z.infer<typeof card>;

const index = z.number().check(z.int(), z.gte(0));

/** Host to page. `index` is the index of a card. */
export const toPage = z.discriminatedUnion('type', [
  /** Response to `ready`. */
  z.object({ type: z.literal('view'), cards: z.array(card) }),
  /** The unchanged image, upright and scaled down for display. */
  z.object({ type: z.literal('original'), index, image: imageData }),
  /** The exact bytes to send, with a description. */
  z.object({
    type: z.literal('preview'),
    index,
    revision: z.number(),
    image: imageData,
    caption: z.string(),
  }),
  /** Why the image can't be sent with this choice. */
  z.object({ type: z.literal('error'), index, revision: z.number(), message: z.string() }),
]);

export type ToPage = z.infer<typeof toPage>;

/** Page to host. */
export const toHost = z.discriminatedUnion('type', [
  /** The page was opened or shown again and needs the full view. */
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('choose'), index, revision: z.number(), choice }),
  /** Continue with the latest choices. */
  z.object({ type: z.literal('use') }),
  z.object({ type: z.literal('back') }),
]);

export type ToHost = z.infer<typeof toHost>;

/** Localized text of the page. */
const texts = z.object({
  title: z.string(),
  intro: z.string(),
  original: z.string(),
  result: z.string(),
  mode: z.string(),
  modes: z.object({ asIs: z.string(), crop: z.string(), pad: z.string(), blur: z.string() }),
  cropHint: z.string(),
  /** `{0}` and `{1}` are percentages from the left and from the top. */
  position: z.string(),
  zoom: z.string(),
  reset: z.string(),
  color: z.string(),
  background: z.string(),
  black: z.string(),
  white: z.string(),
  other: z.string(),
  preparing: z.string(),
  use: z.string(),
  back: z.string(),
});

export type Texts = z.infer<typeof texts>;

/** Initial data, passed as JSON in an attribute of the body. */
export const pageData = z.object({ texts });

export type PageData = z.infer<typeof pageData>;
