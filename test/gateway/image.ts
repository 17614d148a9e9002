import { createHash } from 'node:crypto';

/** Facts from the header of an image. */
export interface ImageInfo {
  readonly format: 'png' | 'jpeg' | 'webp' | 'gif';
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
}

/** Reads format and pixel size from the bytes alone. Returns undefined for an unknown format. */
export function readImage(data: Buffer): ImageInfo | undefined {
  const found = readPng(data) ?? readJpeg(data) ?? readWebp(data) ?? readGif(data);
  if (found === undefined || found.width === 0 || found.height === 0) return undefined;
  return { ...found, sha256: createHash('sha256').update(data).digest('hex') };
}

type Size = Omit<ImageInfo, 'sha256'> | undefined;

function readPng(data: Buffer): Size {
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  if (data.length < 33 || !data.subarray(0, 8).equals(signature)) return undefined;
  if (data.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return { format: 'png', width: data.readUInt32BE(16), height: data.readUInt32BE(20) };
}

function readJpeg(data: Buffer): Size {
  if (data.length < 4 || data.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 < data.length;) {
    if (data[at] !== 0xff) return undefined;
    const marker = data[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // Fill bytes are legal between segments.
      continue;
    }
    // Start-of-frame markers hold the size. C4, C8 and CC in that range are tables.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame)
      return { format: 'jpeg', height: data.readUInt16BE(at + 5), width: data.readUInt16BE(at + 7) };
    at += 2 + data.readUInt16BE(at + 2);
  }
  return undefined;
}

function readWebp(data: Buffer): Size {
  if (
    data.length < 30 ||
    data.toString('latin1', 0, 4) !== 'RIFF' ||
    data.toString('latin1', 8, 12) !== 'WEBP'
  ) {
    return undefined;
  }
  const size = (width: number, height: number): Size => ({ format: 'webp', width, height });
  switch (data.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return size(data.readUInt16LE(26) & 0x3fff, data.readUInt16LE(28) & 0x3fff);
    case 'VP8L': {
      const packed = data.readUInt32LE(21);
      return size((packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1);
    }
    case 'VP8X':
      return size(data.readUIntLE(24, 3) + 1, data.readUIntLE(27, 3) + 1);
    default:
      return undefined;
  }
}

function readGif(data: Buffer): Size {
  if (data.length < 10 || !/^GIF8[79]a$/.test(data.toString('latin1', 0, 6))) return undefined;
  return { format: 'gif', width: data.readUInt16LE(6), height: data.readUInt16LE(8) };
}

/**
 * Loads the image of an image field, or returns undefined if the service would drop it (API reference 7.2.2
 * and 7.2.3). A data URI needs exactly one comma, bare base64 counts as a JPEG, and a link is downloaded.
 */
export async function loadImage(reference: string): Promise<ImageInfo | undefined> {
  if (/^https?:\/\//i.test(reference)) return fetchImage(reference);
  let text = reference;
  if (/^data:/i.test(reference)) {
    const parts = reference.split(',');
    if (parts.length !== 2 || !/^data:image\/[\w.+-]+;base64$/i.test(parts[0] ?? '')) return undefined;
    text = parts[1] ?? '';
  }
  // Stricter than Buffer.from, which skips invalid characters.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return readImage(Buffer.from(text, 'base64'));
}

/**
 * Downloads from this machine only, because tests must not depend on the internet. Other links count as
 * unreachable.
 */
async function fetchImage(link: string): Promise<ImageInfo | undefined> {
  try {
    const url = new URL(link);
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) return undefined;
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) return undefined;
    return readImage(Buffer.from(await response.arrayBuffer()));
  } catch {
    return undefined;
  }
}
