import * as vscode from 'vscode';
import { systemClock } from '../core/common/clock';
import { DisposableStore, type Disposable } from '../core/common/disposable';
import { describeError, type Log } from '../core/common/log';
import { Catalog } from '../core/models/catalog';
import { FAMILIES } from '../core/models/families';
import type { AppContext, TasksView } from './common/appContext';
import { CommandRunner } from './common/commandRunner';
import { ContextKeys } from './common/contextKeys';
import { createCustomModels } from './common/customModels';
import { EditorDesktop, type Desktop } from './common/desktop';
import { VSCodeDialogs, type Dialogs } from './common/dialogs';
import { EditorLog } from './common/editorLog';

import { EngineAccess } from './common/engineAccess';
import { SETTINGS, SETTINGS_SECTION } from './common/ids';
import { VSCodeNotificationHost, type NotificationHost } from './common/notificationHost';
import { Notifications } from './common/notifications';
import { QuickInputs } from './common/quickInputs';
import { Settings } from './common/settings';
import { KEY_VARIABLE, Keychain } from './credentials/keychain';
import { registerCredentials } from './credentials/registerCredentials';
import type { FrameSource } from './generate/continueFromLastFrame';
import type { LanguageModels } from './generate/promptEditor/languageModels';
import type { PublicApi } from './generate/publicApi';
import { registerGenerate } from './generate/registerGenerate';
import type { ImageFitDialog } from './imageFit/imageFitDialog';
import type { ImagePicker } from './imageFit/imagePicker';
import { registerImageFit } from './imageFit/registerImageFit';
import { CommandTitles } from './labels/commandTitles';
import { registerLibrary } from './library/registerLibrary';
import type { PlayerManager } from './player/playerManager';
import { registerPlayer } from './player/registerPlayer';
import { registerTasks } from './tasks/registerTasks';
import type { TasksTreeDataProvider } from './tasks/tasksTreeDataProvider';

/** Resources that extension.ts provides. */
export interface AppHost {
  readonly extensionUri: vscode.Uri;
  /** The extension's package.json, with its texts in the display language. */
  readonly packageJson: unknown;
  /** Absolute path of the extension's folder on this machine. */
  readonly storageFolder: string;
  /** Name of the output channel. VS Code shares channels with the same name. */
  readonly logName: string;
  readonly secrets: vscode.SecretStorage;
  readonly view: TasksView;
  /** Tells the view that rows have changed. Undefined: all of them. */
  readonly fireRows: (ids: string[] | undefined) => void;
  readonly mementos: AppContext['mementos'];
  /** Whether this is the machine where the user sits. */
  readonly isHere: boolean;
  /** Other ways to talk with the user than the editor's own. Test hosts refuse dialogs. */
  readonly user?: {
    readonly dialogs: Dialogs;
    readonly notifications: NotificationHost;
    readonly inputs?: QuickInputs;
    readonly desktop?: Desktop;
    readonly languageModels?: LanguageModels;
    readonly imageFitDialog?: ImageFitDialog;
    readonly frames?: FrameSource;
    readonly imagePicker?: ImagePicker;
  };
}

/** The running extension, as far as extension.ts needs it. */
export interface App extends Disposable {
  readonly rows: TasksTreeDataProvider;
  readonly commands: CommandRunner;
  readonly api: PublicApi;
  readonly players: PlayerManager;
  /** Disposes everything. Resolves when the responses to what was being sent have arrived. */
  close(): Promise<void>;
}

/** Builds the app, by hand and in order of need, and opens the engine. */
export function createApp(host: AppHost): App {
  const subscriptions = new DisposableStore();
  const log = subscriptions.add(
    new EditorLog(vscode.window.createOutputChannel(host.logName, { log: true })),
  );
  const environmentKey = () => process.env[KEY_VARIABLE];
  const { secrets, mementos, user, fireRows } = host;
  const keychain = subscriptions.add(new Keychain({ secrets, memory: mementos.global, log, environmentKey }));
  const context = createContext(host, subscriptions, log, keychain);
  const credentials = registerCredentials(context, { keychain });
  const images = registerImageFit(context, user);
  const player = registerPlayer(context);
  const generate = registerGenerate(context, { ...user, credentials, images, player });
  // Before the tasks: their notifications ask what will be saved while the library still knows.
  const library = registerLibrary(context, { generate });
  const tasks = registerTasks(context, { credentials, player, generate, library, fireRows });
  const showLog = async () => Promise.resolve().then(() => log.show());
  const ownCommands = { commands: { 'nebulaVideo.showLog': { run: showLog } } };
  const features = [credentials, images, player, generate, library, tasks, ownCommands];
  const commands = new CommandRunner(context, features);
  context.engine.start();
  const dispose = () => subscriptions.dispose();
  const close = async () => {
    dispose();
    await context.engine.close();
  };
  return { rows: tasks.rows, commands, api: generate.api, players: player.players, close, dispose };
}

function createContext(host: AppHost, owned: DisposableStore, log: Log, keychain: Keychain): AppContext {
  const { extensionUri, storageFolder, mementos, view: tasksView, user } = host;
  const { l10n, env } = vscode;
  const { language } = env;
  const runInBackground = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => log.error(`[app] ${describeError(error)}`));
  const execute = (command: string, ...args: unknown[]): void =>
    runInBackground(Promise.resolve(vscode.commands.executeCommand(command, ...args)));
  const configuration = (scope?: vscode.Uri) => vscode.workspace.getConfiguration(SETTINGS_SECTION, scope);
  const turnOff = () =>
    runInBackground(Promise.resolve(configuration().update(SETTINGS.notify, 'never', true)));
  const commandTitles = new CommandTitles(host.packageJson);
  const looksLikeKey = (text: string) => keychain.looksLikeKey(text);
  const settings = new Settings((name, scope) => configuration(scope).get(name), looksLikeKey);
  const inputs = user?.inputs ?? new QuickInputs(vscode);
  const notifications = new Notifications({
    ...{ commandTitles, l10n, execute, runInBackground, turnOff },
    host: user?.notifications ?? new VSCodeNotificationHost(),
  });
  const customModels = createCustomModels({ settings, configuration, notifications, l10n, log });
  const catalog = new Catalog(FAMILIES, () => customModels.list());
  const pollInterval = () => settings.pollInterval();
  const engine = owned.add(
    new EngineAccess({ catalog, storageFolder, keys: keychain, log, l10n, language, pollInterval }),
  );
  // Where a folder can't be watched, changes of other windows are noticed when the user comes back.
  owned.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) engine.current.checkForChanges();
    }),
  );
  return {
    ...{ catalog, customModels, engine, settings, notifications, inputs, commandTitles, tasksView, mementos },
    ...{ extensionUri, storageFolder, looksLikeKey },
    ...{ l10n, language, log, configuration, execute, runInBackground },
    dialogs: user?.dialogs ?? new VSCodeDialogs(inputs, log),
    subscriptions: owned,
    contextKeys: new ContextKeys(execute),
    desktop: user?.desktop ?? new EditorDesktop(host.isHere, commandTitles),
    clock: systemClock,
    folders: () => vscode.workspace.workspaceFolders ?? [],
    isFocused: () => vscode.window.state.focused,
  };
}
