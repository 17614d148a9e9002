import * as z from 'zod/mini';

/**
 * What the fitting page and its host say to each other. Both sides parse what arrives. The host knows all that was
 * chosen: a page that was hidden is drawn anew from it.
 */

/** What can be done with an image whose shape is not the one that is needed; `asIs` leaves it is. */
export const FIT_MODES = ['asIs', 'crop', 'pad', 'blur'] as const;

export type FitMode = (typeof FIT_MODES)[number];

const share = z.number().check(z.gte(0), z.lte(1));
const byte = z.number().check(z.int(), z.gte(0), z.lte(255));
const rgb = z.tuple([byte, byte, byte]);

/** A part of an image in shares of its width and height, as it is shown. */
const part = z.object({ x: share, y: share, width: share, height: share });

const choice = z.object({
  way: z.enum(FIT_MODES),
  /** What is kept when it is cut; null is the largest part around the centre. */
  part: z.nullable(part),
  /** What it is padded with. */
  color: rgb,
  /** What transparent pixels are laid on. */
  background: rgb,
});

const picture = z.object({
  bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  format: z.enum(['jpeg', 'png', 'webp']),
});

/** An image of the request, and what is done with it. */
const card = z.object({
  /** Its role, as a title. */
  title: z.string(),
  /** Name, size and kind of the file. */
  facts: z.string(),
  /** What the model takes. */
  need: z.string(),
  /** As shown, in pixels. */
  width: z.number(),
  height: z.number(),
  /** Of the part that is kept when it is cut: width divided by height, in pixels. */
  ratio: z.number(),
  /** At least one. */
  ways: z.array(z.enum(FIT_MODES)),
  hasAlpha: z.boolean(),
  choice,
  /** Of the choice, counted up by the page with each change. */
  revision: z.number(),
});

export type Rgb = z.infer<typeof rgb>;
export type Part = z.infer<typeof part>;
export type Choice = z.infer<typeof choice>;
export type Picture = z.infer<typeof picture>;
export type Card = z.infer<typeof card>;

const image = z.number().check(z.int(), z.gte(0));

/** Host to page. `image` is the index of a card. */
export const toPage = z.discriminatedUnion('type', [
  /** The answer to `ready`. */
  z.object({ type: z.literal('view'), cards: z.array(card) }),
  /** The image as it is, upright, and small enough to be shown. */
  z.object({ type: z.literal('original'), image, picture }),
  /** The very bytes that are sent, and what they are in words. */
  z.object({ type: z.literal('preview'), image, revision: z.number(), picture, caption: z.string() }),
  /** Why it can't be sent so, in a sentence. */
  z.object({ type: z.literal('fault'), image, revision: z.number(), sentence: z.string() }),
]);

export type ToPage = z.infer<typeof toPage>;

/** Page to host. */
export const toHost = z.discriminatedUnion('type', [
  /** The page listens and knows nothing: it has just been opened, or shown again. */
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('choose'), image, revision: z.number(), choice }),
  /** Go on, with what was chosen last. */
  z.object({ type: z.literal('use') }),
  z.object({ type: z.literal('back') }),
]);

export type ToHost = z.infer<typeof toHost>;

/** The page's own words, which do not change while it lives. */
const texts = z.object({
  title: z.string(),
  /** Which step of how many; empty where it is none. */
  step: z.string(),
  intro: z.string(),
  loading: z.string(),
  original: z.string(),
  sent: z.string(),
  way: z.string(),
  ways: z.object({ asIs: z.string(), crop: z.string(), pad: z.string(), blur: z.string() }),
  hints: z.object({ asIs: z.string(), crop: z.string(), pad: z.string(), blur: z.string() }),
  frame: z.string(),
  frameRole: z.string(),
  /** `{0}` and `{1}` are percents from the left and from the top. */
  place: z.string(),
  zoom: z.string(),
  reset: z.string(),
  color: z.string(),
  background: z.string(),
  black: z.string(),
  white: z.string(),
  other: z.string(),
  /** `{0}` is what the colour is for. */
  otherColor: z.string(),
  preparing: z.string(),
  use: z.string(),
  back: z.string(),
});

export type Texts = z.infer<typeof texts>;

/** What the page is born with, as JSON in an attribute of its body. */
export const pageData = z.object({ texts });

export type PageData = z.infer<typeof pageData>;
