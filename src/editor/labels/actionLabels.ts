import type { L10n } from '../../core/common/l10n';
import type { Action, FramePosition, ActionButton } from '../../webview/player/protocol';

/** What stands behind a button of the page. */
interface ActionCommand {
  readonly command: string;
  /** Given to the command; the task's id unless said otherwise. */
  readonly args?: readonly string[];
}

/** The commands behind the buttons (DESIGN 6). What is not here the player does itself. */
const DEEDS: Readonly<Partial<Record<Action, ActionCommand>>> = {
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
};

/**
 * The command of an action, and its arguments; undefined when the player does it itself.
 * @param moment what of the task it is about, where that is not the whole
 */
export function commandForAction(
  action: Action,
  taskId: string,
  moment?: FramePosition,
): { readonly command: string; readonly args: readonly unknown[] } | undefined {
  const deed = DEEDS[action];
  const subject = moment ? { id: taskId, ...moment } : taskId;
  return deed && { command: deed.command, args: deed.args ?? [subject] };
}

/** The buttons of a page. One stands out: the first, or the one that is named; where nothing needs doing, none. */
export function actionButtons(
  { actions, primary }: { readonly actions: readonly Action[]; readonly primary?: Action | 'none' },
  l10n: L10n,
): ActionButton[] {
  return actions.map((action, index) => ({
    action,
    label: actionLabel(action, l10n),
    primary: primary === undefined ? index === 0 : action === primary,
  }));
}

/** A button's words. */
export function actionLabel(action: Action, l10n: L10n): string {
  switch (action) {
    case 'saveToWorkspace':
      return l10n.t('Save to Workspace');
    case 'saveAs':
      return l10n.t('Save As…');
    case 'openExternally':
      return l10n.t('Open in System Player');
    case 'reveal':
      return revealLabel(l10n);
    case 'copyPrompt':
      return l10n.t('Copy Prompt');
    case 'generateAgain':
      return l10n.t('Generate Again…');
    case 'editAndGenerate':
      return l10n.t('Edit and Generate…');
    case 'remix':
      return l10n.t('Remix…');
    case 'continueFromLastFrame':
      return l10n.t('Continue from Last Frame…');
    case 'useThisFrame':
      return l10n.t('Use This Frame');
    case 'lookAgain':
    case 'lookForFile':
      return l10n.t('Look Again');
    case 'attachTaskId':
      return l10n.t('Attach Task ID…');
    case 'stopSending':
      return l10n.t('Stop Sending');
    case 'stopTracking':
      return l10n.t('Stop Tracking');
    case 'setApiKey':
      return l10n.t('Set API Key');
    case 'approveAddress':
      return l10n.t('Approve Address…');
    case 'testConnection':
      return l10n.t('Test Connection');
    case 'openLibrary':
      return l10n.t('Open Library');
    case 'refresh':
      return l10n.t('Refresh');
    case 'showLog':
      return l10n.t('Show Log');
    case 'copyDetails':
      return l10n.t('Copy Details');
    case 'openEarlier':
      return l10n.t('Open');
    case 'retry':
      return l10n.t('Try Again');
  }
}

/** As the editor itself calls it on each system. */
function revealLabel(l10n: L10n): string {
  if (process.platform === 'darwin') return l10n.t('Reveal in Finder');
  if (process.platform === 'win32') return l10n.t('Reveal in File Explorer');
  return l10n.t('Open Containing Folder');
}
