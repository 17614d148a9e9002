import type { TextFormat } from '../task/failureMessage';

/** Where the store lies; absolute paths. */
export interface StorePlace {
  /** The database's file. */
  readonly database: string;
  readonly libraryFolder: string;
  readonly format?: TextFormat;
}
