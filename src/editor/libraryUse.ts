import type { L10n } from '../core/common/l10n';
import { DisposableStore, type Disposable } from '../core/common/lifetime';
import { DiskError } from '../core/library/disk';
import type { EngineHolder } from './engineHolder';
import { useWord } from './libraryWords';

interface Parts {
  readonly engines: EngineHolder;
  readonly l10n: L10n;
  readonly language: string;
  /** Shows it beside the view's title; undefined takes it away. */
  readonly show: (text: string | undefined) => void;
  readonly inBackground: (work: Promise<void>) => void;
}

/** Shows what the library takes up on the disk, while the list can be seen. Looked at anew when a video comes or goes. */
export class LibraryUseLabel implements Disposable {
  readonly #parts: Parts;
  readonly #owned = new DisposableStore();
  #visible = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#owned.add(
      parts.engines.onDidOpen((engine) => {
        this.#owned.add(
          engine.onDidChangeTasks(({ changed, removed }) => {
            if (removed.length > 0 || changed.some(({ phase }) => phase === 'saved')) this.look();
          }),
        );
      }),
    );
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.look();
  }

  /** Measures anew, if somebody can see it. */
  look(): void {
    if (this.#visible && this.#parts.engines.current) this.#parts.inBackground(this.#measure());
  }

  async #measure(): Promise<void> {
    const { engines, l10n, language, show } = this.#parts;
    try {
      const use = await engines.current?.librarian.use();
      if (this.#owned.isDisposed) return;
      show(use && use.videos > 0 ? useWord(use, l10n, language) : undefined);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      show(undefined);
    }
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
