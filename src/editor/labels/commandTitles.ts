import * as z from 'zod/mini';

const manifest = z.object({
  contributes: z.object({ commands: z.array(z.object({ command: z.string(), title: z.string() })) }),
});

/** Titles of the extension's commands in the display language. package.json is the only place that has them. */
export class CommandTitles {
  readonly #titles: ReadonlyMap<string, string>;

  /** @param packageJson the extension's package.json, localized by VS Code */
  constructor(packageJson: unknown) {
    const { commands } = manifest.parse(packageJson).contributes;
    this.#titles = new Map(commands.map(({ command, title }) => [command, title]));
  }

  /** The title as on a button or in a menu. It ends in an ellipsis if the command asks for input. */
  button(command: string): string {
    return this.#titles.get(command) ?? command;
  }

  /** The title without an ellipsis, for messages and titles of inputs. */
  plain(command: string): string {
    return this.button(command).replace(/…$/, '');
  }
}
