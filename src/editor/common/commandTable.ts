import type { L10n } from '../../core/common/l10n';
import { COMMANDS, type CommandId } from './ids';
import type { Command } from './commandRunner';

/** Adds the titles that messages speak of. */
export function commandTable(
  l10n: L10n,
  runs: Readonly<Record<CommandId, Command['run']>>,
  calledByCode: NonNullable<Command['calledByCode']>,
): Readonly<Record<CommandId, Command>> {
  const plain = (id: CommandId, title: string): Command => ({ title, run: runs[id] });
  return {
    [COMMANDS.generate]: { ...plain(COMMANDS.generate, l10n.t('Generate Video')), calledByCode },
    [COMMANDS.generateSeveral]: plain(COMMANDS.generateSeveral, l10n.t('Generate Several Videos')),
    [COMMANDS.generateFromSelection]: plain(
      COMMANDS.generateFromSelection,
      l10n.t('Generate Video from Selection'),
    ),
    [COMMANDS.generateFromImage]: plain(COMMANDS.generateFromImage, l10n.t('Generate Video from Image')),
    [COMMANDS.generateAgain]: plain(COMMANDS.generateAgain, l10n.t('Generate Again')),
    [COMMANDS.editAndGenerate]: plain(COMMANDS.editAndGenerate, l10n.t('Edit and Generate')),
    [COMMANDS.remix]: plain(COMMANDS.remix, l10n.t('Remix Video')),
    [COMMANDS.savePreset]: plain(COMMANDS.savePreset, l10n.t('Save as Preset')),
    [COMMANDS.continueFromLastFrame]: plain(
      COMMANDS.continueFromLastFrame,
      l10n.t('Continue from Last Frame'),
    ),
    [COMMANDS.sendPrompt]: plain(COMMANDS.sendPrompt, l10n.t('Send Prompt')),
    [COMMANDS.improvePrompt]: plain(COMMANDS.improvePrompt, l10n.t('Improve Prompt')),
    [COMMANDS.openVideo]: plain(COMMANDS.openVideo, l10n.t('Open Video')),
    [COMMANDS.setApiKey]: plain(COMMANDS.setApiKey, l10n.t('Set API Key')),
    [COMMANDS.removeApiKey]: plain(COMMANDS.removeApiKey, l10n.t('Remove API Key')),
    [COMMANDS.approveAddress]: plain(COMMANDS.approveAddress, l10n.t('Approve Address')),
    [COMMANDS.testConnection]: plain(COMMANDS.testConnection, l10n.t('Test Connection')),
    [COMMANDS.refresh]: plain(COMMANDS.refresh, l10n.t('Refresh')),
    [COMMANDS.saveToWorkspace]: plain(COMMANDS.saveToWorkspace, l10n.t('Save to Workspace')),
    [COMMANDS.saveAs]: plain(COMMANDS.saveAs, l10n.t('Save As')),
    [COMMANDS.openExternally]: plain(COMMANDS.openExternally, l10n.t('Open in System Player')),
    [COMMANDS.revealVideo]: plain(COMMANDS.revealVideo, l10n.t('Reveal File')),
    [COMMANDS.openLibrary]: plain(COMMANDS.openLibrary, l10n.t('Open Library')),
    [COMMANDS.cleanLibrary]: plain(COMMANDS.cleanLibrary, l10n.t('Clean Library')),
    [COMMANDS.copyPrompt]: plain(COMMANDS.copyPrompt, l10n.t('Copy Prompt')),
    [COMMANDS.lookAgain]: plain(COMMANDS.lookAgain, l10n.t('Look Again')),
    [COMMANDS.rescue]: plain(COMMANDS.rescue, l10n.t('Rescue Lost Videos')),
    [COMMANDS.attachTaskId]: plain(COMMANDS.attachTaskId, l10n.t('Attach Task ID')),
    [COMMANDS.removeTask]: plain(COMMANDS.removeTask, l10n.t('Remove Task')),
    [COMMANDS.stopSending]: plain(COMMANDS.stopSending, l10n.t('Stop Sending')),
    [COMMANDS.stopTracking]: plain(COMMANDS.stopTracking, l10n.t('Stop Tracking')),
    [COMMANDS.showLog]: plain(COMMANDS.showLog, l10n.t('Show Log')),
  };
}
