import { MAX_FILE_BYTES } from './inspectImage';
import { ImageFileError } from './imageFileError';

/** Files of the user, by their URIs; in the editor through its file systems, so remote and virtual ones work too. */
export interface UserFileReader {
  /** In bytes. */
  size(uri: string): Promise<number>;
  read(uri: string): Promise<Uint8Array>;
}

/** What the source of an image stands for. */
export type ImageSource =
  /** Fetched by the service, never by us: what is behind it is not known here. */
  { readonly kind: 'link'; readonly url: string } | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads the source of an image: an https link, a data URI (base64), or the URI of a file. What a data URI or a file's
 * name says of the kind counts for nothing.
 * @throws ImageFileError `badSource`, `tooManyBytes` or `unreadable`
 */
export async function loadImageSource(source: string, files: UserFileReader): Promise<ImageSource> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase();
  switch (scheme) {
    // One letter is a drive of Windows, and not taken for a scheme.
    case undefined:
    case 'http':
      throw new ImageFileError('badSource', scheme ? 'a link without TLS' : 'no URI');
    case 'https':
      if (!URL.canParse(source)) throw new ImageFileError('badSource', 'no URL');
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
    throw new ImageFileError('badSource', 'no data URI with base64');
  }
  return Buffer.from(text, 'base64');
}

async function readAll(uri: string, files: UserFileReader): Promise<Uint8Array> {
  try {
    // Asked before: a long recording that was taken for a picture must not fill the memory.
    const size = await files.size(uri);
    if (size > MAX_FILE_BYTES) throw new ImageFileError('tooManyBytes', `it has ${size} bytes`);
    return await files.read(uri);
  } catch (error) {
    if (error instanceof ImageFileError) throw error;
    throw new ImageFileError('unreadable', error instanceof Error ? error.message : String(error));
  }
}
