import * as path from 'node:path';
import * as vscode from 'vscode';
import { systemClock } from '../core/common/clock';
import { DisposableStore, type Disposable } from '../core/common/disposable';
import { describeError } from '../core/common/log';
import { STORAGE_NAMES } from '../core/common/storageNames';
import type { Task } from '../core/task/task';
import { VSCodeDialogs, type Dialogs } from './common/dialogs';
import { hasRequest } from './generate/generate';
import { registerGenerate } from './generate/registerGenerate';
import { cleanLibrary } from './library/cleanUpLibrary';
import { type FrameSource } from './generate/continueFromLastFrame';
import { CommandRunner } from './common/commandRunner';
import { commandTable } from './common/commandTable';
import { approveAddress, removeApiKey, setApiKey, testConnection } from './credentials/keyCommands';
import { recoverVideos } from './library/recoverVideos';
import { idsFromArguments } from './common/taskPicker';
import { attachTaskId, checkAgain, removeTask, stopSending, stopTracking } from './tasks/taskCommands';
import {
  copyPrompt,
  openExternally,
  openLibrary,
  revealVideo,
  saveAs,
  saveToWorkspace,
} from './library/videoCommands';
import { loadImages } from './imageFit/loadImages';
import { checkConnection } from './credentials/connection';
import { GatewayModels } from './credentials/gatewayModels';
import { ContextKeys } from './common/contextKeys';
import { EditorDesktop, type Desktop } from './common/desktop';
import { EditorLog } from './common/editorLog';
import { LazyEngine } from './common/engineAccess';
import { ImageFitPanel } from './imageFit/imageFitPanel';
import type { ImageFitDialog } from './imageFit/imageFitDialog';
import { EditorImagePicker, type ImagePicker } from './imageFit/imagePicker';
import { COMMANDS, SETTINGS, SETTINGS_SECTION, VIEWS } from './common/ids';
import { KEY_VARIABLE, Keychain } from './credentials/keychain';
import { LibraryMessages } from './library/libraryMessages';
import { MessagePresenter } from './common/messagePresenter';
import { Messages } from './common/messages';
import { VSCodeNotifier, type Notifier } from './common/notifications';
import { OriginApproval, type Requester } from './credentials/originApproval';
import { editorLanguageModels, type LanguageModels } from './generate/promptEditor/languageModels';
import { CustomModels, showModelNotKept } from './common/customModels';
import { PublicApi } from './generate/publicApi';
import { RequestImages } from './imageFit/requestImages';
import { RequestSender } from './generate/submit/requestSender';
import { storeSentence } from './common/requestMessages';
import { AutoSaver } from './library/autoSaver';
import { PartRecords } from './library/partRecords';
import { WorkspaceFolderPicker } from './library/workspaceFolderPicker';
import { WorkspaceTasks } from './library/workspaceTasks';
import { VideoExporter, actionLabel } from './library/videoExporter';
import { Settings } from './common/settings';
import { TasksTreeDataProvider } from './tasks/tasksTreeDataProvider';
import { openVideo } from './player/openVideo';
import { PlayerManager } from './player/playerManager';
import { CompletionNotifier } from './tasks/completionNotifier';
import { KeyStatusMonitor } from './credentials/keyStatusMonitor';
import { StatusBar } from './tasks/statusBar';
import { LateIdQuestions } from './tasks/lateIdQuestions';
import { UnseenBadge } from './tasks/unseenBadge';
import { PresetMessages } from './generate/presets/presetMessages';
import { editorQuickInputs } from './common/editorQuickInputs';
import type { QuickInputs } from './common/quickInputs';
import { WizardState } from './generate/wizard/wizardState';

/** What the app needs of the view that lists the tasks. */
export interface TasksView extends Pick<
  vscode.TreeView<string>,
  'visible' | 'onDidChangeVisibility' | 'reveal'
> {
  message?: string | undefined;
  badge?: vscode.ViewBadge | undefined;
}

