import * as vscode from 'vscode';
import type { L10n } from '../../core/common/l10n';
import { describeError, type Log } from '../../core/common/log';
import { IMAGE_EXTENSIONS } from '../../core/images/imageLimits';
import { escapeQuickPickText } from '../labels/taskLabels';
import { selectionOrder } from './selectionOrder';

/** Lets a person choose among the images of the workspace. */
export interface ImagePicker {
  /** The images of the workspace, as far as it is not told to leave them out. */
  find(): Promise<readonly vscode.Uri[]>;
  /** @returns the chosen ones, in the order in which they were ticked; undefined when nothing was chosen */
  choose(title: string, images: readonly vscode.Uri[]): Promise<readonly vscode.Uri[] | undefined>;
}

/** More are no list to look through: that is what Choose Files is for. */
const MAX_IMAGES = 500;

/** On some systems names differ by the size of their letters. */
const ENDINGS = IMAGE_EXTENSIONS.flatMap((ending) => [ending, ending.toUpperCase()]);

interface ImageItem extends vscode.QuickPickItem {
  readonly uri: vscode.Uri;
}

/** A list with a preview: the image that is lit is shown behind it. */
export class EditorImagePicker implements ImagePicker {
  readonly #l10n: L10n;
  readonly #log: Log;

  constructor(l10n: L10n, log: Log) {
    this.#l10n = l10n;
    this.#log = log;
  }

  async find(): Promise<readonly vscode.Uri[]> {
    const glob = `**/*.{${ENDINGS.join(',')}}`;
    const found = await vscode.workspace.findFiles(glob, '**/node_modules/**', MAX_IMAGES);
    return found.sort((one, other) => one.path.localeCompare(other.path));
  }

  async choose(title: string, images: readonly vscode.Uri[]): Promise<readonly vscode.Uri[] | undefined> {
    const pick = vscode.window.createQuickPick<ImageItem>();
    const preview = new ImagePreview(this.#log);
    // In the order of the ticks: the editor itself gives them in the order of the list.
    let order: readonly ImageItem[] = [];
    try {
      pick.title = title;
      pick.placeholder = this.#l10n.t('Which images? The first one that you tick comes first.');
      pick.canSelectMany = true;
      pick.matchOnDescription = true;
      // What is shown behind it must not close it.
      pick.ignoreFocusOut = true;
      pick.items = images.map(itemOf);
      pick.onDidChangeActive(([item]) => item && preview.show(item.uri));
      pick.onDidChangeSelection((ticked) => {
        order = selectionOrder(order, ticked);
        pick.prompt = order.map(({ label }, index) => `${index + 1}. ${label}`).join('   ');
      });
      // In a list with ticks nothing is lit at first.
      pick.activeItems = pick.items.slice(0, 1);
      const [first] = pick.items;
      if (first) preview.show(first.uri);
      return await new Promise<readonly vscode.Uri[] | undefined>((resolve) => {
        pick.onDidAccept(() => {
          // Who ticks nothing and presses Enter means the one that is lit.
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

function itemOf(uri: vscode.Uri): ImageItem {
  const place = vscode.workspace.asRelativePath(uri);
  const [name = '', ...folders] = place.split('/').reverse();
  return {
    uri,
    label: escapeQuickPickText(name),
    description: escapeQuickPickText(folders.reverse().join('/')),
    iconPath: uri,
  };
}

/** Shows one image after the other in the editor's own preview tab, without taking the keyboard. */
class ImagePreview {
  readonly #log: Log;
  /** Tabs that were there before are not ours to close. */
  readonly #earlier = new Set(imageTabs().map(addressOf));
  #wanted: vscode.Uri | undefined;
  #work: Promise<void> | undefined;
  #hasEnded = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Shows an image; of several in a row only the last one, where the editor does not keep up. */
  show(uri: vscode.Uri): void {
    this.#wanted = uri;
    this.#work ??= this.#showWanted();
  }

  /** Closes what it has opened, once that is there. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#work;
    const ours = imageTabs().filter((tab) => tab.isPreview && !this.#earlier.has(addressOf(tab)));
    try {
      await vscode.window.tabGroups.close(ours, true);
    } catch (error) {
      this.#log.warn(`[images] a preview could not be closed: ${describeError(error)}`);
    }
  }

  async #showWanted(): Promise<void> {
    while (this.#wanted && !this.#hasEnded) {
      const uri = this.#wanted;
      this.#wanted = undefined;
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

/** The editor shows images with a custom editor. */
function imageTabs(): readonly vscode.Tab[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.filter(({ input }) => input instanceof vscode.TabInputCustom);
}

function addressOf({ input, group }: vscode.Tab): string {
  return input instanceof vscode.TabInputCustom ? `${group.viewColumn} ${input.uri.toString()}` : '';
}
