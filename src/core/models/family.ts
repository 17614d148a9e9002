import type { L10n } from '../common/l10n';
import type { ImageLimits } from '../images/imageLimits';
import type { Mode } from './modes';
import type { Options, Parameter } from './parameter';
import type { ImageRole, VideoRequest } from './request';

/** How the finished video is reached (API reference 9.1). */
export type ResultRoute = 'download' | 'link';

/** Whether a model's videos can be heard (API reference 7.1). */
export type Sound = 'always' | 'optional' | 'none' | 'unknown';

/** What is known of a request when it is asked which options there are. */
export interface OptionContext {
  readonly model: string;
  readonly mode: Mode;
  /** What has been chosen so far: a choice may leave fewer values to another option. */
  readonly options: Options;
}

export interface Image {
  readonly role: ImageRole;
  /** An https link or a data URI. */
  readonly source: string;
}

/** What is asked for in words: all but images and an earlier video. */
export interface PromptAndOptions extends OptionContext {
  readonly prompt: string;
}

/** A request whose every part has been checked. */
export interface CheckedRequest extends PromptAndOptions {
  readonly images: readonly Image[];
  /** The gateway's id of the video to remix. */
  readonly remixOf?: string;
  /** Fields that this version does not know, to be sent beside those it does. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** A model that a family names. */
export interface ModelEntry {
  readonly id: string;
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
  /** What it is, in one sentence, for the choice of a family. */
  readonly description: (l10n: L10n) => string;
  /** The models we know (API reference 7.1), in the order in which they are offered. */
  readonly models: readonly ModelEntry[];
  /** What the ids of its models begin with. */
  readonly prefixes: readonly string[];
  readonly result: ResultRoute;
  readonly taskIds?: TaskIds;
  /** What a person should know before they choose a model (API reference 1), in one short sentence. */
  notice?(model: string, l10n: L10n): string | undefined;
  /** What its models make videos from; an id that is not in the catalogue is judged by its parts. */
  modes(model: string): readonly Mode[];
  sound(model: string): Sound;
  /** Its options, in the order in which they are asked and sent. */
  parameters(ask: OptionContext): readonly Parameter[];
  /** What an image must be. Options that are left out count with their defaults. */
  imageLimits(options: Options): ImageLimits;
  /** Fields of the body that are no options, in every spelling that the service reads: not for `extra` either. */
  readonly fields: readonly string[];
  /** Longest prompt that the provider is known to read whole, in characters. */
  readonly maxPromptLength?: number;
  /** Longest Base64 of an image, in characters. */
  readonly longestBase64?: number;
  /** What is wrong between the prompt and options that are legal by themselves, as a sentence with what to do. */
  validate?(request: PromptAndOptions, l10n: L10n): string | undefined;
  /** The JSON object to send. */
  body(request: CheckedRequest): Record<string, unknown>;
}

/** A request that the service will take as it is. */
export interface PreparedRequest {
  /** What was asked, with every default made explicit: the record of what is paid for. */
  readonly request: VideoRequest;
  readonly family: Family;
  /** The JSON text to send. */
  readonly body: string;
}

/** A request that must not be sent; the message is a sentence for the user, with what to do. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}
