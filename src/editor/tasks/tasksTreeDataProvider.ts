import * as vscode from 'vscode';
import { MutableDisposable, DisposableStore, type Disposable } from '../../core/common/disposable';
import { isFinal } from '../../core/task/phases';
import type { Task, TaskChanges } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import { missingVideos } from './missingVideos';
import {
  DELETED_ICON,
  MISSING_ICON,
  UNVERIFIED_ICON,
  rowIcon,
  contextValue,
  type RowIcon,
} from '../labels/rowIcon';
import { TaskTree, groupOfElement, groupLabel, type Group } from './taskGroups';
import { taskTooltip } from './taskTooltip';
import {
  MAX_LABEL_LENGTH,
  MAX_QUOTED_PROMPT_LENGTH,
  formatAge,
  isUnverified,
  progressOf,
  formatShortDateTime,
  truncatePrompt,
  taskStateLabel,
} from '../labels/taskLabels';

interface Dependencies extends Pick<
  AppContext,
  'catalog' | 'engine' | 'l10n' | 'clock' | 'language' | 'runInBackground'
> {
  /** Tells the view that rows have changed, or with undefined that there are others. */
  readonly fireRows: (ids: string[] | undefined) => void;
  /** What has to be true before the view may say that it is empty. */
  readonly prepared: () => Promise<void>;
}

/** How often the ages of unfinished tasks are written anew, in ms. */
const AGE_INTERVAL = 30_000;

/**
 * The rows of the task list: a projection of the store. An element is a task's id, or the name of a group, so it means
 * the same however often the row changes.
 */
