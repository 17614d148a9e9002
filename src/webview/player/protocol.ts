import * as z from 'zod/mini';

/**
 * What the player's page and its host say to each other. Both sides parse what arrives: a page outlives an update of
 * the extension, and what is stored or sent may be of another version.
 */

/** What a person can do about a task from its page. The host knows which command each one is. */
export const ACTIONS = [
  'saveToWorkspace',
  'saveAs',
  'openExternally',
  'reveal',
  'copyPrompt',
  'generateAgain',
  'editAndGenerate',
  'remix',
  'continueFromLastFrame',
  'useThisFrame',
  'lookAgain',
  'lookForFile',
  'attachTaskId',
  'stopSending',
  'stopTracking',
  'setApiKey',
  'approveAddress',
  'testConnection',
  'openLibrary',
  'refresh',
  'showLog',
  'copyDetails',
  'openEarlier',
  'retry',
] as const;

export type Action = (typeof ACTIONS)[number];

/** Shapes that have a picture of their own, so that nothing is told by colour alone. */
const TONES = [
  'past',
  'waiting',
  'working',
  'done',
  'error',
  'refused',
  'unknown',
  'warning',
  'stopped',
] as const;

export type Tone = (typeof TONES)[number];

const action = z.enum(ACTIONS);

const offer = z.object({
  action,
  label: z.string(),
  /** The one that most likely helps; at most one of a page. */
  primary: z.boolean(),
});

/** A video to play. */
const take = z.object({
  /** Which of the task's videos it is, from 0: some may not be here. */
  video: z.number(),
  /** Address for the page; another one when the file has changed. */
  url: z.string(),
  /** Its name among several. */
  name: z.string(),
  width: z.number(),
  height: z.number(),
  hasAudio: z.boolean(),
  /** Null when the file does not tell. */
  framesPerSecond: z.nullable(z.number()),
});

const stage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('video'),
    takes: z.array(take),
    /** What is to be said of those that are not among the takes, and what may bring them back. */
    note: z.nullable(z.object({ text: z.string(), offer })),
  }),
  z.object({
    kind: z.literal('working'),
    title: z.string(),
    sentence: z.string(),
    /** Something is in its way; title and sentence say what. */
    isHeld: z.boolean(),
    /** Something is being done at this moment, as far as anybody knows. */
    isMoving: z.boolean(),
    /** 0 to 100; null when nobody knows, and then nothing is made up. */
    progress: z.nullable(z.number()),
    /** How long it had been going on when this was sent: the clocks of page and host may differ. */
    elapsedMs: z.number(),
    /** What is known about the money, where that is worth a word. */
    charge: z.nullable(z.string()),
    /** The other side's own words. */
    details: z.nullable(z.string()),
  }),
  z.object({
    kind: z.literal('message'),
    tone: z.enum(TONES),
    title: z.string(),
    sentence: z.string(),
    /** What is known about the money; null where that is no question. */
    charge: z.nullable(z.string()),
    /** The other side's own words. */
    details: z.nullable(z.string()),
  }),
]);

const view = z.object({
  title: z.string(),
  tone: z.enum(TONES),
  /** The phase in words. */
  state: z.string(),
  /** What was asked for, in short pieces. */
  summary: z.array(z.string()),
  stage,
  offers: z.array(offer),
  prompt: z.string(),
  facts: z.array(
    z.object({
      name: z.string(),
      value: z.string(),
      isCode: z.boolean(),
      /** What the value leads to, as a link. */
      action: z.exactOptional(action),
    }),
  ),
  timeline: z.array(
    z.object({ iso: z.string(), time: z.string(), tone: z.enum(TONES), phase: z.string(), note: z.string() }),
  ),
});

export type ActionButton = z.infer<typeof offer>;
export type Take = z.infer<typeof take>;
export type Stage = z.infer<typeof stage>;
/** All that a page shows, in the user's words. */
export type View = z.infer<typeof view>;

