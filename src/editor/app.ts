import * as vscode from 'vscode';
import { systemClock } from '../core/common/clock';
import type { L10n } from '../core/common/l10n';
import { DisposableStore, type Disposable } from '../core/common/lifetime';
import { describeError } from '../core/common/log';
import { EditorAsker, type Asker } from './asker';
import { CommandRunner, type Command } from './commands/commandRunner';
import { generate, hasRequest } from './commands/generate';
import { removeApiKey, setApiKey, testConnection } from './commands/keyCommands';
import { removeTask, stopSending, stopTracking } from './commands/taskCommands';
import { lookAtGateway } from './connection';
import { ContextKeys } from './contextKeys';
import { EditorLog } from './editorLog';
import { EngineHolder } from './engineHolder';
import { COMMANDS, SETTINGS_SECTION, type CommandId } from './ids';
import { KEY_VARIABLE, Keychain } from './keychain';
import { Messages } from './messages';
import { EditorNotifier, type Notifier } from './notifier';
import { OriginApproval } from './originApproval';
import { PublicApi } from './publicApi';
import { RequestSender, readOnlySentence } from './requestSender';
import { Settings } from './settings';
import { TaskRows } from './taskRows';

/** What the app needs of the view that lists the tasks. */
export interface TasksView extends Pick<
  vscode.TreeView<string>,
  'visible' | 'onDidChangeVisibility' | 'reveal'
> {
  message?: string | undefined;
}

/** What the app is given by the entry. */
export interface AppHost {
  /** Absolute path of our folder on this machine. */
  readonly storageFolder: string;
  /** Name of the log. The editor has one channel for each name, whoever makes or closes it. */
  readonly logName: string;
  readonly secrets: vscode.SecretStorage;
  readonly view: TasksView;
  /** Tells the view that rows have changed, or with undefined that there are others. */
  readonly fireRows: (ids: string[] | undefined) => void;
  /** Other ways to talk with the user than the editor's own: test hosts refuse dialogs. */
  readonly user?: { readonly asker: Asker; readonly notifier: Notifier };
}

/** The running extension, as far as the entry needs it. */
export interface App extends Disposable {
  readonly rows: TaskRows;
  readonly commands: CommandRunner;
  readonly api: PublicApi;
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

  const asker = host.user?.asker ?? new EditorAsker(log);
  const notifier = host.user?.notifier ?? new EditorNotifier();
  const messages = new Messages({ notifier, l10n, execute });
  const settings = new Settings((name) => vscode.workspace.getConfiguration(SETTINGS_SECTION).get(name));
  const keychain = owned.add(
    new Keychain({ secrets: host.secrets, log, environmentKey: () => process.env[KEY_VARIABLE] }),
  );
  const approval = new OriginApproval({ keychain, asker, l10n });
  const engines = owned.add(
    new EngineHolder({
      storageFolder: host.storageFolder,
      keys: keychain,
      log,
      l10n,
      pollInterval: () => settings.pollInterval(),
    }),
  );
  const contextKeys = new ContextKeys(execute);
  const sender = new RequestSender({ engines, settings, keychain, approval, asker, l10n });
  const api = owned.add(new PublicApi({ engines, sender, l10n }));
  const rows = owned.add(
    new TaskRows({
      engines,
      l10n,
      clock,
      language: vscode.env.language,
      fireRows: host.fireRows,
      prepared: async () => contextKeys.setHasKey((await keychain.place()) !== undefined),
    }),
  );

  const look = async () => lookAtGateway({ engines, settings, keychain, approval, log });
  const keyParts = { keychain, settings, asker, notifier, messages, l10n, look, inBackground };
  const taskParts = { engines, asker, messages, l10n };
  const reveal = (id: string) =>
    inBackground(Promise.resolve(host.view.reveal(id, { select: true, focus: false })));
  const generateParts = { sender, asker, messages, l10n, reveal };
  const commands = new CommandRunner({
    commands: commandTable(l10n, {
      [COMMANDS.generate]: async (args) => generate(generateParts, args),
      [COMMANDS.setApiKey]: async () => setApiKey(keyParts),
      [COMMANDS.removeApiKey]: async () => removeApiKey(keyParts),
      [COMMANDS.testConnection]: async () => testConnection(keyParts),
      [COMMANDS.refresh]: async () => {
        const engine = await engines.open();
        rows.refresh();
        engine.look();
        await engine.refresh();
      },
      [COMMANDS.removeTask]: async (args) => removeTask(taskParts, args),
      [COMMANDS.stopSending]: async (args) => stopSending(taskParts, args),
      [COMMANDS.stopTracking]: async (args) => stopTracking(taskParts, args),
      [COMMANDS.showLog]: async () => {
        log.show();
        return Promise.resolve();
      },
    }),
    messages,
    log,
    clock,
  });

  const onVisibility = (visible: boolean): void => {
    rows.setVisible(visible);
    engines.current?.setViewVisible(visible);
  };
  owned.add(host.view.onDidChangeVisibility(({ visible }) => onVisibility(visible)));
  owned.add(
    engines.onDidOpen((engine) => {
      onVisibility(host.view.visible);
      host.view.message = engine.readOnly ? readOnlySentence(engine.readOnly, l10n) : undefined;
      const tellTasks = () => contextKeys.setHasTasks(engine.tasks(1).length > 0);
      tellTasks();
      owned.add(
        engine.onDidChangeTasks(({ removed }) => {
          if (removed.length > 0 || !contextKeys.hasTasks) tellTasks();
        }),
      );
    }),
  );
  owned.add(
    keychain.onDidChange(() => {
      inBackground(
        (async () => {
          contextKeys.setHasKey((await keychain.place()) !== undefined);
          await engines.current?.keyChanged();
        })(),
      );
    }),
  );
  // Where a folder can't be watched, what other windows did is noticed when somebody looks again.
  owned.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) engines.current?.look();
    }),
  );
  inBackground(engines.open());

  return { rows, commands, api, dispose: () => owned.dispose() };
}

/** Adds the titles that messages speak of. */
function commandTable(
  l10n: L10n,
  runs: Readonly<Record<CommandId, Command['run']>>,
): Readonly<Record<CommandId, Command>> {
  const plain = (id: CommandId, title: string): Command => ({ title, run: runs[id] });
  return {
    [COMMANDS.generate]: { ...plain(COMMANDS.generate, l10n.t('Generate Video')), calledByCode: hasRequest },
    [COMMANDS.setApiKey]: plain(COMMANDS.setApiKey, l10n.t('Set API Key')),
    [COMMANDS.removeApiKey]: plain(COMMANDS.removeApiKey, l10n.t('Remove API Key')),
    [COMMANDS.testConnection]: plain(COMMANDS.testConnection, l10n.t('Test Connection')),
    [COMMANDS.refresh]: plain(COMMANDS.refresh, l10n.t('Refresh')),
    [COMMANDS.removeTask]: plain(COMMANDS.removeTask, l10n.t('Remove Task')),
    [COMMANDS.stopSending]: plain(COMMANDS.stopSending, l10n.t('Stop Sending')),
    [COMMANDS.stopTracking]: plain(COMMANDS.stopTracking, l10n.t('Stop Tracking')),
    [COMMANDS.showLog]: plain(COMMANDS.showLog, l10n.t('Show Log')),
  };
}
