import { MAX_FILE_BYTES } from './inspectImage';
import { ImageFileError } from './imageFileError';

/** Reads the user's files by URI. In the editor, this includes remote and virtual file systems. */
export interface UserFileReader {
  /** In bytes. */
  size(uri: string): Promise<number>;
  read(uri: string): Promise<Uint8Array>;
}

/** A resolved source. */
export type ImageSource =
  /** Opened only by the provider. */
  { readonly kind: 'link'; readonly url: string } | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads the source of an image: an https link, a data URI (base64), or a file URI. The type in a data URI and the file's
 * extension are ignored.
 * @throws ImageFileError `badSource`, `tooManyBytes` or `unreadable`
 */
export async function loadImageSource(source: string, files: UserFileReader): Promise<ImageSource> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase();
  switch (scheme) {
    // A single letter isn't a scheme but a drive on Windows.
    case undefined:
    case 'http':
      throw new ImageFileError('badSource', scheme ? 'a link without TLS' : 'not a URI');
    case 'https':
      if (!URL.canParse(source)) throw new ImageFileError('badSource', 'not a URL');
      return { kind: 'link', url: source };
    case 'data':
      return { kind: 'bytes', bytes: readDataUri(source) };
    default:
      return { kind: 'bytes', bytes: await readAll(source, files) };
  }
}

function readDataUri(source: string): Uint8Array {
  const comma = source.indexOf(',');
  const text = source.slice(comma + 1);
  if ((text.length / 4) * 3 > MAX_FILE_BYTES + 2) {
    throw new ImageFileError('tooManyBytes', `${text.length} characters`);
  }
  if (comma === -1 || !/;base64$/i.test(source.slice(0, comma)) || !BASE64.test(text)) {
    throw new ImageFileError('badSource', 'not a data URI with base64');
  }
  return Buffer.from(text, 'base64');
}

async function readAll(uri: string, files: UserFileReader): Promise<Uint8Array> {
  try {
    // Check the size first: a large video chosen by mistake must not fill the memory.
    const size = await files.size(uri);
    if (size > MAX_FILE_BYTES) throw new ImageFileError('tooManyBytes', `it has ${size} bytes`);
    return await files.read(uri);
  } catch (error) {
    if (error instanceof ImageFileError) throw error;
    throw new ImageFileError('unreadable', error instanceof Error ? error.message : String(error));
  }
}
