import * as vscode from 'vscode';

/** Puts another text in the place of the whole one, in one step that can be undone. @returns false when it is not as it was */
export async function replaceText(
  document: vscode.TextDocument,
  before: string,
  after: string,
): Promise<boolean> {
  if (document.isClosed || document.getText() !== before) return false;
  const edit = new vscode.WorkspaceEdit();
  const { end } = document.lineAt(document.lineCount - 1).range;
  edit.replace(document.uri, new vscode.Range(new vscode.Position(0, 0), end), after);
  return vscode.workspace.applyEdit(edit);
}
