import * as z from 'zod/mini';

/**
 * Messages between the player page and its host. Both sides validate what they receive: a page outlives an update
 * of the extension, so a message or stored state may be from another version.
 */

/** Actions on the page. The host maps them to commands. */
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

/** Each tone has its own icon, so that nothing depends on color alone. */
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

const actionButton = z.object({
  action,
  label: z.string(),
  /** The action that most likely helps. At most one per page. */
  primary: z.boolean(),
});

/** A video that can be played. A task may have several. */
const take = z.object({
  /** Index of the video in the task. Some videos may not be available. */
  video: z.number(),
  /** Webview URL. It changes with the file. */
  url: z.string(),
  /** Label if there are several videos. */
  name: z.string(),
  width: z.number(),
  height: z.number(),
  hasAudio: z.boolean(),
  /** Null if unknown. */
  framesPerSecond: z.nullable(z.number()),
});

const stage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('video'),
    takes: z.array(take),
    /** Describes the videos that aren't available, with an action that may restore them. */
    note: z.nullable(z.object({ text: z.string(), button: z.nullable(actionButton) })),
  }),
  z.object({
    kind: z.literal('working'),
    title: z.string(),
    sentence: z.string(),
    /** The task is blocked. The title and the sentence say why. */
    isHeld: z.boolean(),
    /** Work is in progress, as far as known. */
    isMoving: z.boolean(),
    /** 0 to 100, or null if unknown. Never estimate it. */
    progress: z.nullable(z.number()),
    /**
     * Elapsed time when the message was sent. A timestamp wouldn't work: the clocks of the page and the host may
     * differ.
     */
    elapsedMs: z.number(),
    /** Whether the user was charged, if that's worth mentioning. */
    charge: z.nullable(z.string()),
    /** Message from the gateway. */
    details: z.nullable(z.string()),
  }),
  z.object({
    kind: z.literal('message'),
    tone: z.enum(TONES),
    title: z.string(),
    sentence: z.string(),
    /** Whether the user was charged, or null if it isn't in question. */
    charge: z.nullable(z.string()),
    /** Message from the gateway. */
    details: z.nullable(z.string()),
  }),
]);

const view = z.object({
  title: z.string(),
  tone: z.enum(TONES),
  /** Label of the phase. Empty if the stage says it. */
  state: z.string(),
  /** Short parts that describe the request. */
  summary: z.array(z.string()),
  stage,
  buttons: z.array(actionButton),
  prompt: z.string(),
  facts: z.array(
    z.object({
      name: z.string(),
      value: z.string(),
      isCode: z.boolean(),
      /** Shows the value as a link that runs this action. */
      action: z.exactOptional(action),
    }),
  ),
  timeline: z.array(
    z.object({ iso: z.string(), time: z.string(), tone: z.enum(TONES), phase: z.string(), note: z.string() }),
  ),
});

export type ActionButton = z.infer<typeof actionButton>;
export type Take = z.infer<typeof take>;
export type Stage = z.infer<typeof stage>;
/** Everything the page shows, localized. */
export type View = z.infer<typeof view>;

/** Host to page. */
export const toPage = z.discriminatedUnion('type', [
  /** Response to `ready`. */
  z.object({ type: z.literal('view'), view }),
  /** The fields of the view that changed. */
  z.object({ type: z.literal('change'), change: z.partial(view) }),
  /** Response to `run`. `error` is a message if it failed, `note` an announcement if it didn't. */
  z.object({
    type: z.literal('done'),
    request: z.number(),
    error: z.nullable(z.string()),
    note: z.nullable(z.string()),
  }),
  /** Capture a frame. The response is `frame` or `frameError`. Respond once even if the request arrives twice. */
  z.object({
    type: z.literal('captureFrame'),
    request: z.number(),
    /** URL of a take. */
    url: z.string(),
    /** Position in the video, or null for the last frame. */
    seconds: z.nullable(z.number()),
  }),
]);

export type ToPage = z.infer<typeof toPage>;

/** Maximum size of a captured frame: a 4K PNG of noise. */
export const MAX_FRAME_BYTES = 32 * 1024 * 1024;

/** The frame the user is looking at. */
const framePosition = z.object({
  /** Index of the video in the task. */
  video: z.number().check(z.int(), z.nonnegative()),
  /** Position in the video, or null for the end. */
  seconds: z.nullable(z.number().check(z.nonnegative())),
});

export type FramePosition = z.infer<typeof framePosition>;

/** Page to host. */
export const toHost = z.discriminatedUnion('type', [
  /** The page was opened, shown again, or restored, and needs the full view. */
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('run'), request: z.number(), action, position: z.optional(framePosition) }),
  /** The browser could not load or decode the video. */
  z.object({ type: z.literal('videoFailed'), reason: z.string().check(z.maxLength(500)) }),
  /** Response to `captureFrame`: a PNG. */
  z.object({
    type: z.literal('frame'),
    request: z.number(),
    png: z.instanceof(Uint8Array).check(z.refine(({ byteLength }) => byteLength <= MAX_FRAME_BYTES)),
  }),
  /** Response to `captureFrame` if the frame couldn't be captured. */
  z.object({
    type: z.literal('frameError'),
    request: z.number(),
    reason: z.string().check(z.maxLength(500)),
  }),
]);

export type ToHost = z.infer<typeof toHost>;

/** Localized text of the page. */
const texts = z.object({
  video: z.string(),
  takes: z.string(),
  loading: z.string(),
  actions: z.string(),
  previousFrame: z.string(),
  nextFrame: z.string(),
  loop: z.string(),
  speed: z.string(),
  fill: z.string(),
  unfill: z.string(),
  elapsed: z.string(),
  prompt: z.string(),
  copyPrompt: z.string(),
  details: z.string(),
  copyDetails: z.string(),
  timeline: z.string(),
  useFrame: z.string(),
  noSound: z.string(),
  failed: z.string(),
});

export type Texts = z.infer<typeof texts>;

/** Initial data, passed as JSON in an attribute of the body. */
export const pageData = z.object({ taskId: z.string(), texts });

export type PageData = z.infer<typeof pageData>;

/** Webview state. It survives hiding the page and reloading the window. */
export const pageState = z.object({
  taskId: z.string(),
  /** Index of the selected video. */
  take: z.catch(z.number().check(z.int(), z.nonnegative()), 0),
  /** Playback position in seconds. */
  position: z.catch(z.number().check(z.nonnegative()), 0),
  /** 0 to 1. */
  volume: z.catch(z.number().check(z.gte(0), z.lte(1)), 1),
  muted: z.catch(z.boolean(), false),
  loop: z.catch(z.boolean(), false),
  speed: z.catch(z.number().check(z.gte(0.25), z.lte(2)), 1),
});

export type PageState = z.infer<typeof pageState>;
