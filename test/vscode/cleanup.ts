/** What has been started and must be ended again, in reverse order. */
export class Cleanup {
  private readonly steps: (() => void | Promise<void>)[] = [];

  /** Remembers how to end what was just started. */
  add(step: () => void | Promise<void>): void {
    this.steps.push(step);
  }

  /** Ends everything; a step that fails does not keep the others from ending. */
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
