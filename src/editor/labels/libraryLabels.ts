import type { L10n } from '../../core/common/l10n';
import type { DiskUsage } from '../../core/tasks/libraryUsage';

/** Formats a size like file managers do: 1 MB is a million bytes. */
export function formatFileSize(bytes: number, l10n: L10n, language: string): string {
  const number = (value: number) =>
    value.toLocaleString(language, { maximumFractionDigits: value < 10 ? 1 : 0 });
  return bytes < 1e9 ? l10n.t('{0} MB', number(bytes / 1e6)) : l10n.t('{0} GB', number(bytes / 1e9));
}

/** Formats the number and size of videos. */
export function formatLibraryUsage({ videos, bytes }: DiskUsage, l10n: L10n, language: string): string {
  const size = formatFileSize(bytes, l10n, language);
  return videos === 1 ? l10n.t('1 video, {0}', size) : l10n.t('{0} videos, {1}', videos, size);
}
