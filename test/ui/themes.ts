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

/** Screenshots are for people, and take minutes: `NEBULA_SCREENSHOTS=1 npm test -- ui`. */
export const TAKES_SCREENSHOTS = process.env['NEBULA_SCREENSHOTS'] === '1';

/**
 * Takes screenshots in every kind of theme, and ends with the dark one. Changes the system's theme, because VS Code's own
 * commands would close open pickers.
 * @param again checks the theme, or reopens pickers that close anyway. Called even if no screenshots are taken
 */
export async function pictures(window: Workbench, name: string, again?: () => Promise<void>): Promise<void> {
  if (!TAKES_SCREENSHOTS && !again) return;
  for (const [theme, { mark, media }] of Object.entries(THEMES)) {
    await window.page.emulateMedia(media);
    await window.page.locator(`.monaco-workbench.${mark}`).waitFor();
    // Colors fade between themes.
    await window.page.waitForTimeout(300);
    await again?.();
    if (TAKES_SCREENSHOTS) await window.screenshot(`${name}-${theme}`);
  }
}
