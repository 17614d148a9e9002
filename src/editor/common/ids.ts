/** The commands, as package.json names them. Ids are stable. */
export const COMMANDS = {
  generate: 'nebulaVideo.generate',
  generateSeveral: 'nebulaVideo.generateSeveral',
  generateFromSelection: 'nebulaVideo.generateFromSelection',
  generateFromImage: 'nebulaVideo.generateFromImage',
  generateAgain: 'nebulaVideo.generateAgain',
  editAndGenerate: 'nebulaVideo.editAndGenerate',
  remix: 'nebulaVideo.remix',
  savePreset: 'nebulaVideo.savePreset',
  continueFromLastFrame: 'nebulaVideo.continueFromLastFrame',
  sendPrompt: 'nebulaVideo.sendPrompt',
  improvePrompt: 'nebulaVideo.improvePrompt',
  setApiKey: 'nebulaVideo.setApiKey',
  removeApiKey: 'nebulaVideo.removeApiKey',
  approveAddress: 'nebulaVideo.approveAddress',
  testConnection: 'nebulaVideo.testConnection',
  refresh: 'nebulaVideo.refresh',
  openVideo: 'nebulaVideo.openVideo',
  saveToWorkspace: 'nebulaVideo.saveToWorkspace',
  saveAs: 'nebulaVideo.saveAs',
  openExternally: 'nebulaVideo.openExternally',
  revealVideo: 'nebulaVideo.revealVideo',
  openLibrary: 'nebulaVideo.openLibrary',
  cleanLibrary: 'nebulaVideo.cleanLibrary',
  copyPrompt: 'nebulaVideo.copyPrompt',
  lookAgain: 'nebulaVideo.lookAgain',
  rescue: 'nebulaVideo.rescue',
  attachTaskId: 'nebulaVideo.attachTaskId',
  removeTask: 'nebulaVideo.removeTask',
  stopSending: 'nebulaVideo.stopSending',
  stopTracking: 'nebulaVideo.stopTracking',
  showLog: 'nebulaVideo.showLog',
} as const;

export type CommandId = (typeof COMMANDS)[keyof typeof COMMANDS];

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