/** Host to page. */
export const toPage = z.discriminatedUnion('type', [
  /** The answer to `ready`. */
  z.object({ type: z.literal('view'), view }),
  /** Those parts of the view that are others now. */
  z.object({ type: z.literal('change'), change: z.partial(view) }),
  /** The answer to `run`: `error` says in a sentence why it failed, `note` what has happened otherwise. */
  z.object({
    type: z.literal('done'),
    request: z.number(),
    error: z.nullable(z.string()),
    note: z.nullable(z.string()),
  }),
  /** Take a picture of a video; the answer is `frame` or `noFrame`. Asked twice for the same, answer once. */
  z.object({
    type: z.literal('captureFrame'),
    request: z.number(),
    /** Of a take. */
    url: z.string(),
    /** Where in the video; null for its last picture. */
    seconds: z.nullable(z.number()),
  }),
]);

export type ToPage = z.infer<typeof toPage>;

/** Largest picture that a page may send, in bytes: 4K of noise, as PNG. */
export const MAX_FRAME_BYTES = 32 * 1024 * 1024;

/** What a person has before them. */
const moment = z.object({
  /** Which of the task's videos, from 0. */
  video: z.number().check(z.int(), z.nonnegative()),
  /** Where in it; null for its end. */
  seconds: z.nullable(z.number().check(z.nonnegative())),
});

export type FramePosition = z.infer<typeof moment>;

/** Page to host. */
export const toHost = z.discriminatedUnion('type', [
  /** The page listens and knows nothing: it has just been opened, shown again or revived. */
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('run'), request: z.number(), action, moment: z.optional(moment) }),
  /** The browser could not load or decode the video. */
  z.object({ type: z.literal('videoFailed'), reason: z.string().check(z.maxLength(500)) }),
  /** What `captureFrame` asked for, as PNG. */
  z.object({
    type: z.literal('frame'),
    request: z.number(),
    png: z.instanceof(Uint8Array).check(z.refine(({ byteLength }) => byteLength <= MAX_FRAME_BYTES)),
  }),
  /** It could not be had. */
  z.object({
    type: z.literal('noFrame'),
    request: z.number(),
    reason: z.string().check(z.maxLength(500)),
  }),
]);

export type ToHost = z.infer<typeof toHost>;

/** The page's own words, which do not change while it lives. */
const texts = z.object({
  loading: z.string(),
  video: z.string(),
  playback: z.string(),
  actions: z.string(),
  takes: z.string(),
  previousFrame: z.string(),
  nextFrame: z.string(),
  loop: z.string(),
  speed: z.string(),
  fill: z.string(),
  unfill: z.string(),
  /** `{0}` is the time. */
  elapsed: z.string(),
  progress: z.string(),
  prompt: z.string(),
  copyPrompt: z.string(),
  details: z.string(),
  copyDetails: z.string(),
  timeline: z.string(),
  useFrame: z.string(),
  noSound: z.string(),
  failedTitle: z.string(),
  failedSentence: z.string(),
});

export type Texts = z.infer<typeof texts>;

/** What the page is born with, as JSON in an attribute of its body. */
export const pageData = z.object({ taskId: z.string(), texts });

export type PageData = z.infer<typeof pageData>;

/** What the editor keeps for a page over being hidden and over a reload of the window. */
export const pageState = z.object({
  taskId: z.string(),
  /** Which of several videos. */
  take: z.catch(z.number().check(z.int(), z.nonnegative()), 0),
  /** Of the playback, in seconds. */
  position: z.catch(z.number().check(z.nonnegative()), 0),
  /** 0 to 1. */
  volume: z.catch(z.number().check(z.gte(0), z.lte(1)), 1),
  muted: z.catch(z.boolean(), false),
  loop: z.catch(z.boolean(), false),
  speed: z.catch(z.number().check(z.gte(0.25), z.lte(2)), 1),
});

export type PageState = z.infer<typeof pageState>;
