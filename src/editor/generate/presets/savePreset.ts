import type { L10n } from '../../../core/common/l10n';
import type { Dialogs } from '../../common/dialogs';
import type { LazyEngine } from '../../common/engineAccess';
import type { PresetEditor } from './presetEditor';
import type { Messages } from '../../common/messages';
import { resolveTasks } from '../../common/taskPicker';

interface Parts {
  readonly engines: LazyEngine;
  readonly asker: Dialogs;
  readonly presets: Pick<PresetEditor, 'save'>;
  readonly messages: Messages;
  readonly l10n: L10n;
}

/** Saves the request of an earlier task as a preset: that of a row, or of the one that is chosen. */
export async function savePreset(parts: Parts, args: readonly unknown[]): Promise<void> {
  const { engines, presets, messages, l10n } = parts;
  const tasks = (await engines.open()).tasks(Infinity);
  const command = {
    title: l10n.t('Save as Preset'),
    question: l10n.t('Whose request should be saved?'),
    asksForOne: true as const,
    suits: () => true,
  };
  const found = await resolveTasks(args, tasks, command, parts);
  if (!found) messages.nothingSuitable(l10n.t('There is no task whose request could be saved.'));
  else if (found[0]) await presets.save(found[0].request);
}
