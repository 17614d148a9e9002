import type { ViewBadge } from 'vscode';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Engine } from '../../core/engine';
import type { AppContext } from '../common/appContext';
import type { EngineAccess } from '../common/engineAccess';

interface Dependencies extends Pick<AppContext, 'l10n'> {
  readonly engine: Pick<EngineAccess, 'onDidOpen' | 'onDidChangeTasks' | 'current'>;
  readonly show: (badge: ViewBadge | undefined) => void;
}

/** The badge of the view: videos that the user hasn't opened, saved, or revealed yet. */
export class UnseenBadge implements Disposable {
  readonly #deps: Dependencies;
  readonly #owned = new DisposableStore();
  #shown = 0;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    const { engine } = deps;
    this.#owned.add(engine.onDidOpen((engine) => this.#count(engine)));
    this.#owned.add(engine.onDidChangeTasks(() => this.#count(engine.current)));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #count(engine: Pick<Engine, 'unseen'>): void {
    const { l10n, show } = this.#deps;
    const value = engine.unseen().length;
    if (value === this.#shown) return;
    this.#shown = value;
    const tooltip = l10n.t('New videos: {0}', value);
    show(value === 0 ? undefined : { value, tooltip });
  }
}
