import type * as vscode from 'vscode';
import type { Clock } from '../../core/common/clock';
import type { DisposableStore } from '../../core/common/disposable';
import type { L10n } from '../../core/common/l10n';
import type { Log } from '../../core/common/log';
import type { Catalog } from '../../core/models/catalog';
import type { KeyCheck } from '../../core/tasks/keyGuard';
import type { CommandTitles } from '../labels/commandTitles';
import type { Command } from './commandRunner';
import type { ContextKeys } from './contextKeys';
import type { CustomModels } from './customModels';
import type { Desktop } from './desktop';
import type { Dialogs } from './dialogs';
import type { EngineAccess } from './engineAccess';
import type { Notifications } from './notifications';
import type { QuickInputs } from './quickInputs';
import type { Settings } from './settings';

/** The part of the editor's memento that is used. */
export interface Memento {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

/** The view that lists the tasks. */
export interface TasksView extends Pick<
  vscode.TreeView<string>,
  'visible' | 'onDidChangeVisibility' | 'reveal'
> {
  message?: string | undefined;
  badge?: vscode.ViewBadge | undefined;
}

/** Services that every feature may use. Built once, in app.ts. */
export interface AppContext {
  readonly engine: EngineAccess;
  readonly settings: Settings;
  /** Families, known models and the user's own. */
  readonly catalog: Catalog;
  /** Stores models that the user enters. */
  readonly customModels: CustomModels;
  readonly dialogs: Dialogs;
  readonly notifications: Notifications;
  readonly inputs: QuickInputs;
  /** Titles of the extension's commands. */
  readonly commandTitles: CommandTitles;
  readonly contextKeys: ContextKeys;
  readonly tasksView: TasksView;
  readonly desktop: Desktop;
  readonly mementos: { readonly workspace: vscode.Memento; readonly global: vscode.Memento };
  readonly extensionUri: vscode.Uri;
  /** Absolute path of the extension's folder on this machine. */
  readonly storageFolder: string;
  readonly looksLikeKey: KeyCheck;
  readonly l10n: L10n;
  /** The display language, for numbers and dates. */
  readonly language: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Disposed when the window closes. */
  readonly subscriptions: DisposableStore;
  /** Reads the extension's settings as they hold for a resource. */
  readonly configuration: (scope?: vscode.Uri) => vscode.WorkspaceConfiguration;
  readonly folders: () => readonly vscode.WorkspaceFolder[];
  /** Whether the user is in this window. */
  readonly isFocused: () => boolean;
  /** Runs a command of the editor. Errors are logged. */
  readonly execute: (command: string, ...args: unknown[]) => void;
  /** Doesn't wait for the work. Errors are logged. */
  readonly runInBackground: (work: Promise<unknown>) => void;
}

/** Return value of a feature: the commands of package.json that it runs. */
export interface Feature {
  readonly commands: Commands;
}

export type Commands = Readonly<Record<`nebulaVideo.${string}`, Command>>;
