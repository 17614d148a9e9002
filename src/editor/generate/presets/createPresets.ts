import * as vscode from 'vscode';
import type { AppContext } from '../../common/appContext';
import { SETTINGS } from '../../common/ids';
import type { PresetDependencies, PresetEditor } from './presetEditor';
import { PresetStore } from './presetStore';

interface Dependencies
  extends Omit<PresetDependencies, 'presets' | 'hasWorkspace'>, Pick<AppContext, 'folders'> {
  readonly configuration: () => vscode.WorkspaceConfiguration;
}

/** The presets. Code to change them is loaded on first use. */
export interface Presets extends Pick<PresetStore, 'read'>, Pick<PresetEditor, 'save' | 'remove'> {}

/** Creates the presets, which are stored in the settings. */
export function createPresets({ configuration, folders, ...deps }: Dependencies): Presets {
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
  const editor = async () => {
    const { PresetEditor } = await import('./presetEditor');
    return new PresetEditor({ ...deps, presets, hasWorkspace });
  };
  return {
    read: () => presets.read(),
    save: async (request) => (await editor()).save(request),
    remove: async (preset) => (await editor()).remove(preset),
  };
}
