/**
 * Localized texts. Has the shape of `vscode.l10n`, so that the same tool extracts the texts of editor and core. `{0}` and
 * `{1}` are placeholders for the arguments.
 */
export interface L10n {
  t(message: string, ...args: (string | number)[]): string;
}

/** Returns the English texts. */
export const untranslatedL10n: L10n = {
  t: (message, ...args) =>
    message.replace(/\{(\d+)\}/g, (hole, index) => String(args[Number(index)] ?? hole)),
};
