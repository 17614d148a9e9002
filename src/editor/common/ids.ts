/** The view type of the player. The editor keeps it over reloads, and package.json names it. Stable. */
export const PLAYER_VIEW_TYPE = 'nebulaVideo.player';

/** Not localized. */
export const PRODUCT_NAME = 'Nebula Video';

export const VIEWS = { tasks: 'nebulaVideo.tasks' } as const;

/** What `when` clauses in package.json may ask. */
export const CONTEXT_KEYS = {
  /** The keys below are true to the facts; before that nothing should be said. */
  ready: 'nebulaVideo.ready',
  hasKey: 'nebulaVideo.hasKey',
  hasTasks: 'nebulaVideo.hasTasks',
  /** The gateway did not take the key when it was last used. */
  keyRefused: 'nebulaVideo.keyRefused',
  /** A language model is there that can improve prompts. */
  hasLanguageModel: 'nebulaVideo.hasLanguageModel',
} as const;

/** The settings, below their section. */
export const SETTINGS_SECTION = 'nebulaVideo';
export const SETTINGS = {
  baseUrl: 'baseUrl',
  confirm: 'confirm',
  pollSeconds: 'pollSeconds',
  notify: 'notify',
  models: 'models',
  presets: 'presets',
  defaultModel: 'defaultModel',
  saveFolder: 'saveFolder',
  fileName: 'fileName',
  autoSave: 'autoSave',
} as const;
