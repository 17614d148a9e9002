import manifest from '../../package.json';
import english from '../../package.nls.json';
import { CommandTitles } from '../../src/editor/labels/commandTitles';

const texts: Readonly<Record<string, string>> = english;
const localized = JSON.stringify(manifest).replace(/"%([\w.]+)%"/g, (_, name: string) =>
  JSON.stringify(texts[name]),
);

/** Titles from package.json, in English. */
export const commandTitles = new CommandTitles(JSON.parse(localized));
