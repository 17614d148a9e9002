import * as vscode from 'vscode';
import type { L10n } from '../../core/common/l10n';
import { describeError, type Log } from '../../core/common/log';
import { IMAGE_EXTENSIONS } from '../../core/images/imageLimits';
import { MAX_IMAGES } from '../../core/models/modes';
import { escapeQuickPickText } from '../labels/taskLabels';

/** Picks images of the workspace. */
export interface ImagePicker {
  /** @returns the images of the workspace, except excluded files */
  find(): Promise<readonly vscode.Uri[]>;
  /** @returns the images in the order they were checked, or undefined if the user canceled */
  choose(title: string, images: readonly vscode.Uri[]): Promise<readonly vscode.Uri[] | undefined>;
}

/** Longer lists aren't useful. Browse covers that case. */
const MAX_FOUND_IMAGES = 500;

/** Some file systems are case-sensitive. */
const EXTENSIONS = IMAGE_EXTENSIONS.flatMap((extension) => [extension, extension.toUpperCase()]);

interface ImageItem extends vscode.QuickPickItem {
  readonly uri: vscode.Uri;
}

/** A quick pick that previews the active image in the editor. */
export class EditorImagePicker implements ImagePicker {
  readonly #l10n: L10n;
  readonly #log: Log;

  constructor(l10n: L10n, log: Log) {
    this.#l10n = l10n;
    this.#log = log;
  }

  async find(): Promise<readonly vscode.Uri[]> {
    const glob = `**/*.{${EXTENSIONS.join(',')}}`;
    const found = await vscode.workspace.findFiles(glob, '**/node_modules/**', MAX_FOUND_IMAGES);
    return found.sort((one, other) => one.path.localeCompare(other.path));
  }

  async choose(title: string, images: readonly vscode.Uri[]): Promise<readonly vscode.Uri[] | undefined> {
    const pick = vscode.window.createQuickPick<ImageItem>();
    const preview = new ImagePreview(this.#log);
    // VS Code reports the selection in list order, not in the order of the clicks.
    let order: readonly ImageItem[] = [];
    try {
      pick.title = title;
      pick.placeholder = this.#l10n.t('Select up to {0} images.', MAX_IMAGES);
      pick.canSelectMany = true;
      pick.matchOnDescription = true;
      // Opening the preview must not close the quick pick.
      pick.ignoreFocusOut = true;
      pick.items = images.map(toItem);
      pick.onDidChangeActive(([item]) => item && preview.show(item.uri));
      pick.onDidChangeSelection((selected) => {
        order = selectionOrder(order, selected);
        pick.prompt = order.map(({ label }, index) => `${index + 1}. ${label}`).join('   ');
      });
      // A multi-select quick pick has no active item at first.
      pick.activeItems = pick.items.slice(0, 1);
      const [first] = pick.items;
      if (first) preview.show(first.uri);
      return await new Promise<readonly vscode.Uri[] | undefined>((resolve) => {
        pick.onDidAccept(() => {
          // Enter without checked items accepts the active one.
          const chosen = order.length > 0 ? order : pick.activeItems;
          if (chosen.length > 0) resolve(chosen.map(({ uri }) => uri));
        });
        pick.onDidHide(() => resolve(undefined));
        pick.show();
      });
    } finally {
      pick.dispose();
      await preview.end();
    }
  }
}

function toItem(uri: vscode.Uri): ImageItem {
  const place = vscode.workspace.asRelativePath(uri);
  const [name = '', ...folders] = place.split('/').reverse();
  return {
    uri,
    label: escapeQuickPickText(name),
    description: escapeQuickPickText(folders.reverse().join('/')),
    iconPath: uri,
  };
}

/** @returns the selected items in the order in which they were selected. */
export function selectionOrder<T>(before: readonly T[], selected: readonly T[]): readonly T[] {
  return [
    ...before.filter((item) => selected.includes(item)),
    ...selected.filter((item) => !before.includes(item)),
  ];
}

/** Shows images in VS Code's preview tab without taking focus. */
class ImagePreview {
  readonly #log: Log;
  /** Don't close tabs that were already open. */
  readonly #openBefore = new Set(imageTabs().map(getTabKey));
  #next: vscode.Uri | undefined;
  #work: Promise<void> | undefined;
  #isClosed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Shows an image. If calls come faster than VS Code opens images, skips to the last. */
  show(uri: vscode.Uri): void {
    this.#next = uri;
    this.#work ??= this.#showPending();
  }

  /** Closes the tabs it opened, after pending ones have opened. */
  async end(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
    const opened = imageTabs().filter((tab) => tab.isPreview && !this.#openBefore.has(getTabKey(tab)));
    try {
      await vscode.window.tabGroups.close(opened, true);
    } catch (error) {
      this.#log.warn(`[images] a preview could not be closed: ${describeError(error)}`);
    }
  }

  async #showPending(): Promise<void> {
    while (this.#next && !this.#isClosed) {
      const uri = this.#next;
      this.#next = undefined;
      try {
        const options: vscode.TextDocumentShowOptions = { preview: true, preserveFocus: true };
        await vscode.commands.executeCommand('vscode.open', uri, options);
      } catch (error) {
        this.#log.warn(`[images] a preview could not be shown: ${describeError(error)}`);
      }
    }
    this.#work = undefined;
  }
}

/** VS Code shows images with a custom editor. */
function imageTabs(): readonly vscode.Tab[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.filter(({ input }) => input instanceof vscode.TabInputCustom);
}

function getTabKey({ input, group }: vscode.Tab): string {
  return input instanceof vscode.TabInputCustom ? `${group.viewColumn} ${input.uri.toString()}` : '';
}
