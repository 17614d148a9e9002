import { Uri } from 'vscode';
import type { L10n } from '../../core/common/l10n';
import { describeError } from '../../core/common/log';
import { DiskError } from '../../core/common/fileSystem';
import type { Engine } from '../../core/engine';
import type { LibraryReport, RemovableItem, RemovableVideo } from '../../core/tasks/libraryUsage';
import type { AppContext } from '../common/appContext';
import type { PickChoice } from '../common/dialogs';
import { formatFileSize, formatLibraryUsage } from '../labels/libraryLabels';
import type { LibraryMessages } from './libraryMessages';
import { Rejection, readOnlyMessage } from '../common/rejection';
import { MAX_QUOTED_PROMPT_LENGTH, formatDateTime, truncatePrompt } from '../labels/taskLabels';

interface Dependencies extends Pick<
  AppContext,
  'engine' | 'dialogs' | 'desktop' | 'l10n' | 'language' | 'clock' | 'log'
> {
  readonly libraryMessages: LibraryMessages;
  /** Updates the task list after files were deleted. */
  readonly checkFiles: () => void;
}

/** Videos older than this are preselected if the user has seen or saved them. */
const OLD = 7 * 24 * 60 * 60_000;

/** Removes the videos the user selects. Asks before removing one that wasn't seen or saved. */
export async function cleanLibrary(deps: Dependencies): Promise<void> {
  const { dialogs, libraryMessages, l10n, language, clock } = deps;
  const engine = await deps.engine.open();
  if (engine.readOnly) throw new Rejection('readOnly', readOnlyMessage(engine.readOnly, l10n));
  let shelf: LibraryReport;
  try {
    shelf = await engine.libraryUsage.report();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    libraryMessages.cannotBeRead(error.message);
    return;
  }
  const { diskUsage, videos, leftovers } = shelf;
  if (videos.length === 0 && leftovers.files.length === 0) {
    libraryMessages.libraryIsEmpty();
    return;
  }
  const chosen = await dialogs.chooseSome<RemovableVideo | RemovableItem>({
    title: l10n.t('Clean Library: {0}', formatLibraryUsage(diskUsage, l10n, language)),
    placeholder: l10n.t('Which videos should be removed from the library?'),
    onlyTicked: true,
    choices: [
      ...(leftovers.files.length > 0 ? [leftoverChoice(leftovers, l10n, language)] : []),
      ...videos.map((video) => choiceOf(video, clock.now(), l10n, language)),
    ],
  });
  if (!chosen || chosen.length === 0) return;
  const unsafe = chosen.filter((item) => isVideo(item) && !isSafe(item)).length;
  if (unsafe > 0 && !(await dialogs.confirm(unsafeQuestion(unsafe, l10n)))) return;
  await remove(deps, engine, chosen);
}

async function remove(
  { dialogs, desktop, libraryMessages, l10n, log, checkFiles }: Dependencies,
  engine: Engine,
  chosen: readonly (RemovableVideo | RemovableItem)[],
): Promise<void> {
  const videos = chosen.filter(isVideo).length;
  let forGood = false;
  let removed = 0;
  let bytes = 0;
  let fault: string | undefined;
  try {
    for (const item of chosen) {
      for (const file of item.files.map((path) => Uri.file(path))) {
        if (!forGood && (await desktop.moveToTrash(file))) continue;
        // Ask once for all remaining videos.
        forGood ||= await dialogs.confirm(forGoodQuestion(videos - removed, l10n));
        if (!forGood) return;
        await desktop.deleteForGood(file);
      }
      bytes += item.bytes;
      if (!isVideo(item)) continue;
      removed++;
      if (item.taskId !== undefined) await engine.libraryUsage.recordDeletion(item.taskId);
    }
  } catch (error) {
    log.error(`[library] a file could not be removed: ${describeError(error)}`);
    fault = error instanceof Error ? error.message : String(error);
  } finally {
    checkFiles();
    if (removed > 0 || bytes > 0 || fault !== undefined) {
      libraryMessages.cleaned({
        videos: removed,
        bytes,
        inTrash: !forGood,
        ...(fault !== undefined && { fault }),
      });
    }
  }
}

function isVideo(item: RemovableVideo | RemovableItem): item is RemovableVideo {
  return 'prompt' in item;
}

/** @returns true if the user has seen or saved the video, so that it's safe to preselect. */
function isSafe({ isSeen, isExported }: RemovableVideo): boolean {
  return isSeen || isExported;
}

function choiceOf(
  video: RemovableVideo,
  now: number,
  l10n: L10n,
  language: string,
): PickChoice<RemovableVideo> {
  const { prompt, model, createdAt, bytes } = video;
  const moment = formatDateTime(createdAt, now, language);
  return {
    value: video,
    label: truncatePrompt(prompt, MAX_QUOTED_PROMPT_LENGTH),
    description: [
      ...(model === undefined ? [] : [model]),
      moment,
      formatFileSize(bytes, l10n, language),
    ].join(' · '),
    detail: taskStateLabel(video, l10n),
    picked: isSafe(video) && now - createdAt > OLD,
  };
}

function leftoverChoice(leftovers: RemovableItem, l10n: L10n, language: string): PickChoice<RemovableItem> {
  return {
    value: leftovers,
    label: l10n.t('Leftovers of interrupted fetches'),
    description: formatFileSize(leftovers.bytes, l10n, language),
    picked: true,
  };
}

function taskStateLabel({ taskId, isSeen, isExported }: RemovableVideo, l10n: L10n): string {
  if (taskId === undefined) return l10n.t('Belongs to no task in the list');
  if (isExported) return isSeen ? l10n.t('Seen, and saved elsewhere') : l10n.t('Saved elsewhere');
  return isSeen ? l10n.t('Seen, but saved nowhere else') : l10n.t('Never seen, and saved nowhere else');
}

function unsafeQuestion(count: number, l10n: L10n) {
  return {
    message:
      count === 1
        ? l10n.t('Remove a video that you have never seen?')
        : l10n.t('Remove {0} videos that you have never seen?', count),
    detail:
      count === 1
        ? l10n.t(
            'As far as is known, it was neither watched nor saved outside of the library. The gateway keeps videos for a short time only.',
          )
        : l10n.t(
            'As far as is known, they were neither watched nor saved outside of the library. The gateway keeps videos for a short time only.',
          ),
    action: count === 1 ? l10n.t('Remove It') : l10n.t('Remove All {0}', count),
  };
}

function forGoodQuestion(videos: number, l10n: L10n) {
  return {
    message: videos <= 1 ? l10n.t('Remove it for good?') : l10n.t('Remove {0} videos for good?', videos),
    detail: l10n.t(
      'This system has no trash that takes files of the library, so they cannot be brought back.',
    ),
    action: l10n.t('Remove for Good'),
  };
}
