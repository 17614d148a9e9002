/**
 * Texts in the user's language. The shape is that of the editor's `vscode.l10n`, so that one tool
 * collects the texts of editor and core alike. `{0}`, `{1}` stand for the arguments.
 */
export interface L10n {
  t(message: string, ...args: (string | number)[]): string;
}

/** The texts as written in the code. */
export const english: L10n = {
  t: (message, ...args) =>
    message.replace(/\{(\d+)\}/g, (hole, index) => String(args[Number(index)] ?? hole)),
};
