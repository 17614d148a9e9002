import { Uri } from 'vscode';
import type { L10n } from '../../core/common/l10n';
import { describeError, withPrefix } from '../../core/common/log';
import { DiskError } from '../../core/common/fileSystem';
import type { Engine } from '../../core/engine';
import type { DiskUsage, LibraryReport, RemovableItem, RemovableVideo } from '../../core/tasks/libraryUsage';
import type { AppContext } from '../common/appContext';
import type { Confirmation, PickChoice } from '../common/dialogs';
import { fileSizeFormat, formatFileSize } from '../labels/libraryLabels';
import { readOnlyRejection } from '../common/rejection';
import {
  MAX_QUOTED_PROMPT_LENGTH,
  dateTimeFormat,
  truncatePrompt,
  type DateFormat,
} from '../labels/taskLabels';

interface Dependencies extends Pick<
  AppContext,
  'engine' | 'dialogs' | 'notifications' | 'desktop' | 'commandTitles' | 'l10n' | 'language' | 'clock' | 'log'
> {
  /** Updates the task list after files were deleted. */
  readonly checkFiles: () => void;
}

/** Formats of the rows. All rows share them, because creating one is slow. */
interface RowFormats {
  readonly formatDate: DateFormat;
  readonly formatSize: (bytes: number) => string;
}

/** Videos older than this are preselected if the user has seen or saved them. */
const OLD_VIDEO_AGE_MS = 7 * 24 * 60 * 60_000;

/** Deletes the videos that the user selects. Asks before deleting one that wasn't seen or saved. */
export async function cleanUpLibrary(deps: Dependencies): Promise<void> {
  const { dialogs, notifications, commandTitles, l10n, language, clock, log } = deps;
  const engine = await deps.engine.open();
  if (engine.readOnly) throw readOnlyRejection(engine.readOnly, l10n);
  let report: LibraryReport;
  try {
    report = await engine.libraryUsage.report();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    withPrefix(log, 'library').error(`the library couldn't be read: ${describeError(error)}`);
    notifications.show('error', l10n.t("Can't read the library. Nothing was deleted."), [
      notifications.command('nebulaVideo.showLog'),
    ]);
    return;
  }
  const { diskUsage, videos, leftovers } = report;
  if (videos.length === 0 && leftovers.files.length === 0) {
    notifications.status(l10n.t('The library has nothing to delete.'));
    return;
  }
  const formats: RowFormats = { formatDate: dateTimeFormat(language), formatSize: fileSizeFormat(language) };
  const selected = await dialogs.chooseSome<RemovableVideo | RemovableItem>({
    title: [commandTitles.plain('nebulaVideo.cleanLibrary'), formatFileSize(diskUsage.bytes, language)].join(
      ' · ',
    ),
    placeholder: l10n.t('Select videos'),
    onlyTicked: true,
    choices: [
      ...(leftovers.files.length > 0 ? [leftoverChoice(leftovers, l10n, language)] : []),
      ...videos.map((video) => videoChoice(video, clock.now(), l10n, formats)),
    ],
  });
  if (!selected || selected.length === 0) return;
  const unsafe = selected.filter((item) => isVideo(item) && !isSafe(item)).length;
  if (unsafe > 0 && !(await dialogs.confirm(unsafeConfirmation(unsafe, l10n)))) return;
  await deleteItems(deps, engine, selected);
}

async function deleteItems(
  deps: Dependencies,
  engine: Engine,
  selected: readonly (RemovableVideo | RemovableItem)[],
): Promise<void> {
  const { dialogs, desktop, l10n, log, checkFiles } = deps;
  let isPermanent = false;
  const deleted = { videos: 0, bytes: 0 };
  let hasFailed = false;
  try {
    for (const item of selected) {
      for (const file of item.files.map((path) => Uri.file(path))) {
        if (!isPermanent && (await desktop.moveToTrash(file))) continue;
        // Ask once for all remaining files.
        isPermanent ||= await dialogs.confirm({
          message: l10n.t('Delete permanently?'),
          detail: l10n.t("Couldn't move the files to the trash."),
          action: l10n.t('Delete'),
        });
        if (!isPermanent) return;
        await desktop.deleteForGood(file);
      }
      deleted.bytes += item.bytes;
      if (!isVideo(item)) continue;
      deleted.videos++;
      if (item.taskId !== undefined) await engine.libraryUsage.recordDeletion(item.taskId);
    }
  } catch (error) {
    withPrefix(log, 'library').error(`a file couldn't be deleted: ${describeError(error)}`);
    hasFailed = true;
  } finally {
    checkFiles();
    if (deleted.videos > 0 || deleted.bytes > 0 || hasFailed)
      showDeleted(deps, deleted, { isPermanent, hasFailed });
  }
}

function showDeleted(
  { notifications, l10n, language }: Dependencies,
  deleted: DiskUsage,
  { isPermanent, hasFailed }: { readonly isPermanent: boolean; readonly hasFailed: boolean },
): void {
  const size = formatFileSize(deleted.bytes, language);
  if (hasFailed) {
    notifications.show('warning', l10n.t("Some files couldn't be deleted. Deleted {0}.", size), [
      notifications.command('nebulaVideo.showLog'),
    ]);
  } else {
    notifications.show(
      'info',
      isPermanent ? l10n.t('Deleted {0}.', size) : l10n.t('Moved {0} to the trash.', size),
      [],
    );
  }
}

function isVideo(item: RemovableVideo | RemovableItem): item is RemovableVideo {
  return 'prompt' in item;
}

/** @returns true if the user has seen or saved the video, so that it's safe to preselect. */
function isSafe({ isSeen, isExported }: RemovableVideo): boolean {
  return isSeen || isExported;
}

function videoChoice(
  video: RemovableVideo,
  now: number,
  l10n: L10n,
  { formatDate, formatSize }: RowFormats,
): PickChoice<RemovableVideo> {
  const { prompt, model, createdAt, bytes } = video;
  return {
    value: video,
    label: truncatePrompt(prompt, MAX_QUOTED_PROMPT_LENGTH),
    description: [
      ...(model === undefined ? [] : [model]),
      formatDate(createdAt, now),
      formatSize(bytes),
    ].join(' · '),
    ...videoState(video, l10n),
    picked: isSafe(video) && now - createdAt > OLD_VIDEO_AGE_MS,
  };
}

function leftoverChoice(leftovers: RemovableItem, l10n: L10n, language: string): PickChoice<RemovableItem> {
  return {
    value: leftovers,
    label: l10n.t('Incomplete downloads'),
    description: formatFileSize(leftovers.bytes, language),
    picked: true,
  };
}

/** Describes why a video might not be safe to delete. Nothing if it was watched and saved. */
function videoState(
  { taskId, isSeen, isExported }: RemovableVideo,
  l10n: L10n,
): { readonly detail?: string } {
  if (taskId === undefined) return { detail: l10n.t('no task') };
  const reasons = [...(isSeen ? [] : [l10n.t('new')]), ...(isExported ? [] : [l10n.t('not saved')])];
  return reasons.length === 0 ? {} : { detail: reasons.join(', ') };
}

function unsafeConfirmation(count: number, l10n: L10n): Confirmation {
  return {
    message: l10n.t("Delete videos that you haven't watched or saved ({0})?", count),
    detail: l10n.t('The gateway might no longer have them.'),
    action: l10n.t('Delete'),
  };
}
