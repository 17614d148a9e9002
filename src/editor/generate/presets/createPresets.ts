import * as vscode from 'vscode';
import { SETTINGS } from '../../common/ids';
import { PresetEditor, type PresetKeepingParts } from './presetEditor';
import { PresetStore } from './presetStore';

interface Parts extends Omit<PresetKeepingParts, 'presets' | 'hasWorkspace'> {
  readonly configuration: () => vscode.WorkspaceConfiguration;
  readonly folders: () => readonly vscode.WorkspaceFolder[];
}

/** The presets in the editor's settings. */
export function createPresets({ configuration, folders, ...parts }: Parts): PresetEditor {
  const { ConfigurationTarget } = vscode;
  const presets = new PresetStore({
    written: () => {
      const { globalValue, workspaceValue } = configuration().inspect(SETTINGS.presets) ?? {};
      return { user: globalValue, workspace: workspaceValue };
    },
    write: async (scope, value) =>
      configuration().update(
        SETTINGS.presets,
        value,
        scope === 'user' ? ConfigurationTarget.Global : ConfigurationTarget.Workspace,
      ),
    log: parts.log,
  });
  // What a workspace says that is not trusted is passed over, so nothing is kept there either.
  const hasWorkspace = () => folders().length > 0 && vscode.workspace.isTrusted;
  return new PresetEditor({ ...parts, presets, hasWorkspace });
}