/** What the app is given by the entry. */
export interface AppHost {
  /** Where the extension itself lies. */
  readonly extensionUri: vscode.Uri;
  /** Absolute path of our folder on this machine. */
  readonly storageFolder: string;
  /** Name of the log. The editor has one channel for each name, whoever makes or closes it. */
  readonly logName: string;
  readonly secrets: vscode.SecretStorage;
  readonly view: TasksView;
  /** Tells the view that rows have changed, or with undefined that there are others. */
  readonly fireRows: (ids: string[] | undefined) => void;
  /** Where small things are remembered: for this workspace, and everywhere. */
  readonly mementos: { readonly workspace: vscode.Memento; readonly global: vscode.Memento };
  /** Whether we run on the machine where the user sits. */
  readonly isHere: boolean;
  /** Other ways to talk with the user than the editor's own: test hosts refuse dialogs. */
  readonly user?: {
    readonly asker: Dialogs;
    readonly notifier: Notifier;
    readonly inputs?: QuickInputs;
    readonly desktop?: Desktop;
    readonly languageModels?: LanguageModels;
    readonly fittingPages?: ImageFitDialog;
    readonly frames?: FrameSource;
    readonly imagePicker?: ImagePicker;
  };
}

/** The running extension, as far as the entry needs it. */
export interface App extends Disposable {
  readonly rows: TasksTreeDataProvider;
  readonly commands: CommandRunner;
  readonly api: PublicApi;
  readonly players: PlayerManager;
  /** Ends everything; resolves when that is done, the replies to what was being sent included. */
  close(): Promise<void>;
}

