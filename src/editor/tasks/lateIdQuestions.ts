import { visibleLine } from '../../core/common/displayText';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Engine } from '../../core/engine';
import type { IdQuestion } from '../../core/task/idSource';
import type { AppContext } from '../common/appContext';
import type { EngineAccess } from '../common/engineAccess';
import type { Notifications } from '../common/notifications';

interface Dependencies extends Pick<AppContext, 'l10n' | 'isFocused' | 'runInBackground'> {
  readonly engine: Pick<EngineAccess, 'onDidOpen' | 'onDidChangeTasks' | 'current'>;
  readonly notifications: Pick<Notifications, 'show'>;
}

/** Maximum length of a task ID in a notification, in characters. */
const MAX_ID_LENGTH = 24;

/**
 * Asks, in the window that the user is in, which task IDs to track when one arrived after the user had attached
 * another. Until there is an answer, both are tracked, and each window that opens asks again.
 */
export class LateIdQuestions implements Disposable {
  readonly #deps: Dependencies;
  readonly #owned = new DisposableStore();
  readonly #asked = new Set<string>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#owned.add(deps.engine.onDidOpen((engine) => this.#askAll(engine)));
    this.#owned.add(deps.engine.onDidChangeTasks(() => this.ask()));
  }

  /** Called when the user comes to this window. */
  ask(): void {
    this.#askAll(this.#deps.engine.current);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #askAll(engine: Engine): void {
    if (!this.#deps.isFocused()) return;
    for (const question of engine.idQuestions()) {
      if (this.#asked.has(question.taskId)) continue;
      this.#asked.add(question.taskId);
      this.#show(engine, question);
    }
  }

  #show(engine: Engine, question: IdQuestion): void {
    const { notifications, l10n, runInBackground } = this.#deps;
    const answer = (keepsBoth: boolean) => () => {
      // A window that closes takes the message with it, and the next one asks again.
      if (!this.#owned.isDisposed) runInBackground(engine.answerIdQuestion(question, keepsBoth));
    };
    const sentence = l10n.t(
      "The gateway returned task ID '{0}' after you attached '{1}'. Both are tracked.",
      visibleLine(question.lateId, MAX_ID_LENGTH),
      visibleLine(question.attachedId, MAX_ID_LENGTH),
    );
    const buttons = [{ title: l10n.t('Track Only the Returned ID'), run: answer(false) }];
    notifications.show('info', sentence, buttons, answer(true));
  }
}
