import type { L10n } from '../../core/common/l10n';
import type { Action, ActionButton, FramePosition } from '../../webview/player/protocol';
import type { CommandTitles } from './commandTitles';

/** The command of a button on the page. */
interface ActionCommand {
  readonly command: string;
  /** Arguments of the command. Defaults to the task ID. */
  readonly args?: readonly string[];
}

/** Commands by action (DESIGN 6). The page runs the others itself. */
const COMMANDS = {
  saveToWorkspace: { command: 'nebulaVideo.saveToWorkspace' },
  saveAs: { command: 'nebulaVideo.saveAs' },
  openExternally: { command: 'nebulaVideo.openExternally' },
  reveal: { command: 'nebulaVideo.revealVideo' },
  copyPrompt: { command: 'nebulaVideo.copyPrompt' },
  generateAgain: { command: 'nebulaVideo.generateAgain' },
  editAndGenerate: { command: 'nebulaVideo.editAndGenerate' },
  remix: { command: 'nebulaVideo.remix' },
  continueFromLastFrame: { command: 'nebulaVideo.continueFromLastFrame' },
  useThisFrame: { command: 'nebulaVideo.continueFromLastFrame' },
  lookAgain: { command: 'nebulaVideo.lookAgain' },
  attachTaskId: { command: 'nebulaVideo.attachTaskId' },
  stopSending: { command: 'nebulaVideo.stopSending' },
  stopTracking: { command: 'nebulaVideo.stopTracking' },
  approveAddress: { command: 'nebulaVideo.approveAddress' },
  setApiKey: { command: 'nebulaVideo.setApiKey', args: [] },
  testConnection: { command: 'nebulaVideo.testConnection', args: [] },
  openLibrary: { command: 'nebulaVideo.openLibrary', args: [] },
  refresh: { command: 'nebulaVideo.refresh', args: [] },
  showLog: { command: 'nebulaVideo.showLog', args: [] },
} satisfies Partial<Record<Action, ActionCommand>>;

/**
 * Returns the command of an action, or undefined if the page runs it itself.
 * @param moment the frame that the action is about
 */
export function commandForAction(
  action: Action,
  taskId: string,
  moment?: FramePosition,
): { readonly command: string; readonly args: readonly unknown[] } | undefined {
  const target = (COMMANDS as Partial<Record<Action, ActionCommand>>)[action];
  const subject = moment ? { id: taskId, ...moment } : taskId;
  return target && { command: target.command, args: target.args ?? [subject] };
}

interface Labels {
  readonly commandTitles: CommandTitles;
  readonly l10n: L10n;
}

/** Builds the buttons of a page. The primary one is the first unless named. */
export function actionButtons(
  { actions, primary }: { readonly actions: readonly Action[]; readonly primary?: Action | 'none' },
  labels: Labels,
): ActionButton[] {
  return actions.map((action, index) => ({
    action,
    label: actionLabel(action, labels),
    primary: primary === undefined ? index === 0 : action === primary,
  }));
}

/** The label of a button: the title of its command, if it has one. */
export function actionLabel(action: Action, { commandTitles, l10n }: Labels): string {
  switch (action) {
    case 'useThisFrame':
      return l10n.t('Use This Frame');
    case 'lookForFile':
      return commandTitles.button('nebulaVideo.lookAgain');
    case 'copyDetails':
      return l10n.t('Copy Details');
    case 'openEarlier':
      return l10n.t('Open');
    case 'retry':
      return commandTitles.button('nebulaVideo.refresh');
    default:
      return commandTitles.button(COMMANDS[action].command);
  }
}
