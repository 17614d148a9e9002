/** The commands, as package.json names them. Ids are stable. */
export const COMMANDS = {
  generate: 'nebulaVideo.generate',
  setApiKey: 'nebulaVideo.setApiKey',
  removeApiKey: 'nebulaVideo.removeApiKey',
  testConnection: 'nebulaVideo.testConnection',
  refresh: 'nebulaVideo.refresh',
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
} as const;

/** The settings, below their section. */
export const SETTINGS_SECTION = 'nebulaVideo';
export const SETTINGS = { baseUrl: 'baseUrl', confirm: 'confirm', pollSeconds: 'pollSeconds' } as const;
