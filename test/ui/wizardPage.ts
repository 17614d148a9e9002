import type { Locator } from 'playwright-core';
import type { Stage } from './stage';
import { until } from './waiting';

/** The keys of Back. */
const BACK =
  process.platform === 'win32'
    ? 'Alt+ArrowLeft'
    : process.platform === 'darwin'
      ? 'Control+Minus'
      : 'Control+Alt+Minus';

const PROMPT_EXAMPLE = 'A paper boat on a rainy street, close-up';
const SUMMARY_PLACEHOLDER = 'Review the request, then generate the video';

/** The wizard in a real window, used by keyboard. */
export class WizardPage {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  get widget(): Locator {
    return this.#stage.window.page.locator('.quick-input-widget:visible');
  }

  /** Bodies of the requests that the gateway got. */
  get bodies(): readonly unknown[] {
    return this.#stage.gateway.log.filter(({ kind }) => kind === 'submit').map(({ body }) => body);
  }

  async open(): Promise<void> {
    const title = 'Nebula Video: Generate Video…';
    await this.#stage.window.press('F1');
    await this.#stage.window.quickInput().waitFor();
    await this.#stage.window.type(title);
    await this.#stage.window.quickPickRow(title).waitFor();
    await this.#stage.window.press('Enter');
    await this.atPrompt();
  }

  /** Waits for the prompt step. */
  async atPrompt(): Promise<void> {
    await this.#placeholder(PROMPT_EXAMPLE).waitFor({ timeout: 30_000 });
    // A page behind may take the focus when it's drawn at this moment.
    await this.#stage.window.quickInput().focus();
  }

  /** Waits for the summary, and until Enter would pay. */
  async atSummary(): Promise<void> {
    await this.#placeholder(SUMMARY_PLACEHOLDER).waitFor({ timeout: 30_000 });
    await this.#stage.window.page.waitForTimeout(600);
  }

  async title(): Promise<string> {
    return this.widget.locator('.quick-input-title').innerText();
  }

  /** Returns the screen reader text of each row, such as "Length, 8 s". */
  async rows(): Promise<string[]> {
    const found = await Promise.all(
      (await this.widget.locator('.quick-input-list .monaco-list-row').all()).map(async (row) => ({
        index: Number(await row.getAttribute('data-index')),
        text: withoutIcon((await row.getAttribute('aria-label')) ?? ''),
      })),
    );
    return found
      .sort((one, other) => one.index - other.index)
      .map(({ text }) => text)
      .filter((text) => text !== '' && !text.startsWith('separator'));
  }

  /** Returns the screen reader text of the active row. */
  async active(): Promise<string> {
    return withoutIcon(
      (await this.widget.locator('.monaco-list-row.focused').getAttribute('aria-label')) ?? '',
    );
  }

  /** Accepts the row that a typed label leads to. */
  async take(label: string): Promise<void> {
    await this.#stage.window.type(label);
    await this.#stage.window.quickPickRow(label).waitFor();
    await this.#stage.window.press('Enter');
  }

  /** Changes a row of the summary. */
  async set(row: string, value: string): Promise<void> {
    await this.take(row);
    await this.#placeholder(SUMMARY_PLACEHOLDER).waitFor({ state: 'detached' });
    await this.#stage.window.quickPickRow(value).waitFor();
    await this.take(value);
    await this.atSummary();
  }

  async press(tooltip: string): Promise<void> {
    await this.widget.locator('.quick-input-titlebar').getByRole('button', { name: tooltip }).click();
  }

  async back(): Promise<void> {
    await this.#stage.window.press(BACK);
  }

  /** Moves to the first row, and waits until Enter would pay. */
  async goToSend(): Promise<void> {
    // Home belongs to the text field.
    for (let presses = 0; presses < 20 && !(await this.active()).startsWith('Generate'); presses++) {
      await this.#stage.window.press('ArrowUp');
    }
    await this.#stage.window.page.waitForTimeout(500);
  }

  /** Sends the request from the first row, and waits until the gateway got it. */
  async pay(): Promise<void> {
    const before = this.bodies.length;
    await this.goToSend();
    await this.#stage.window.press('Enter');
    // Its first byte is logged before its body.
    await until('the request arrives', () => this.bodies.length > before && this.bodies.at(-1) !== undefined);
  }

  async escape(): Promise<void> {
    await this.#stage.window.press('Escape');
    await this.closed();
  }

  async closed(): Promise<void> {
    await this.#stage.window.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  #placeholder(text: string): Locator {
    return this.widget.locator(`input[placeholder="${text}"]`);
  }
}

/** VS Code reads the name of an icon, too. */
function withoutIcon(text: string): string {
  return text.replace(/^play\s+/, '').trim();
}
