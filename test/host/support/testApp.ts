import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { createApp, type App } from '../../../src/editor/app';
import type { TasksView } from '../../../src/editor/common/appContext';
import { FakeImageFitDialog } from '../../support/fakeImageFitDialog';
import { FakeFrames } from '../../support/fakeFrames';
import { FakeImagePicker } from '../../support/fakeImagePicker';
import { FakeLanguageModels } from '../../support/fakeLanguageModels';
import { FakeMemento } from '../../support/fakeMemento';
import { FakeQuickInputs } from '../../support/fakeQuickInputs';
import { FakeSecrets } from '../../support/fakeSecrets';
import { assertNoLeak } from '../../support/keySearch';
import { RecordingDesktop } from '../../support/recordingDesktop';
import { RecordingNotifications } from '../../support/recordingNotifications';
import { ScriptedDialogs } from '../../support/scriptedDialogs';
import { MARKER_KEY } from './markerKey';

/** A separate app with its own folder and secrets, and a scripted user. */
export class TestApp {
  readonly storageFolder: string;
  readonly secrets = new FakeSecrets();
  readonly dialogs = new ScriptedDialogs();
  readonly inputs = new FakeQuickInputs();
  readonly mementos = { workspace: new FakeMemento(), global: new FakeMemento() };
  readonly notifications = new RecordingNotifications();
  readonly desktop = new RecordingDesktop();
  readonly imageFitDialog = new FakeImageFitDialog();
  readonly languageModels = new FakeLanguageModels();
  readonly frames = new FakeFrames();
  readonly imagePicker = new FakeImagePicker();
  readonly view: TasksView & { visible: boolean; revealed: string[] };
  /** Change events of the view: row IDs, or undefined for all rows. */
  readonly fired: (string[] | undefined)[] = [];
  app: App;
  #windows = 0;
  readonly #visibility = new vscode.EventEmitter<vscode.TreeViewVisibilityChangeEvent>();

  constructor(prepareFolder: (folder: string) => void = () => undefined) {
    this.storageFolder = mkdtempSync(path.join(tmpdir(), 'nebula-host-'));
    prepareFolder(this.storageFolder);
    const revealed: string[] = [];
    this.view = {
      visible: true,
      revealed,
      onDidChangeVisibility: this.#visibility.event,
      reveal: (id) => {
        revealed.push(id);
        return Promise.resolve();
      },
    };
    this.app = this.#open();
  }

  /** Closes the window and opens another one on the same machine. */
  reopen(): void {
    this.app.dispose();
    this.app = this.#open();
  }

  /** Opens a second window. The caller closes it. */
  openSecondWindow(): App {
    return this.#open();
  }

  setVisible(visible: boolean): void {
    this.view.visible = visible;
    this.#visibility.fire({ visible });
  }

  /** @throws if the key is in a file, or in anything that was shown, asked, stored or copied */
  dispose(): void {
    this.app.dispose();
    this.#visibility.dispose();
    try {
      assertNoLeak(MARKER_KEY, { folder: this.storageFolder, texts: this.#told() });
    } finally {
      rmSync(this.storageFolder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  #told(): Record<string, string[]> {
    const { workspace, global } = this.mementos;
    return {
      'a message': this.notifications.shown.map((shown) => JSON.stringify(shown)),
      'a question': this.dialogs.asked.map((question) => JSON.stringify(question)),
      'a memento': [...workspace.entries, ...global.entries].map((entry) => entry.join(' ')),
      'what a language model was asked': this.languageModels.asked.map(({ text }) => text),
      'what left the editor': this.desktop.done.map((step) => step.join(' ')),
    };
  }

  #open(): App {
    const manifest: unknown = vscode.extensions.getExtension('nebula-video.nebula-video')?.packageJSON;
    return createApp({
      storageFolder: this.storageFolder,
      logName: `${path.basename(this.storageFolder)} ${++this.#windows}`,
      secrets: this.secrets,
      view: this.view,
      fireRows: (ids) => this.fired.push(ids),
      extensionUri: vscode.Uri.file(process.cwd()),
      packageJson: manifest,
      mementos: this.mementos,
      isHere: true,
      user: {
        dialogs: this.dialogs,
        notifications: this.notifications,
        inputs: this.inputs,
        desktop: this.desktop,
        languageModels: this.languageModels,
        imageFitDialog: this.imageFitDialog,
        frames: this.frames,
        imagePicker: this.imagePicker,
      },
    });
  }
}
