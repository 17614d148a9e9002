import * as vscode from 'vscode';
import type { AppContext, Feature } from '../common/appContext';
import { PRODUCT_NAME, VIEWS } from '../common/ids';
import { storeMessage } from '../common/rejection';
import type { CredentialsFeature } from '../credentials/registerCredentials';
import type { GenerateFeature } from '../generate/registerGenerate';
import type { LibraryFeature } from '../library/registerLibrary';
import type { PlayerFeature } from '../player/registerPlayer';
import { CompletionNotifier } from './completionNotifier';
import { LateIdQuestions } from './lateIdQuestions';
import { StatusBar } from './statusBar';
import { TasksTreeDataProvider } from './tasksTreeDataProvider';
import { UnseenBadge } from './unseenBadge';

export interface TasksFeature extends Feature {
  readonly rows: TasksTreeDataProvider;
}

interface Needs {
  readonly credentials: CredentialsFeature;
  readonly player: PlayerFeature;
  readonly generate: GenerateFeature;
  readonly library: LibraryFeature;
  /** Tells the view that rows have changed. Undefined: all of them. */
  readonly fireRows: (ids: string[] | undefined) => void;
}

/** Registers the task list, its commands, the notifications, the status bar item, and the badge. */
export function registerTasks(context: AppContext, needs: Needs): TasksFeature {
  const { engine, contextKeys, tasksView, subscriptions, runInBackground } = context;
  const { credentials, player, generate, library, fireRows } = needs;
  const notifier = subscriptions.add(
    new CompletionNotifier({
      ...context,
      isFromHere: library.isFromHere,
      isWatched: (id) => player.players.isShown(id),
      savesItself: library.willSave,
    }),
  );
  subscriptions.add(
    generate.onDidSubmit(({ task, requester }) => runInBackground(notifier.sent(task, requester))),
  );
  const lateIdQuestions = subscriptions.add(new LateIdQuestions(context));
  subscriptions.add(new UnseenBadge({ ...context, show: (badge) => (tasksView.badge = badge) }));
  subscriptions.add(
    new StatusBar({
      ...context,
      create: () => {
        const item = vscode.window.createStatusBarItem('running', vscode.StatusBarAlignment.Left);
        item.name = PRODUCT_NAME;
        item.command = `${VIEWS.tasks}.focus`;
        return item;
      },
    }),
  );
  const rows = subscriptions.add(
    new TasksTreeDataProvider({
      ...context,
      fireRows,
      prepared: async () => contextKeys.setHasKey((await credentials.keychain.place()) !== undefined),
    }),
  );
  subscriptions.add(library.onDidFindFileMissing(() => rows.checkFiles()));
  showMessage(context, credentials);
  followView(context, rows);
  subscriptions.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (!focused) return;
      lateIdQuestions.ask();
      if (tasksView.visible) rows.lookedAt();
    }),
  );
  const refresh = async () => {
    await engine.current.refresh();
    rows.refresh();
  };
  const load = async () => import('./taskCommands');
  return {
    rows,
    commands: {
      'nebulaVideo.refresh': { run: refresh },
      'nebulaVideo.copyPrompt': { run: async (args) => (await load()).copyPrompt(context, args) },
      'nebulaVideo.lookAgain': { run: async (args) => (await load()).checkAgain(context, args) },
      'nebulaVideo.attachTaskId': { run: async (args) => (await load()).attachTaskId(context, args) },
      'nebulaVideo.removeTask': { run: async (args) => (await load()).removeTask(context, args) },
      'nebulaVideo.stopSending': { run: async (args) => (await load()).stopSending(context, args) },
      'nebulaVideo.stopTracking': { run: async (args) => (await load()).stopTracking(context, args) },
    },
  };
}

/** Shows a message above the list. A database problem matters more than the key. */
function showMessage(
  { engine, tasksView, subscriptions, l10n }: AppContext,
  credentials: CredentialsFeature,
): void {
  let keyLine: string | undefined;
  const show = () => {
    tasksView.message = storeMessage(engine.current.state, l10n) ?? keyLine;
  };
  subscriptions.add(engine.current.onDidChangeState(show));
  subscriptions.add(
    credentials.onDidChangeLine((line) => {
      keyLine = line;
      show();
    }),
  );
}

/** Keeps the list and the engine up to date on the view's visibility, and the `hasTasks` context key. */
function followView(
  { engine, contextKeys, tasksView, subscriptions }: AppContext,
  rows: TasksTreeDataProvider,
): void {
  const onVisibility = (visible: boolean): void => {
    rows.setVisible(visible);
    engine.current.setViewVisible(visible);
  };
  const updateHasTasks = () => contextKeys.setHasTasks(engine.current.tasks(1).length > 0);
  subscriptions.add(tasksView.onDidChangeVisibility(({ visible }) => onVisibility(visible)));
  subscriptions.add(
    engine.onDidOpen(() => {
      onVisibility(tasksView.visible);
      updateHasTasks();
    }),
  );
  subscriptions.add(
    engine.onDidChangeTasks(({ removed }) => {
      if (removed.length > 0 || !contextKeys.hasTasks) updateHasTasks();
    }),
  );
}
