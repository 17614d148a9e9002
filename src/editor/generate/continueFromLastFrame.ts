import * as z from 'zod/mini';
import { parametersOf } from '../../core/models/options';
import type { VideoRequest } from '../../core/models/request';
import type { Task, Video } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import { FrameError, type FrameErrorReason } from '../player/frameRequests';
import type { RequestImages } from '../imageFit/requestImages';
import type { FrameMessages } from './frameMessages';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { ensureReadyToSend } from './submit/ensureReady';
import { resolveTasks } from '../common/taskPicker';

/** Takes pictures of videos: the players, or in a test somebody who plays them. */
export interface FrameSource {
  /**
   * @param moment which of the task's videos, from 0, and where in it, in seconds; null: its last picture
   * @returns what should be a PNG
   * @throws FrameError
   */
  captureFrame(
    taskId: string,
    moment: { readonly video: number; readonly seconds: number | null },
  ): Promise<Uint8Array>;
}

/** What it takes to get a frame of a video. */
export interface FrameDependencies extends Pick<AppContext, 'catalog' | 'engine' | 'dialogs'> {
  readonly frames: FrameSource;
  readonly images: Pick<RequestImages, 'keepPng' | 'look'>;
  readonly frameMessages: FrameMessages;
}

interface Dependencies extends GenerateDependencies, FrameDependencies {}

/** A frame of a video that is kept as a file, and the task that it is of. */
export interface StoredFrame {
  readonly task: Task;
  readonly source: string;
}

/** What the player adds to the task: which of its videos, and where in it. */
const given = z.object({
  video: z.int().check(z.nonnegative()),
  seconds: z.nullish(z.number().check(z.nonnegative())),
});

/**
 * Makes a video that begins where an earlier one ends, or with the frame that the player shows. It is a video from an
 * image like any other from there on.
 */
export async function continueFromLastFrame(
  deps: Dependencies,
  args: readonly unknown[],
): Promise<Task | undefined> {
  if (!(await ensureReadyToSend(deps))) return undefined;
  const { l10n } = deps;
  const frame = await pickFrame(deps, args, l10n.t('Continue from Last Frame'));
  if (!frame) return undefined;
  const images = await deps.images.look([frame.source]);
  const { model } = frame.task.request;
  return runWizardAndSend(deps, {
    request: {
      model,
      images: [{ role: 'first', source: frame.source }],
      options: shapeOf(frame.task, deps),
    },
    at: 'prompt',
    images,
  });
}

/**
 * A frame of the given video, or of one that is asked for.
 * @returns undefined when nobody chose one, or it can't be had; then that is said
 */
export async function pickFrame(
  deps: FrameDependencies & Pick<GenerateDependencies, 'messages' | 'l10n'>,
  args: readonly unknown[],
  title: string,
): Promise<StoredFrame | undefined> {
  const { engine, messages, frames, images, frameMessages, l10n } = deps;
  const tasks = (await engine.open()).tasks(Infinity);
  const question = l10n.t('Of which video should a frame be taken?');
  const suits = ({ phase, videos }: Task) => phase === 'saved' && videos.length > 0;
  const found = await resolveTasks(args, tasks, { title, question, asksForOne: true, suits }, deps);
  if (!found) messages.nothingSuitable(l10n.t('There is no finished video to take a frame of.'));
  const task = found?.[0];
  if (!task) return undefined;
  const told = given.safeParse(args[0]).data;
  const position = told ? told.video : await whichVideo(task, title, deps);
  const video = position === undefined ? undefined : task.videos[position];
  if (position === undefined || !video) return undefined;
  try {
    const png = await frames.captureFrame(task.id, { video: position, seconds: told?.seconds ?? null });
    const source = await images.keepPng(png, video);
    if (source !== undefined) return { task, source };
    frameMessages.noFrame(task.id, 'damaged');
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    tell(error.reason, task, frameMessages);
  }
  return undefined;
}

/** Who closes the page has changed their mind. */
function tell(reason: FrameErrorReason, { id }: Task, messages: FrameMessages): void {
  if (reason !== 'closed') messages.noFrame(id, reason);
}

/** @returns its place among the task's videos; undefined when nobody chose */
async function whichVideo(
  { videos }: Task,
  title: string,
  { dialogs, l10n }: FrameDependencies & Pick<GenerateDependencies, 'l10n'>,
): Promise<number | undefined> {
  if (videos.length === 1) return 0;
  const describe = ({ width, height, durationSeconds }: Video) =>
    `${l10n.t('{0} × {1} pixels', width, height)} · ${l10n.t('{0} seconds', Math.round(durationSeconds))}`;
  return dialogs.choose({
    title,
    placeholder: l10n.t('Which of the task’s videos?'),
    choices: videos.map((video, index) => ({
      value: index,
      label: l10n.t('Video {0}', index + 1),
      description: describe(video),
    })),
  });
}

/** What is asked for with every video, such as its size, as it was for this one: what goes on should look alike. */
function shapeOf({ request }: Task, { catalog }: Dependencies): NonNullable<VideoRequest['options']> {
  const family = catalog.familyOf(request.model);
  const options = request.options ?? {};
  if (!family) return {};
  const asked = parametersOf(family, { model: request.model, mode: 'first', options })
    .filter((parameter) => parameter.hasOwnStep)
    .map(({ name }) => name);
  return Object.fromEntries(Object.entries(options).filter(([name]) => asked.includes(name)));
}
