/** Names within the folder that is ours on this machine; in a file of their own because the start needs them alone. */
export const STORAGE = {
  store: 'store',
  legacyDatabase: 'tasks.db',
  library: 'library',
  images: 'images',
  pending: 'unfinished',
  exports: 'exports',
} as const;