export class TasksTreeDataProvider implements Disposable {
  readonly #deps: Dependencies;
  readonly #owned = new DisposableStore();
  readonly #ageTimer = this.#owned.add(new MutableDisposable());
  /** What the view shows; undefined until it asks. */
  #tree: TaskTree | undefined;
  /** Which files of which tasks are gone from the library, when it was looked at last. */
  #missing: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  /** Those of them that the user has had removed, by Clean Library. */
  #cleaned: ReadonlySet<string> = new Set();
  #visible = false;
  /** The day on which the rows were drawn: they show the time for it, and a date for others. */
  #day = '';

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#owned.add(
      deps.engine.onDidOpen(() => {
        // What was asked for while nothing could be read is asked for again.
        if (!this.#tree) this.refresh();
      }),
    );
    this.#owned.add(deps.engine.onDidChangeTasks((changes) => this.#onChange(changes)));
  }

  /** Ages are kept up to date only while somebody can see them. */
  setVisible(visible: boolean): void {
    if (visible && !this.#visible) {
      this.#fireUnfinished();
      this.lookedAt();
    }
    this.#visible = visible;
    this.#planAges();
  }

  /** Somebody is back at the list, perhaps after a while: files may be gone, and today may be yesterday. */
  lookedAt(): void {
    const day = new Date(this.#deps.clock.now()).toDateString();
    if (this.#tree && day !== this.#day) this.refresh();
    else this.checkFiles();
  }

  /** Reads everything anew. */
  refresh(): void {
    this.#deps.fireRows(undefined);
  }

  /** Looks whether files were cleared away, or are back. */
  checkFiles(): void {
    this.#deps.runInBackground(this.#lookForFiles());
  }

  /** What hangs below an element, or at the top. */
  async getChildren(parent?: string): Promise<string[]> {
    if (parent !== undefined) return this.#tree?.children(parent) ?? [];
    await this.#deps.prepared();
    const engine = this.#deps.engine.current;
    // Why there is nothing to show stands above the list, which is asked for again once there is.
    const isOpen = await engine.loaded().then(
      () => true,
      () => false,
    );
    if (!isOpen) return [];
    // After the tasks: each of their files was there by then.
    const missing = await missingVideos(engine.library, engine.tasks(Infinity));
    this.#missing = missing;
    this.#cleaned = new Set(engine.deletedFromLibrary());
    this.#tree ??= new TaskTree();
    // As they are now: a change in between that was told of before the tree knew its task would be lost.
    this.#tree.fill(engine.tasks(Infinity));
    this.#day = new Date(this.#deps.clock.now()).toDateString();
    this.#planAges();
    return this.#tree.children();
  }

  /** The group that a row hangs in, if there are groups. */
  getParent(element: string): string | undefined {
    return this.#tree?.parent(element);
  }

  /** A row, without its tooltip, which comes when somebody points at it. */
  getTreeItem(id: string): vscode.TreeItem {
    const group = groupOfElement(id);
    if (group) return this.#groupItem(id, group);
    const task = this.#tree?.task(id);
    const item = new vscode.TreeItem(task ? truncatePrompt(task.request.prompt, MAX_LABEL_LENGTH) : '');
    item.id = id;
    if (!task) return item;
    const { l10n } = this.#deps;
    const gone = this.#goneOf(task);
    const isMissing = gone > 0 && gone >= task.videos.length;
    const { icon, color } = this.#iconOf(task, isMissing);
    item.iconPath = new vscode.ThemeIcon(
      icon,
      color === undefined ? undefined : new vscode.ThemeColor(color),
    );
    const state = this.#stateOf(task);
    const details = this.#details(task);
    // What the icon and the group say for a video need not be said again; what the gateway counts says it better.
    const isCounted = task.phase === 'running' && progressOf(task) !== undefined;
    const isWell = task.phase === 'saved' && gone === 0 && !task.failure && !isUnverified(task);
    const isPlain = isWell || isCounted;
    item.description = [...(isPlain ? [] : [state]), ...details].join(' · ');
    item.contextValue = contextValue(
      task,
      this.#deps.catalog,
      isMissing ? 'all' : gone > 0 ? 'some' : 'none',
    );
    item.command = { command: 'nebulaVideo.openVideo', title: l10n.t('Open'), arguments: [id] };
    item.accessibilityInformation = {
      label: [truncatePrompt(task.request.prompt, MAX_QUOTED_PROMPT_LENGTH), state, ...details].join(', '),
    };
    return item;
  }

  /** Adds what is shown on hover. */
  resolveTreeItem(item: vscode.TreeItem, id: string): vscode.TreeItem {
    const task = this.#tree?.task(id);
    const { catalog, clock, language, l10n } = this.#deps;
    if (!task) return item;
    const earlier = task.basedOn === undefined ? undefined : this.#tree?.task(task.basedOn);
    item.tooltip = taskTooltip(task, this.#stateOf(task), earlier, {
      now: clock.now(),
      catalog,
      language,
      l10n,
    });
    return item;
  }

  /** The files of dragged rows, one URI a line (RFC 2483); empty where none has a file. */
  dragged(elements: readonly string[]): string {
    return elements
      .flatMap((id) => {
        const videos = this.#tree?.task(id)?.videos ?? [];
        return videos.map(({ uri }) => uri).filter((uri) => this.#missing.get(id)?.has(uri) !== true);
      })
      .join('\r\n');
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** How many of a task's files are gone; of one that is followed anew, what was seen before says nothing. */
  #goneOf({ id, phase, videos }: Task): number {
    const missing = phase === 'saved' ? this.#missing.get(id) : undefined;
    return videos.filter(({ uri }) => missing?.has(uri) === true).length;
  }

  #iconOf(task: Task, isMissing: boolean): RowIcon {
    if (isMissing) return this.#cleaned.has(task.id) ? DELETED_ICON : MISSING_ICON;
    return isUnverified(task) ? UNVERIFIED_ICON : rowIcon(task);
  }

  /** How a task stands, in a word or two. */
  #stateOf(task: Task): string {
    const { l10n } = this.#deps;
    const gone = this.#goneOf(task);
    const total = task.videos.length;
    if (gone > 0 && gone < total) return l10n.t('{0} of {1} files missing', gone, total);
    if (gone === 0 && task.phase === 'saved' && task.failure) return l10n.t('Not all videos are here');
    if (gone === 0) return taskStateLabel(task, l10n);
    return this.#cleaned.has(task.id) ? l10n.t('File removed by you') : l10n.t('File missing');
  }

  /** When it was asked for, how far it is, and with what. */
  #details(task: Task): string[] {
    const { clock, language, l10n } = this.#deps;
    const now = clock.now();
    const { model } = task.request;
    if (isFinal(task.phase)) return [formatShortDateTime(task.createdAt, now, language), model];
    const progress = progressOf(task);
    return [
      ...(progress === undefined ? [] : [`${progress} %`]),
      formatAge(now - task.createdAt, l10n),
      model,
    ];
  }

  #groupItem(id: string, group: Group): vscode.TreeItem {
    const item = new vscode.TreeItem(
      groupLabel(group, this.#deps.l10n),
      vscode.TreeItemCollapsibleState.Expanded,
    );
    item.id = id;
    item.contextValue = 'group';
    return item;
  }

  #onChange({ changed, removed }: TaskChanges): void {
    // Nobody has asked for rows yet.
    if (!this.#tree) return;
    this.#deps.fireRows(this.#tree.change(changed, removed));
    // Fetched anew.
    if (changed.some(({ id, phase }) => phase === 'saved' && this.#missing.has(id))) this.checkFiles();
    this.#planAges();
  }

  async #lookForFiles(): Promise<void> {
    const engine = this.#deps.engine.current;
    const tree = this.#tree;
    if (!tree) return;
    const before = this.#missing;
    const missing = await missingVideos(engine.library, tree.tasks);
    if (this.#owned.isDisposed) return;
    this.#missing = missing;
    this.#cleaned = new Set(engine.deletedFromLibrary());
    const turned = tree.tasks
      .map(({ id }) => id)
      .filter((id) => before.get(id)?.size !== missing.get(id)?.size);
    if (turned.length > 0) this.#deps.fireRows(turned);
  }

  #unfinished(): string[] {
    return (this.#tree?.tasks ?? []).filter(({ phase }) => !isFinal(phase)).map(({ id }) => id);
  }

  #fireUnfinished(): void {
    const ids = this.#unfinished();
    if (ids.length > 0) this.#deps.fireRows(ids);
  }

  /** A timer lives only while an age can be seen that grows. */
  #planAges(): void {
    if (!this.#visible || this.#unfinished().length === 0 || this.#owned.isDisposed) {
      this.#ageTimer.set(undefined);
      this.#ageTimerRuns = false;
      return;
    }
    // Not pushed on by each change: ages would stand still while much happens.
    if (this.#ageTimerRuns) return;
    this.#ageTimerRuns = true;
    this.#ageTimer.set(
      this.#deps.clock.setTimeout(() => {
        this.#ageTimerRuns = false;
        this.#fireUnfinished();
        this.#planAges();
      }, AGE_INTERVAL),
    );
  }

  #ageTimerRuns = false;
}