/** Puts the app together, by hand and in order of need, and opens the engine. */
export function createApp(host: AppHost): App {
  const owned = new DisposableStore();
  const { l10n } = vscode;
  const clock = systemClock;
  const log = owned.add(new EditorLog(vscode.window.createOutputChannel(host.logName, { log: true })));
  const inBackground = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => log.error(`[app] ${describeError(error)}`));
  const execute = (command: string, ...args: unknown[]): void =>
    inBackground(Promise.resolve(vscode.commands.executeCommand(command, ...args)));

  const asker = host.user?.asker ?? new VSCodeDialogs(log);
  const notifier = host.user?.notifier ?? new VSCodeNotifier();
  const configuration = (scope?: vscode.Uri) => vscode.workspace.getConfiguration(SETTINGS_SECTION, scope);
  const silence = () =>
    inBackground(
      Promise.resolve(configuration().update(SETTINGS.notify, 'never', vscode.ConfigurationTarget.Global)),
    );
  const box = new MessagePresenter({ notifier, execute, inBackground });
  const messages = new Messages({ box, l10n, silence });
  const wizardMessages = new PresetMessages({ box, l10n });
  const libraryMessages = new LibraryMessages({ box, l10n, language: vscode.env.language });
  const keychain = owned.add(
    new Keychain({
      secrets: host.secrets,
      memory: host.mementos.global,
      log,
      environmentKey: () => process.env[KEY_VARIABLE],
    }),
  );
  const looksLikeKey = (text: string) => keychain.looksLikeKey(text);
  const settings = new Settings((name, scope) => configuration(scope).get(name), looksLikeKey);
  const approval = new OriginApproval({ keychain, asker, l10n });
  const engines = owned.add(
    new LazyEngine({
      storageFolder: host.storageFolder,
      keys: keychain,
      log,
      l10n,
      language: vscode.env.language,
      pollInterval: () => settings.pollInterval(),
    }),
  );
  const contextKeys = new ContextKeys(execute);
  const desktop = host.user?.desktop ?? new EditorDesktop(host.isHere);
  const folders = () => vscode.workspace.workspaceFolders ?? [];
  const exports = new PartRecords({
    folder: path.join(host.storageFolder, STORAGE_NAMES.exports),
    clock,
    log,
  });
  inBackground(exports.cleanUp());
  const saver = new VideoExporter({ settings, parts: exports, log });
  const roots = new WorkspaceFolderPicker({ folders, memory: host.mementos.workspace, asker, l10n });
  const sent = new WorkspaceTasks(host.mementos.workspace);
  const autoSaver = owned.add(
    new AutoSaver({
      engines,
      settings,
      sent,
      roots,
      saver,
      messages: libraryMessages,
      actionLabel,
      inBackground,
    }),
  );
  const isFocused = () => vscode.window.state.focused;
  const players = owned.add(
    new PlayerManager({
      engines,
      extensionUri: host.extensionUri,
      libraryFolder: path.join(host.storageFolder, STORAGE_NAMES.library),
      execute: (command, ...args) => vscode.commands.executeCommand(command, ...args),
      copy: (text) => vscode.env.clipboard.writeText(text),
      l10n,
      language: vscode.env.language,
      clock,
      log,
    }),
  );
  const notices = owned.add(
    new CompletionNotifier({
      engines,
      settings,
      messages,
      l10n,
      clock,
      isFocused,
      isFromHere: (id) => sent.has(id),
      isWatched: (id) => players.isShown(id),
      savesItself: (task) => autoSaver.willSave(task),
      inBackground,
    }),
  );
  let keyLine: string | undefined;
  // Why nothing can be read or sent at all is the weightier word.
  const showLine = () => {
    host.view.message = storeSentence(engines.current.state, l10n) ?? keyLine;
  };
  owned.add(engines.current.onDidChangeState(showLine));
  const keyTrouble = owned.add(
    new KeyStatusMonitor({
      engines,
      messages,
      l10n,
      isFocused,
      showLine: (line) => {
        keyLine = line;
        showLine();
      },
      setRefused: (refused) => contextKeys.setKeyRefused(refused),
    }),
  );
  const lateIdQuestions = owned.add(new LateIdQuestions({ engines, box, l10n, isFocused, inBackground }));
  owned.add(new UnseenBadge({ engines, l10n, show: (badge) => (host.view.badge = badge) }));
  owned.add(
    new StatusBar({
      engines,
      l10n,
      create: () => {
        const item = vscode.window.createStatusBarItem('running', vscode.StatusBarAlignment.Left);
        item.name = l10n.t('Nebula Video: Videos in Progress');
        item.command = `${VIEWS.tasks}.focus`;
        return item;
      },
    }),
  );
  const onSent = (task: Task, requester: Requester) => {
    inBackground(sent.add(task.id));
    inBackground(notices.sent(task, requester));
  };
  const ownModels = new CustomModels({
    settings,
    written: () => configuration().inspect(SETTINGS.models)?.globalValue,
    write: async (value) => configuration().update(SETTINGS.models, value, vscode.ConfigurationTarget.Global),
    notKept: (modelId) => showModelNotKept(box, modelId, l10n),
    log,
  });
  const { extensionUri } = host;
  const fittingPages =
    host.user?.fittingPages ??
    owned.add(new ImageFitPanel({ extensionUri, clock, l10n, language: vscode.env.language, log }));
  const images = owned.add(
    new RequestImages({
      load: () => loadImages(host.extensionUri),
      folder: path.join(host.storageFolder, STORAGE_NAMES.images),
      pages: fittingPages,
      language: vscode.env.language,
      ownModels: () => ownModels.list(),
      clock,
      l10n,
      log,
    }),
  );
  const sender = new RequestSender({
    ...{ engines, settings, keychain, approval, asker, images, l10n, onSent },
    ownModels: () => ownModels.list(),
  });
  const api = owned.add(new PublicApi({ engines, sender, l10n }));
  const rows = owned.add(
    new TasksTreeDataProvider({
      engines,
      l10n,
      clock,
      language: vscode.env.language,
      fireRows: host.fireRows,
      inBackground,
      prepared: async () => contextKeys.setHasKey((await keychain.place()) !== undefined),
    }),
  );

  const gatewayModels = new GatewayModels({
    memory: host.mementos.global,
    keys: keychain,
    settings,
    engines,
    clock,
    log,
  });
  const look = async () => {
    const heard = async (baseUrl: string, ids: readonly string[]) => gatewayModels.heard(baseUrl, ids);
    const state = await checkConnection({ engines, settings, keychain, approval, log, heard });
    keyTrouble.heard(state);
    return state;
  };
  const keyParts = { keychain, settings, asker, notifier, messages, l10n, look, inBackground };
  const taskParts = { engines, asker, messages, l10n };
  const checkFiles = () => rows.checkFiles();
  const videoParts = { ...taskParts, libraryMessages, settings, saver, roots, desktop, checkFiles };
  const reveal = (id: string) =>
    inBackground(Promise.resolve(host.view.reveal(id, { select: true, focus: false })));
  const memory = new WizardState({ ...host.mementos, looksLikeKey, log });
  const asking = owned.add(
    registerGenerate({
      ...{ engines, settings, asker, notifier, messages, wizardMessages, box, memory, desktop },
      ...{ sender, images, ownModels, gatewayModels, configuration, folders },
      ...{ execute, inBackground, reveal, looksLikeKey, log, l10n },
      inputs: host.user?.inputs ?? editorQuickInputs,
      imagePicker: host.user?.imagePicker ?? new EditorImagePicker(l10n, log),
      frames: host.user?.frames ?? players,
      languageModels: host.user?.languageModels ?? editorLanguageModels,
      tellLanguageModel: (isThere) => contextKeys.setHasLanguageModel(isThere),
      language: vscode.env.language,
      setKey: async () => setApiKey(keyParts),
    }),
  );
  const commands = new CommandRunner({
    commands: commandTable(
      l10n,
      {
        ...asking.commands,
        [COMMANDS.openVideo]: async (args) =>
          openVideo(
            {
              players,
              tasks: async () => (await engines.open()).tasks(Infinity),
              choose: async (question) => asker.choose(question),
              nothing: (sentence) => messages.nothingSuitable(sentence),
              l10n,
              now: () => clock.now(),
            },
            args,
          ),
        [COMMANDS.setApiKey]: async () => setApiKey(keyParts),
        [COMMANDS.removeApiKey]: async () => removeApiKey(keyParts),
        [COMMANDS.approveAddress]: async (args) => {
          const [id] = idsFromArguments(args) ?? [];
          const task = id === undefined ? undefined : (await engines.open()).task(id);
          await approveAddress({ ...keyParts, approval }, task?.origin);
        },
        [COMMANDS.testConnection]: async () => testConnection(keyParts),
        [COMMANDS.refresh]: async () => {
          await engines.current.refresh();
          rows.refresh();
        },
        [COMMANDS.saveToWorkspace]: async (args) => saveToWorkspace(videoParts, args),
        [COMMANDS.saveAs]: async (args) => saveAs(videoParts, args),
        [COMMANDS.openExternally]: async (args) => openExternally(videoParts, args),
        [COMMANDS.revealVideo]: async (args) => revealVideo(videoParts, args),
        [COMMANDS.openLibrary]: async () => openLibrary(videoParts),
        [COMMANDS.cleanLibrary]: async () =>
          cleanLibrary({
            ...videoParts,
            language: vscode.env.language,
            clock,
            log,
            checkFiles: () => {
              checkFiles();
            },
          }),
        [COMMANDS.copyPrompt]: async (args) => copyPrompt(videoParts, args),
        [COMMANDS.lookAgain]: async (args) => checkAgain(taskParts, args),
        [COMMANDS.rescue]: async (args) => recoverVideos({ ...taskParts, notifier, libraryMessages }, args),
        [COMMANDS.attachTaskId]: async (args) => attachTaskId({ ...taskParts, looksLikeKey }, args),
        [COMMANDS.removeTask]: async (args) => removeTask(taskParts, args),
        [COMMANDS.stopSending]: async (args) => stopSending(taskParts, args),
        [COMMANDS.stopTracking]: async (args) => stopTracking(taskParts, args),
        [COMMANDS.showLog]: async () => {
          log.show();
          return Promise.resolve();
        },
      },
      hasRequest,
    ),
    messages,
    log,
    clock,
  });

  const onVisibility = (visible: boolean): void => {
    rows.setVisible(visible);
    engines.current.setViewVisible(visible);
  };
  owned.add(host.view.onDidChangeVisibility(({ visible }) => onVisibility(visible)));
  owned.add(
    engines.onDidOpen((engine) => {
      onVisibility(host.view.visible);
      const tellTasks = () => contextKeys.setHasTasks(engine.tasks(1).length > 0);
      tellTasks();
      owned.add(
        engine.onDidChangeTasks(({ removed }) => {
          if (removed.length > 0 || !contextKeys.hasTasks) tellTasks();
          if (removed.length === 0) return;
          inBackground(
            images.removeUnneeded([memory.draft() ?? {}], async (hashes, remove) =>
              engine.removeUnusedImages(hashes, remove),
            ),
          );
        }),
      );
    }),
  );
  owned.add(
    keychain.onDidChange(() => {
      inBackground(
        (async () => {
          keyTrouble.keyChanged();
          await gatewayModels.forget();
          contextKeys.setHasKey((await keychain.place()) !== undefined);
          await engines.current.keyChanged();
        })(),
      );
    }),
  );
  // Where a folder can't be watched, what other windows did is noticed when somebody looks again.
  owned.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (!focused) return;
      engines.current.checkForChanges();
      autoSaver.retry();
      lateIdQuestions.ask();
      if (host.view.visible) rows.lookedAt();
    }),
  );
  engines.start();

  const close = async () => {
    owned.dispose();
    await engines.close();
  };
  return { rows, commands, api, players, close, dispose: () => owned.dispose() };
}
