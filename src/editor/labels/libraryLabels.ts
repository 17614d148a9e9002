/** Formats a size like file managers do: 1 MB is a million bytes. */
export function formatFileSize(bytes: number, language: string): string {
  return fileSizeFormat(language)(bytes);
}

/** As {@link formatFileSize}, for a list. Create one per list: creating its formatters is slow. */
export function fileSizeFormat(language: string): (bytes: number) => string {
  const formatters = new Map<string, Intl.NumberFormat>();
  const format = (value: number, unit: string): string => {
    const digits = fractionDigits(value);
    const key = `${unit} ${digits}`;
    const formatter = formatters.get(key) ?? unitFormat(unit, digits, language);
    formatters.set(key, formatter);
    return formatter.format(value);
  };
  return (bytes) => {
    const kilobytes = Math.ceil(bytes / 1000);
    if (kilobytes < 1000) return format(kilobytes, 'kilobyte');
    const megabytes = bytes / 1e6;
    return Math.round(megabytes) < 1000 ? format(megabytes, 'megabyte') : format(bytes / 1e9, 'gigabyte');
  };
}

/** Formats the size of a small file, such as an image. */
export function formatKilobytes(bytes: number, language: string): string {
  const value = Math.max(1, Math.round(bytes / 1000));
  return unitFormat('kilobyte', fractionDigits(value), language).format(value);
}

function fractionDigits(value: number): number {
  return value < 10 ? 1 : 0;
}

function unitFormat(unit: string, maximumFractionDigits: number, language: string): Intl.NumberFormat {
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits,
  });
}
