import * as vscode from 'vscode';
import * as z from 'zod/mini';
import type { ImageRole, VideoRequest } from '../../core/models/request';
import { modeOf } from '../../core/models/modes';
import type { Task } from '../../core/task/task';
import type { Desktop } from '../common/desktop';
import { Rejection } from '../common/rejection';
import type { ImagePicker } from '../imageFit/imagePicker';
import { pickFrame, type FrameDependencies } from './continueFromLastFrame';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { ensureReadyToSend } from './submit/ensureReady';

interface Dependencies extends GenerateDependencies, FrameDependencies {
  readonly desktop: Pick<Desktop, 'pickImages'>;
  readonly imagePicker: ImagePicker;
}

const uri = z.custom<vscode.Uri>((value) => value instanceof vscode.Uri);
/** What the explorer hands over: the file that was clicked, and all that are selected. */
const given = z.tuple([uri], z.unknown());
const selection = z.array(uri).check(z.minLength(1));

type Roles = readonly ImageRole[];

/** Most images that a model takes along (API reference 7.5.2). */
const MAX_IMAGES = 4;

/**
 * Makes a video from images: those of the explorer, or those that a person picks. They are looked at before anything
 * else is asked, and fitted to the model when they are sent.
 */
export async function generateFromImage(
  deps: Dependencies,
  args: readonly unknown[],
): Promise<Task | undefined> {
  const { images, l10n } = deps;
  const sources = fromExplorer(args) ?? (await pick(deps));
  if (!sources || sources.length === 0) return undefined;
  if (sources.length > MAX_IMAGES) {
    throw new Rejection(
      'invalidRequest',
      l10n.t('A video is made from at most {0} images. Select fewer of them.', MAX_IMAGES),
    );
  }
  const looked = await images.look(sources);
  if (!(await ensureReadyToSend(deps))) return undefined;
  const roles = await chooseRoles(sources.length, deps);
  if (!roles) return undefined;
  const along = sources.map((source, index) => ({ role: roles[index] ?? 'reference', source }));
  return runWizardAndSend(deps, { request: { images: along }, at: 'prompt', images: looked });
}

function fromExplorer(args: readonly unknown[]): readonly string[] | undefined {
  const clicked = given.safeParse(args).data?.[0];
  if (!clicked) return undefined;
  return (selection.safeParse(args[1]).data ?? [clicked]).map((one) => one.toString());
}

async function pick(deps: Dependencies): Promise<readonly string[] | undefined> {
  const { dialogs, desktop, imagePicker, l10n } = deps;
  const title = l10n.t('Generate Video from Image');
  const found = await imagePicker.find();
  const from = await dialogs.choose<'workspace' | 'file' | 'link' | 'frame'>({
    title,
    placeholder: l10n.t('Where is the image?'),
    choices: [
      ...(found.length > 0
        ? [
            {
              value: 'workspace' as const,
              icon: 'folder',
              label: l10n.t('Choose from the Workspace…'),
            },
          ]
        : []),
      { value: 'file', icon: 'file-media', label: l10n.t('Choose Files…') },
      { value: 'link', icon: 'link', label: l10n.t('Enter a Link…') },
      { value: 'frame', icon: 'device-camera-video', label: l10n.t('Last Frame of a Video…') },
    ],
  });
  if (from === undefined) return undefined;
  if (from === 'workspace') {
    return (await imagePicker.choose(title, found))?.map((one) => one.toString());
  }
  if (from === 'frame') {
    const frame = await pickFrame(deps, [], title);
    return frame && [frame.source];
  }
  if (from === 'file') return (await desktop.pickImages())?.map((one) => one.toString());
  const link = await dialogs.text({
    title,
    prompt: l10n.t('The gateway fetches the image from there; it is not looked at here.'),
    placeholder: 'https://',
    validate: (text) =>
      /^https:\/\/\S+$/i.test(text.trim()) && URL.canParse(text.trim())
        ? undefined
        : l10n.t('A link to an image begins with https://.'),
  });
  return link === undefined ? undefined : [link.trim()];
}

/** What the images are for; asked only where that is not clear. */
async function chooseRoles(count: number, { dialogs, l10n }: Dependencies): Promise<Roles | undefined> {
  const ways: readonly { readonly value: Roles; readonly label: string; readonly detail: string }[] = [
    {
      value: ['first'],
      label: l10n.t('As the First Frame'),
      detail: l10n.t('The video begins with this image.'),
    },
    {
      value: ['first', 'last'],
      label: l10n.t('As First and Last Frame'),
      detail: l10n.t('The video goes from the first image to the second one.'),
    },
    {
      value: ['last', 'first'],
      label: l10n.t('As Last and First Frame'),
      detail: l10n.t('The video goes from the second image to the first one.'),
    },
    {
      value: Array<ImageRole>(count).fill('reference'),
      label: count === 1 ? l10n.t('As a Reference') : l10n.t('As References'),
      detail: l10n.t('The video shows who or what is in the images.'),
    },
  ];
  const suiting = ways.filter(
    ({ value }) => value.length === count && modeOf(withRoles(value)) !== undefined,
  );
  if (suiting.length === 1) return suiting[0]?.value;
  return dialogs.choose({
    title: l10n.t('Generate Video from Image'),
    placeholder: count === 1 ? l10n.t('What is the image for?') : l10n.t('What are the images for?'),
    choices: suiting,
  });
}

const withRoles = (roles: Roles): Pick<VideoRequest, 'images'> => ({
  images: roles.map((role) => ({ role, source: '-' })),
});
