import type { Dialogs, PickOptions, Confirmation, InputOptions } from '../../src/editor/common/dialogs';

type Question = Confirmation | InputOptions | PickOptions<unknown>;

/** Gives planned answers in order, and records the questions. `undefined` is Escape. */
export class ScriptedDialogs implements Dialogs {
  readonly asked: Question[] = [];
  readonly #answers: ((question: Question) => unknown)[] = [];

  /** Plans the next answers: a value, or a function of the question. */
  willAnswer(...answers: unknown[]): void {
    for (const answer of answers) {
      this.#answers.push(
        typeof answer === 'function' ? (answer as (question: Question) => unknown) : () => answer,
      );
    }
  }

  /** Number of planned answers that weren't needed. */
  get left(): number {
    return this.#answers.length;
  }

  confirm(question: Confirmation): Promise<boolean> {
    return this.#answer(question) as Promise<boolean>;
  }

  async text(question: InputOptions): Promise<string | undefined> {
    const answer = (await this.#answer(question)) as string | undefined;
    const fault = answer === undefined ? undefined : question.validate(answer);
    if (fault !== undefined) throw new Error(`The input was refused: ${fault}`);
    return answer;
  }

  choose<T>(question: PickOptions<T>): Promise<T | undefined> {
    return this.#answer(question) as Promise<T | undefined>;
  }

  chooseSome<T>(question: PickOptions<T>): Promise<readonly T[] | undefined> {
    return this.#answer(question) as Promise<readonly T[] | undefined>;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- errors must become rejections
  async #answer(question: Question): Promise<unknown> {
    this.asked.push(question);
    const answer = this.#answers.shift();
    if (!answer) {
      const words = 'message' in question ? question.message : question.title;
      throw new Error(`Nobody expected to be asked: ${words}`);
    }
    return answer(question);
  }
}
