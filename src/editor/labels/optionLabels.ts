import type { Model } from '../../core/models/catalog';
import type { L10n } from '../../core/common/l10n';
import type { VideoRequest } from '../../core/models/request';

/** The name that the user gave a model, or else its ID. */
export function modelName({ id, label }: Pick<Model, 'id' | 'label'>): string {
  return label ?? id;
}

/** An option as people name it; options come and go with the models, so a name we don't know stands for itself. */
export function optionLabel(name: string, l10n: L10n): string {
  switch (name) {
    case 'seconds':
    case 'duration':
    case 'durationSeconds':
      return l10n.t('Length');
    case 'size':
      return l10n.t('Size');
    case 'aspectRatio':
    case 'aspect_ratio':
    case 'ratio':
      return l10n.t('Shape');
    case 'resolution':
      return l10n.t('Resolution');
    case 'sampleCount':
    case 'n':
      return l10n.t('Number of Videos');
    case 'generateAudio':
    case 'generate_audio':
      return l10n.t('Sound');
    case 'audio_url':
      return l10n.t('Link to a Sound File');
    case 'seed':
      return l10n.t('Seed');
    case 'fps':
      return l10n.t('Frames a Second');
    case 'personGeneration':
      return l10n.t('People');
    case 'addWatermark':
    case 'watermark':
      return l10n.t('Watermark');
    case 'camerafixed':
    case 'camera_fixed':
      return l10n.t('Camera');
    case 'smart_rewrite':
      return l10n.t('Rewriting of the Prompt');
    case 'return_last_frame':
      return l10n.t('Last Picture');
    case 'negative_prompt':
      return l10n.t('What Not to Show');
    case 'quality_level':
      return l10n.t('Quality');
    case 'mode':
      return l10n.t('Mode');
    case 'cfg_scale':
      return l10n.t('Closeness to the Prompt');
    case 'metadata':
      return l10n.t('More for the Provider');
    case 'width':
      return l10n.t('Width');
    case 'height':
      return l10n.t('Height');
    case 'user':
      return l10n.t('Name of the User');
    case 'extra':
      return l10n.t('Extra Fields');
    default:
      return name;
  }
}

/** What an option is about, as a question. */
export function optionPlaceholder(name: string, l10n: L10n): string {
  switch (name) {
    case 'seconds':
    case 'duration':
    case 'durationSeconds':
      return l10n.t('How long?');
    case 'size':
      return l10n.t('What size?');
    case 'aspectRatio':
    case 'ratio':
      return l10n.t('What shape?');
    case 'resolution':
      return l10n.t('Which resolution?');
    case 'sampleCount':
    case 'n':
      return l10n.t('How many videos? Each one is paid for.');
    default:
      return l10n.t('Which “{0}”?', optionLabel(name, l10n));
  }
}

/** What a video is made from besides its prompt. */
export function describeSources(
  { images = [], remixOf }: Pick<VideoRequest, 'images' | 'remixOf'>,
  l10n: L10n,
): string[] {
  if (remixOf !== undefined) return [l10n.t('remix of an earlier video')];
  if (images.length === 0) return [];
  return [images.length === 1 ? l10n.t('one image') : l10n.t('{0} images', images.length)];
}

/** An option's value in the user's words, as far as they are known. */
export function formatOption(name: string, value: string, l10n: L10n): string {
  return formatKnownValue(name, value, l10n) ?? `${optionLabel(name, l10n)}: ${value}`;
}

/** Words that say by themselves which option they are about. */
function formatKnownValue(name: string, value: string, l10n: L10n): string | undefined {
  switch (name) {
    case 'seconds':
    case 'duration':
    case 'durationSeconds':
      return l10n.t('{0} seconds', value);
    case 'size':
      return formatFileSize(value, l10n);
    case 'aspectRatio':
    case 'aspect_ratio':
    case 'ratio':
      return formatAspectRatio(value, l10n);
    case 'resolution':
      return value;
    case 'sampleCount':
    case 'n':
      return value === '1' ? l10n.t('one video') : l10n.t('{0} videos', value);
    case 'personGeneration':
      return formatPersonGeneration(value, l10n);
    default:
      return formatFlag(name, value === 'true', l10n);
  }
}

function formatFileSize(value: string, l10n: L10n): string | undefined {
  const size = /^(\d+)[x*](\d+)$/.exec(value);
  if (!size) return undefined;
  const [width, height] = [Number(size[1]), Number(size[2])];
  if (width > height) return l10n.t('{0} × {1}, landscape', width, height);
  if (width < height) return l10n.t('{0} × {1}, portrait', width, height);
  return l10n.t('{0} × {1}, square', width, height);
}

function formatAspectRatio(value: string, l10n: L10n): string | undefined {
  if (value === 'adaptive') return l10n.t('adaptive shape');
  const shape = /^(\d+):(\d+)$/.exec(value);
  if (!shape) return undefined;
  const [across, down] = [Number(shape[1]), Number(shape[2])];
  if (across > down) return l10n.t('{0}, landscape', value);
  return across < down ? l10n.t('{0}, portrait', value) : l10n.t('{0}, square', value);
}

function formatPersonGeneration(value: string, l10n: L10n): string | undefined {
  if (value === 'allow_all') return l10n.t('all people');
  if (value === 'allow_adult') return l10n.t('adults only');
  return value === 'dont_allow' ? l10n.t('no people') : undefined;
}

function formatFlag(name: string, isOn: boolean, l10n: L10n): string | undefined {
  switch (name) {
    case 'generateAudio':
    case 'generate_audio':
      return isOn ? l10n.t('with sound') : l10n.t('silent');
    case 'addWatermark':
    case 'watermark':
      return isOn ? l10n.t('with a watermark') : l10n.t('without a watermark');
    case 'camerafixed':
    case 'camera_fixed':
      return isOn ? l10n.t('fixed camera') : l10n.t('moving camera');
    case 'smart_rewrite':
      return isOn ? l10n.t('prompt rewritten') : l10n.t('prompt as it is');
    case 'return_last_frame':
      return isOn ? l10n.t('last picture kept') : l10n.t('last picture not kept');
    default:
      return undefined;
  }
}
