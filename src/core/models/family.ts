import type { L10n } from '../common/l10n';
import type { ImageLimits } from '../images/imageLimits';
import type { Mode } from './modes';
import type { Options, Parameter } from './parameter';
import type { ImageRole, VideoRequest } from './request';

/** How a finished video is downloaded (API reference 9.1). */
export type ResultRoute = 'download' | 'link';

/** Whether a model's videos have sound (API reference 7.1). */
export type Sound = 'always' | 'optional' | 'none' | 'unknown';

/** The parts of a request that determine its options. */
export interface OptionContext {
  readonly model: string;
  readonly mode: Mode;
  /** Options chosen so far. They may limit the values of others. */
  readonly options: Options;
}

export interface Image {
  readonly role: ImageRole;
  /** An https link or a data URI. */
  readonly source: string;
}

/** A request without its images and the video to remix. */
export interface PromptAndOptions extends OptionContext {
  readonly prompt: string;
}

/** A validated request. */
export interface CheckedRequest extends PromptAndOptions {
  readonly images: readonly Image[];
  /** Gateway ID of the video to remix. */
  readonly remixOf?: string;
  /** Unknown fields, sent in addition to the known ones. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** A model that a family names. */
export interface ModelEntry {
  readonly id: string;
  /** Product name, such as "Sora 2". */
  readonly label: string;
  /** Known, but not to be offered: the reference has it from the gateway's code alone (API reference 13 row 29). */
  readonly unlisted?: true;
}

/** The gateway's task IDs of a family, where they can be told from those of others. */
export interface TaskIds {
  readonly prefix: string;
  readonly pattern: RegExp;
  /** The model that remixes a video of which only the ID is known; absent: the family makes no remixes. */
  readonly remixModel?: string;
}

/** A group of models that share one request shape (API reference 7). Adding one is one file, and one line in the list. */
export interface Family {
  readonly id: string;
  readonly label: (l10n: L10n) => string;
  /** Known models (API reference 7.1), in the order in which they're offered. */
  readonly models: readonly ModelEntry[];
  /** Prefixes of its model IDs. */
  readonly prefixes: readonly string[];
  readonly result: ResultRoute;
  readonly taskIds?: TaskIds;
  /** A short warning about a model, for example that it's retired (API reference 1). */
  notice?(model: string, l10n: L10n): string | undefined;
  /** Supported modes of a model. For an ID that isn't in the catalog, they depend on the parts of the ID. */
  modes(model: string): readonly Mode[];
  sound(model: string): Sound;
  /** Options in the order of the wizard and the request. */
  parameters(ask: OptionContext): readonly Parameter[];
  /** Limits for images. Missing options count with their defaults. */
  imageLimits(options: Options): ImageLimits;
  /** Body fields that aren't options, in every spelling the provider reads. `extra` can't set them. */
  readonly fields: readonly string[];
  /** Maximum prompt length in characters, if known. The provider may ignore the rest. */
  readonly maxPromptLength?: number;
  /** Maximum length of a Base64 image, in characters. */
  readonly longestBase64?: number;
  /**
   * Validates the prompt and options against each other.
   * @returns a message that says what to do, or undefined
   */
  validate?(request: PromptAndOptions, l10n: L10n): string | undefined;
  /** Builds the JSON body. */
  body(request: CheckedRequest): Record<string, unknown>;
}

/** A request that is ready to send. */
export interface PreparedRequest {
  /** The request with all defaults made explicit, as a record of what is paid for. */
  readonly request: VideoRequest;
  readonly family: Family;
  /** The JSON body as text. */
  readonly body: string;
}

/** Thrown for a request that must not be sent. Messages about misuse of the API are in English. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}
