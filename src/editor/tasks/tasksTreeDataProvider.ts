import * as vscode from 'vscode';
import { visibleLine } from '../../core/common/displayText';
import { MutableDisposable, DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Catalog } from '../../core/models/catalog';
import type { ParameterRole } from '../../core/models/parameter';
import { fileDeletedLabel } from '../../core/task/failureMessage';
import { isFinal } from '../../core/task/phases';
import type { Task, TaskChanges } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import { missingVideos } from './missingVideos';
import { TaskTree, groupOfElement, groupLabel, type Group } from './taskGroups';
import { contextValue } from './contextValue';
import { taskTooltip } from './taskTooltip';
import {
  MAX_QUOTED_PROMPT_LENGTH,
  formatAge,
  isUnverified,
  progressOf,
  rowIcon,
  shortDateTimeFormat,
  taskStateLabel,
  truncatePrompt,
  type DateFormat,
  type RowIcon,
} from '../labels/taskLabels';

interface Dependencies extends Pick<
  AppContext,
  'catalog' | 'engine' | 'commandTitles' | 'l10n' | 'clock' | 'language' | 'runInBackground'
> {
  /** Refreshes rows, or all of them if undefined. */
  readonly fireRows: (ids: string[] | undefined) => void;
  /** Resolves when the view's welcome text can be shown. */
  readonly prepared: () => Promise<void>;
}

/** A video whose file is missing from the library. */
const MISSING_ICON: RowIcon = { icon: 'file-media', color: 'editorWarning.foreground' };

/** A video that couldn't be verified. */
const UNVERIFIED_ICON: RowIcon = { icon: 'warning', color: 'editorWarning.foreground' };

/** A video that the user deleted from the library. That isn't a problem. */
const DELETED_ICON: RowIcon = { icon: 'file-media', color: 'descriptionForeground' };

/** Maximum length of the requested shape, in characters. Options of stored requests may be any text. */
const MAX_SHAPE_LENGTH = 40;

/** How often the ages of unfinished tasks are refreshed. */
const AGE_INTERVAL_MS = 30_000;

