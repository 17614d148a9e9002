import * as z from 'zod/mini';
import { parametersOf } from '../../core/models/options';
import type { VideoRequest } from '../../core/models/request';
import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import { FrameError, type FrameErrorReason } from '../player/frameRequests';
import type { RequestImages } from '../imageFit/requestImages';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { ensureReadyToSend } from './submit/ensureReady';
import { resolveTasks } from '../common/taskPicker';

/** Captures frames of videos: the player, or a fake in tests. */
export interface FrameSource {
  /**
   * @param moment index of the task's video, and the position in seconds; null: the last frame
   * @returns the bytes of a PNG
   * @throws FrameError
   */
  captureFrame(
    taskId: string,
    moment: { readonly video: number; readonly seconds: number | null },
  ): Promise<Uint8Array>;
}

export interface FrameDependencies extends Pick<
  AppContext,
  'catalog' | 'engine' | 'dialogs' | 'notifications' | 'commandTitles' | 'l10n' | 'language'
> {
  readonly frames: FrameSource;
  readonly images: Pick<RequestImages, 'keepPng' | 'look'>;
}

interface Dependencies extends GenerateDependencies, FrameDependencies {}

/** A frame that is stored as a file, and its task. */
export interface StoredFrame {
  readonly task: Task;
  readonly source: string;
}

/** Argument from the player: the index of the video and the position in it. */
const framePosition = z.object({
  video: z.int().check(z.nonnegative()),
  seconds: z.nullish(z.number().check(z.nonnegative())),
});

/**
 * Generates a video that starts with the last frame of an earlier one, or with the frame that the player shows. From
 * there on it's an ordinary request with an image.
 */
export async function continueFromLastFrame(
  deps: Dependencies,
  args: readonly unknown[],
): Promise<Task | undefined> {
  if (!(await ensureReadyToSend(deps))) return undefined;
  const frame = await pickFrame(deps, args, deps.commandTitles.plain('nebulaVideo.continueFromLastFrame'));
  if (!frame) return undefined;
  const images = await deps.images.look([frame.source]);
  const { model } = frame.task.request;
  return runWizardAndSend(deps, {
    request: {
      model,
      images: [{ role: 'first', source: frame.source }],
      options: mainOptions(frame.task, deps),
    },
    at: 'prompt',
    images,
  });
}

/**
 * Captures a frame of the given video, or of one that the user selects.
 * @returns undefined if the user canceled, or after a message if no frame is available
 */
export async function pickFrame(
  deps: FrameDependencies,
  args: readonly unknown[],
  title: string,
): Promise<StoredFrame | undefined> {
  const { engine, notifications, frames, images, l10n } = deps;
  const tasks = (await engine.open()).tasks(Infinity);
  const question = l10n.t('Select a video');
  const suits = ({ phase, videos }: Task) => phase === 'saved' && videos.length > 0;
  const found = await resolveTasks(args, tasks, { title, question, asksForOne: true, suits }, deps);
  if (!found) notifications.status(l10n.t('No matching tasks.'));
  const task = found?.[0];
  if (!task) return undefined;
  const position = framePosition.safeParse(args[0]).data;
  const index = position ? position.video : await pickVideo(task, title, deps);
  const video = index === undefined ? undefined : task.videos[index];
  if (index === undefined || !video) return undefined;
  try {
    const png = await frames.captureFrame(task.id, { video: index, seconds: position?.seconds ?? null });
    const source = await images.keepPng(png, video);
    if (source !== undefined) return { task, source };
    showFrameError(deps, task, 'damaged');
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    // Closing the page counts as canceling.
    if (error.reason !== 'closed') showFrameError(deps, task, error.reason);
  }
  return undefined;
}

function showFrameError(
  { notifications, l10n }: FrameDependencies,
  { id }: Task,
  reason: Exclude<FrameErrorReason, 'closed'>,
): void {
  if (reason === 'missing') {
    notifications.show('warning', l10n.t("The video isn't in the library anymore."), [
      notifications.command('nebulaVideo.lookAgain', id),
    ]);
    return;
  }
  notifications.show('warning', l10n.t("Couldn't capture a frame from this video. Nothing was sent."), [
    notifications.command('nebulaVideo.openExternally', id),
    notifications.command('nebulaVideo.generateFromImage'),
  ]);
}

/** @returns the index of the task's video, or undefined if the user canceled */
async function pickVideo(
  { videos }: Task,
  title: string,
  { dialogs, l10n }: FrameDependencies,
): Promise<number | undefined> {
  if (videos.length === 1) return 0;
  return dialogs.choose({
    title,
    placeholder: l10n.t('Select a video'),
    choices: videos.map(({ width, height, durationSeconds }, index) => ({
      value: index,
      label: l10n.t('Video {0}', index + 1),
      description: `${width}×${height} · ${l10n.t('{0} s', Math.round(durationSeconds))}`,
    })),
  });
}

/** @returns the task's main options, such as its size, so that the new video looks alike */
function mainOptions({ request }: Task, { catalog }: Dependencies): NonNullable<VideoRequest['options']> {
  const family = catalog.familyOf(request.model);
  const options = request.options ?? {};
  if (!family) return {};
  const asked = parametersOf(family, { model: request.model, mode: 'first', options })
    .filter((parameter) => parameter.isMain)
    .map(({ name }) => name);
  return Object.fromEntries(Object.entries(options).filter(([name]) => asked.includes(name)));
}
