/** Stops everything that was started, in reverse order. */
export class Cleanup {
  private readonly steps: (() => void | Promise<void>)[] = [];

  /** Adds a step that stops what was just started. */
  add(step: () => void | Promise<void>): void {
    this.steps.push(step);
  }

  /** Runs all steps, even if one fails. */
  async run(): Promise<void> {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        console.error(error);
      }
    }
  }
}
