import { visibleLine } from '../../core/common/displayText';
import { MAX_IMAGES, modeOf } from '../../core/models/modes';
import type { ImageRole, VideoRequest } from '../../core/models/request';
import type { Desktop } from '../common/desktop';
import { Rejection } from '../common/rejection';
import type { ImagePicker } from '../imageFit/imagePicker';
import { fileName, roleTitle } from '../imageFit/imageFitText';
import { pickFrame, type FrameDependencies } from './continueFromLastFrame';
import type { PickedImages } from './wizard/wizardTypes';

export interface ImageDependencies extends FrameDependencies {
  readonly desktop: Pick<Desktop, 'pickImages'>;
  readonly imagePicker: ImagePicker;
}

/** Maximum length of a file name in a list, in characters. */
const MAX_NAME_LENGTH = 40;

type Roles = readonly ImageRole[];

/**
 * Lets the user select images and their roles, and inspects them.
 * @returns undefined if the user canceled, or after a message
 * @throws {@link Rejection} with a message for the user if an image can't be used
 */
export async function pickImages(deps: ImageDependencies, title: string): Promise<PickedImages | undefined> {
  const sources = await pickImageSources(deps, title);
  return sources && sources.length > 0 ? inspectImages(deps, sources, title) : undefined;
}

/** Like {@link pickImages}, but shows errors: in the wizard, they must not lose the rest of the request. */
export async function pickUsableImages(
  deps: ImageDependencies,
  title: string,
): Promise<PickedImages | undefined> {
  try {
    return await pickImages(deps, title);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    deps.notifications.show('error', error.message);
    return undefined;
  }
}

/** Inspects images and lets the user select their roles, if there are several possibilities. */
export async function inspectImages(
  deps: ImageDependencies,
  sources: readonly string[],
  title: string,
): Promise<PickedImages | undefined> {
  if (sources.length > MAX_IMAGES) {
    throw new Rejection('invalidRequest', deps.l10n.t('Select up to {0} images.', MAX_IMAGES));
  }
  const images = await deps.images.look(sources);
  const roles = await pickRoles(sources, title, deps);
  return (
    roles && {
      sources: sources.map((source, index) => ({ role: roles[index] ?? 'reference', source })),
      images,
    }
  );
}

async function pickImageSources(
  deps: ImageDependencies,
  title: string,
): Promise<readonly string[] | undefined> {
  const { dialogs, desktop, imagePicker, l10n } = deps;
  const found = await imagePicker.find();
  const origin = await dialogs.choose<'workspace' | 'file' | 'link' | 'frame'>({
    title,
    placeholder: l10n.t('Select an image source'),
    choices: [
      ...(found.length > 0
        ? [{ value: 'workspace' as const, icon: 'folder', label: l10n.t('Workspace Image…') }]
        : []),
      { value: 'file', icon: 'file-media', label: l10n.t('Browse…') },
      { value: 'link', icon: 'link', label: l10n.t('URL…') },
      { value: 'frame', icon: 'device-camera-video', label: l10n.t('Last Frame of a Video…') },
    ],
  });
  switch (origin) {
    case undefined:
      return undefined;
    case 'workspace':
      return (await imagePicker.choose(title, found))?.map((one) => one.toString());
    case 'file':
      return (await desktop.pickImages())?.map((one) => one.toString());
    case 'frame': {
      const frame = await pickFrame(deps, [], title);
      return frame && [frame.source];
    }
    case 'link': {
      const link = await inputLink(deps, title);
      return link === undefined ? undefined : [link.trim()];
    }
  }
}

async function inputLink({ dialogs, l10n }: ImageDependencies, title: string): Promise<string | undefined> {
  return dialogs.text({
    title,
    prompt: l10n.t('The gateway downloads this image.'),
    placeholder: 'https://',
    validate: (text) =>
      /^https:\/\/\S+$/i.test(text.trim()) && URL.canParse(text.trim())
        ? undefined
        : l10n.t('Enter an https URL.'),
  });
}

async function pickRoles(
  sources: readonly string[],
  title: string,
  { dialogs, l10n }: ImageDependencies,
): Promise<Roles | undefined> {
  const count = sources.length;
  const names = sources.map((source) => visibleLine(fileName(source), MAX_NAME_LENGTH));
  const choices: readonly Roles[] = [
    ['first'],
    ['first', 'last'],
    ['last', 'first'],
    Array<ImageRole>(count).fill('reference'),
  ];
  const available = choices.filter(
    (roles) => roles.length === count && modeOf(withRoles(roles)) !== undefined,
  );
  if (available.length === 1) return available[0];
  return dialogs.choose({
    title,
    placeholder: l10n.t('Select how the images are used'),
    choices: available.map((roles) => ({
      value: roles,
      // In the order of the images.
      label: roles.map((role, index) => roleTitle(role, count > 1 ? index + 1 : undefined, l10n)).join(', '),
      ...(count > 1 && names.every((name) => name !== '') ? { detail: names.join(', ') } : {}),
    })),
  });
}

const withRoles = (roles: Roles): Pick<VideoRequest, 'images'> => ({
  images: roles.map((role) => ({ role, source: '-' })),
});