/** The rows of the task list. An element is a task ID or a group, so it stays the same while the row changes. */
export class TasksTreeDataProvider implements Disposable {
  readonly #deps: Dependencies;
  readonly #formatDate: DateFormat;
  readonly #secondsFormat: Intl.NumberFormat;
  readonly #owned = new DisposableStore();
  readonly #ageTimer = this.#owned.add(new MutableDisposable());
  /** Undefined until the view requests its rows. */
  #tree: TaskTree | undefined;
  /** Missing files by task ID, as of the last check. */
  #missing: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  /** Tasks whose files the user deleted with Clean Up Library. */
  #deleted: ReadonlySet<string> = new Set();
  #visible = false;
  /** The day the rows were built. They show a time for that day, and a date for others. */
  #day = '';

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#formatDate = shortDateTimeFormat(deps.language);
    this.#secondsFormat = new Intl.NumberFormat(deps.language, { maximumFractionDigits: 1 });
    this.#owned.add(
      deps.engine.onDidOpen(() => {
        // The view may have requested its rows while the database couldn't be read.
        if (!this.#tree) this.refresh();
      }),
    );
    this.#owned.add(deps.engine.onDidChangeTasks((changes) => this.#onChange(changes)));
  }

  /** Ages are updated only while the view is visible. */
  setVisible(visible: boolean): void {
    if (visible && !this.#visible) {
      this.#fireUnfinished();
      this.lookedAt();
    }
    this.#visible = visible;
    this.#planAges();
  }

  /** Called when the user returns to the list: files may be missing, and the day may have changed. */
  lookedAt(): void {
    const day = new Date(this.#deps.clock.now()).toDateString();
    if (this.#tree && day !== this.#day) this.refresh();
    else this.checkFiles();
  }

  refresh(): void {
    this.#deps.fireRows(undefined);
  }

  /** Checks which files are missing from the library. */
  checkFiles(): void {
    this.#deps.runInBackground(this.#checkFiles());
  }

  async getChildren(parent?: string): Promise<string[]> {
    if (parent !== undefined) return this.#tree?.children(parent) ?? [];
    await this.#deps.prepared();
    const engine = this.#deps.engine.current;
    // The message above the list says why. The view is refreshed once the database opens.
    const isOpen = await engine.loaded().then(
      () => true,
      () => false,
    );
    if (!isOpen) return [];
    // Check after reading the tasks, so that their files existed by then.
    const missing = await missingVideos(engine.library, engine.tasks(Infinity));
    this.#missing = missing;
    this.#deleted = new Set(engine.deletedFromLibrary());
    this.#tree ??= new TaskTree();
    // Read the tasks again: a change since then would be lost, because the tree didn't know its task.
    this.#tree.fill(engine.tasks(Infinity));
    this.#day = new Date(this.#deps.clock.now()).toDateString();
    this.#planAges();
    return this.#tree.children();
  }

  getParent(element: string): string | undefined {
    return this.#tree?.parent(element);
  }

  /** Builds a row. The hover is built on demand. */
  getTreeItem(id: string): vscode.TreeItem {
    const group = groupOfElement(id);
    if (group) return this.#groupItem(id, group);
    const task = this.#tree?.task(id);
    const item = new vscode.TreeItem(task ? rowLabel(task) : '');
    item.id = id;
    if (!task) return item;
    const { commandTitles } = this.#deps;
    const gone = this.#missingCount(task);
    const isMissing = gone > 0 && gone >= task.videos.length;
    const { icon, color } = this.#iconOf(task, isMissing);
    item.iconPath = new vscode.ThemeIcon(
      icon,
      color === undefined ? undefined : new vscode.ThemeColor(color),
    );
    const state = this.#stateOf(task);
    const details = this.#details(task);
    // Omit the state if the icon and the group, or the progress, already show it.
    const isCounted = task.phase === 'running' && progressOf(task) !== undefined;
    const isWell = task.phase === 'saved' && gone === 0 && !task.failure && !isUnverified(task);
    const isPlain = isWell || isCounted;
    item.description = [...(isPlain ? [] : [state]), ...details].join(' · ');
    item.contextValue = contextValue(
      task,
      this.#deps.catalog,
      isMissing ? 'all' : gone > 0 ? 'some' : 'none',
    );
    item.command = {
      command: 'nebulaVideo.openVideo',
      title: commandTitles.button('nebulaVideo.openVideo'),
      arguments: [id],
    };
    item.accessibilityInformation = {
      label: [truncatePrompt(task.request.prompt, MAX_QUOTED_PROMPT_LENGTH), state, ...details].join(', '),
    };
    return item;
  }

  /** Adds the hover. */
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

  /** The files of dragged rows, one URI per line (RFC 2483). Empty if there are none. */
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

  /** Number of a task's missing files. If the task is tracked again, the last check is outdated. */
  #missingCount({ id, phase, videos }: Task): number {
    const missing = phase === 'saved' ? this.#missing.get(id) : undefined;
    return videos.filter(({ uri }) => missing?.has(uri) === true).length;
  }

  #iconOf(task: Task, isMissing: boolean): RowIcon {
    if (isMissing) return this.#deleted.has(task.id) ? DELETED_ICON : MISSING_ICON;
    return isUnverified(task) ? UNVERIFIED_ICON : rowIcon(task);
  }

  #stateOf(task: Task): string {
    const { l10n } = this.#deps;
    const gone = this.#missingCount(task);
    const total = task.videos.length;
    const isPartial = gone === 0 ? task.phase === 'saved' && task.failure !== undefined : gone < total;
    if (isPartial) return l10n.t('Some videos missing');
    if (gone === 0) return taskStateLabel(task, l10n);
    return this.#deleted.has(task.id) ? fileDeletedLabel(l10n) : l10n.t('File missing');
  }

  /** Age or date, progress, and the video's length and size. */
  #details(task: Task): string[] {
    const { catalog, clock, l10n } = this.#deps;
    const now = clock.now();
    const progress = progressOf(task);
    return [
      isFinal(task.phase) ? this.#formatDate(task.createdAt, now) : formatAge(now - task.createdAt, l10n),
      ...(progress === undefined ? [] : [`${progress}%`]),
      describeShape(task, catalog, this.#secondsFormat),
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
    // The view hasn't requested any rows.
    if (!this.#tree) return;
    this.#deps.fireRows(this.#tree.change(changed, removed));
    // Downloaded again.
    if (changed.some(({ id, phase }) => phase === 'saved' && this.#missing.has(id))) this.checkFiles();
    this.#planAges();
  }

  async #checkFiles(): Promise<void> {
    const engine = this.#deps.engine.current;
    const tree = this.#tree;
    if (!tree) return;
    const before = this.#missing;
    const missing = await missingVideos(engine.library, tree.tasks);
    if (this.#owned.isDisposed) return;
    this.#missing = missing;
    this.#deleted = new Set(engine.deletedFromLibrary());
    const changed = tree.tasks
      .map(({ id }) => id)
      .filter((id) => before.get(id)?.size !== missing.get(id)?.size);
    if (changed.length > 0) this.#deps.fireRows(changed);
  }

  #unfinished(): string[] {
    return (this.#tree?.tasks ?? []).filter(({ phase }) => !isFinal(phase)).map(({ id }) => id);
  }

  #fireUnfinished(): void {
    const ids = this.#unfinished();
    if (ids.length > 0) this.#deps.fireRows(ids);
  }

  /** The timer runs only while the age of an unfinished task is visible. */
  #planAges(): void {
    if (!this.#visible || this.#unfinished().length === 0 || this.#owned.isDisposed) {
      this.#ageTimer.set(undefined);
      this.#ageTimerRuns = false;
      return;
    }
    // Don't restart it on each change: frequent changes would stop it from firing.
    if (this.#ageTimerRuns) return;
    this.#ageTimerRuns = true;
    this.#ageTimer.set(
      this.#deps.clock.setTimeout(() => {
        this.#ageTimerRuns = false;
        this.#fireUnfinished();
        this.#planAges();
      }, AGE_INTERVAL_MS),
    );
  }

  #ageTimerRuns = false;
}

/** The whole prompt on one line: VS Code cuts it to the width of the view. */
function rowLabel({ request: { prompt } }: Task): string {
  // A line break is shown as three characters.
  return visibleLine(prompt, 3 * prompt.length);
}

/** Length and size of a video: of the finished one, otherwise as requested. */
function describeShape(
  { request, videos }: Task,
  catalog: Catalog,
  secondsFormat: Intl.NumberFormat,
): string {
  const [video] = videos;
  // An unverified file may not state its size.
  if (video && video.width > 0) {
    const seconds = secondsFormat.format(video.durationSeconds);
    return `${seconds} s, ${video.width}×${video.height}`;
  }
  const value = (role: ParameterRole) => catalog.optionValue(request, role);
  const length = value('length');
  const size = value('size') ?? value('resolution') ?? value('aspectRatio');
  const shape = [
    ...(length === undefined ? [] : [`${length} s`]),
    ...(size === undefined ? [] : [String(size).replace(/^(\d+)x(\d+)$/, '$1×$2')]),
  ];
  return shape.length === 0 ? request.model : visibleLine(shape.join(', '), MAX_SHAPE_LENGTH);
}
