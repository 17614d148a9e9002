/** Formats a size like file managers do: 1 MB is a million bytes. */
export function formatFileSize(bytes: number, language: string): string {
  const kilobytes = Math.ceil(bytes / 1000);
  if (kilobytes < 1000) return formatUnit(kilobytes, 'kilobyte', language);
  const megabytes = bytes / 1e6;
  return Math.round(megabytes) < 1000
    ? formatUnit(megabytes, 'megabyte', language)
    : formatUnit(bytes / 1e9, 'gigabyte', language);
}

/** Formats the size of a small file, such as an image. */
export function formatKilobytes(bytes: number, language: string): string {
  return formatUnit(Math.max(1, Math.round(bytes / 1000)), 'kilobyte', language);
}

function formatUnit(value: number, unit: string, language: string): string {
  return value.toLocaleString(language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 ? 1 : 0,
  });
}
