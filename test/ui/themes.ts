import type { Workbench } from '../vscode/workbench';

/** The kinds of themes that VS Code tells apart, as a system asks for them; dark last. */
const THEMES = {
  light: { mark: 'vs', media: { colorScheme: 'light', forcedColors: 'none' } },
  contrast: { mark: 'hc-black', media: { colorScheme: 'dark', forcedColors: 'active' } },
  'contrast-light': { mark: 'hc-light', media: { colorScheme: 'light', forcedColors: 'active' } },
  dark: { mark: 'vs-dark', media: { colorScheme: 'dark', forcedColors: 'none' } },
} as const;

/** The settings with which the editor follows the system. */
export const FOLLOWS_SYSTEM = {
  'window.autoDetectColorScheme': true,
  'window.autoDetectHighContrast': true,
  'workbench.preferredLightColorTheme': 'Light Modern',
  'workbench.preferredDarkColorTheme': 'Dark Modern',
} as const;

/**
 * Takes a picture of what is open, in every kind of theme, and leaves the dark one. The editor is told by the system,
 * because each way of its own would close what is open.
 * @param again opens once more what closes all the same
 */
export async function pictures(
  window: Workbench,
  name: string,
  again: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  for (const [theme, { mark, media }] of Object.entries(THEMES)) {
    await window.page.emulateMedia(media);
    await window.page.locator(`.monaco-workbench.${mark}`).waitFor();
    // Colours fade from one theme to the next.
    await window.page.waitForTimeout(300);
    await again();
    await window.screenshot(`${name}-${theme}`);
  }
}
