import * as vscode from 'vscode';
import type { QuickInputs, ValidationSeverity } from './quickInputs';

const SEVERITIES: Readonly<Record<ValidationSeverity, vscode.InputBoxValidationSeverity>> = {
  error: vscode.InputBoxValidationSeverity.Error,
  warning: vscode.InputBoxValidationSeverity.Warning,
  info: vscode.InputBoxValidationSeverity.Info,
};

/** The editor's own quick inputs. */
export const editorQuickInputs: QuickInputs = {
  back: vscode.QuickInputButtons.Back,
  debounceMs: 400,
  text: () => vscode.window.createInputBox(),
  picker: () => vscode.window.createQuickPick(),
  button: (icon, tooltip) => ({
    iconPath: new vscode.ThemeIcon(icon),
    tooltip,
    location: vscode.QuickInputButtonLocation.Inline,
  }),
  separator: (label) => ({ label, kind: vscode.QuickPickItemKind.Separator }),
  remark: (message, weight) => ({ message, severity: SEVERITIES[weight] }),
};
