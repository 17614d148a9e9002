import * as vscode from 'vscode';

/** Opens an editor with the text and selects the given ranges, or everything by default. */
export async function select(text: string, ...parts: [from: number, to: number][]): Promise<void> {
  const document = await newDocument({ content: text });
  const editor = await vscode.window.showTextDocument(document);
  const ranges = parts.length > 0 ? parts : [[0, text.length] as const];
  editor.selections = ranges.map(
    ([from, to]) => new vscode.Selection(document.positionAt(from), document.positionAt(to)),
  );
}

/** VS Code may restore the content of a recently closed untitled document with the same name. */
export async function newDocument(options: {
  readonly content: string;
  readonly language?: string;
}): Promise<vscode.TextDocument> {
  for (;;) {
    const document = await vscode.workspace.openTextDocument(options);
    if (document.getText() === options.content) return document;
  }
}

/** Closes all editors and discards their content. */
export async function closeEditors(): Promise<void> {
  while (vscode.window.activeTextEditor) {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }
}
