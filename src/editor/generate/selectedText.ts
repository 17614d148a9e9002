import * as vscode from 'vscode';
import type { Selected } from './generateFromSelection';

/** What is selected in the editor in front, byte for byte and from top to bottom. */
export function selectedText(): Selected | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return undefined;
  const { document, selections } = editor;
  return {
    texts: [...selections]
      .sort((one, other) => one.start.compareTo(other.start))
      .map((selection) => document.getText(selection)),
    lineEnd: document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n',
  };
}
