import * as path from 'node:path';
import type * as vscode from 'vscode';
import type * as room from '../../core/images/createImagePipeline';

/**
 * Loads what works on pictures: a bundle of its own, so that only who gives a picture along pays for reading it. It is
 * named by its place in the extension, because its thread and the codecs lie beside it.
 */
export function loadImages(extensionUri: vscode.Uri): typeof room {
  const file = path.join(extensionUri.fsPath, 'dist', 'images.js');
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded on first use, as the app is (loadApp.ts)
  return require(file) as typeof room;
}
