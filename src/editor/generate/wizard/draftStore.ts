import type { Draft, WizardState } from './wizardState';

/** Keeps what is written in one run of the wizard, and the draft from before as long as nothing new is. */
export class DraftStore {
  readonly #memory: WizardState;
  /** The draft that was there before, and whether this run has put its own in its place. */
  readonly #earlier: Draft | undefined;
  #hasReplaced = false;

  constructor(memory: WizardState) {
    this.#memory = memory;
    this.#earlier = memory.draft();
  }

  /** Keeps what stands there now. */
  keep(draft: Draft): void {
    this.#hasReplaced = true;
    this.#memory.keepDraft(draft);
  }

  /** There is nothing new to keep, perhaps because a change was undone. */
  keepEarlier(): void {
    if (!this.#hasReplaced) return;
    this.#hasReplaced = false;
    if (this.#earlier) this.#memory.keepDraft(this.#earlier);
    else this.#memory.dropDraft();
  }
}
