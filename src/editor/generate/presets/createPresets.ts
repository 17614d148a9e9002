import * as vscode from 'vscode';
import type { AppContext } from '../../common/appContext';
import { SETTINGS } from '../../common/ids';
import { PresetEditor, type PresetDependencies } from './presetEditor';
import { PresetStore } from './presetStore';

interface Dependencies
  extends Omit<PresetDependencies, 'presets' | 'hasWorkspace'>, Pick<AppContext, 'folders'> {
  readonly configuration: () => vscode.WorkspaceConfiguration;
}

/** Creates the presets, which are stored in the settings. */
export function createPresets({ configuration, folders, ...deps }: Dependencies): PresetEditor {
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
    log: deps.log,
  });
  // Settings of an untrusted workspace are ignored, so nothing is stored there.
  const hasWorkspace = () => folders().length > 0 && vscode.workspace.isTrusted;
  return new PresetEditor({ ...deps, presets, hasWorkspace });
}
