/** Names in the global storage folder. In their own file, because startup needs nothing else of core. */
export const STORAGE_NAMES = {
  store: 'store',
  legacyDatabase: 'tasks.db',
  library: 'library',
  images: 'images',
  pending: 'unfinished',
  exports: 'exports',
} as const;
