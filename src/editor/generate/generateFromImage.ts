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
/** Arguments from the Explorer: the clicked file and all selected files. */
const given = z.tuple([uri], z.unknown());
const selection = z.array(uri).check(z.minLength(1));

type Roles = readonly ImageRole[];

/** Maximum number of images of any model (API reference 7.5.2). */
const MAX_IMAGES = 4;

/**
 * Generates a video from images selected in the Explorer or by the user. Checks them before it asks anything else. They
 * are fitted to the model when they are sent.
 */
export async function generateFromImage(
  deps: Dependencies,
  args: readonly unknown[],
): Promise<Task | undefined> {
  const { images, l10n } = deps;
  const sources = fromExplorer(args) ?? (await pick(deps));
  if (!sources || sources.length === 0) return undefined;
  if (sources.length > MAX_IMAGES) {
    throw new Rejection('invalidRequest', l10n.t('Select up to {0} images.', MAX_IMAGES));
  }
  const inspected = await images.look(sources);
  if (!(await ensureReadyToSend(deps))) return undefined;
  const roles = await chooseRoles(sources.length, deps);
  if (!roles) return undefined;
  const requestImages = sources.map((source, index) => ({ role: roles[index] ?? 'reference', source }));
  return runWizardAndSend(deps, { request: { images: requestImages }, at: 'prompt', images: inspected });
}

function fromExplorer(args: readonly unknown[]): readonly string[] | undefined {
  const clicked = given.safeParse(args).data?.[0];
  if (!clicked) return undefined;
  return (selection.safeParse(args[1]).data ?? [clicked]).map((one) => one.toString());
}

async function pick(deps: Dependencies): Promise<readonly string[] | undefined> {
  const { dialogs, desktop, imagePicker, commandTitles, l10n } = deps;
  const title = commandTitles.plain('nebulaVideo.generateFromImage');
  const found = await imagePicker.find();
  const origin = await dialogs.choose<'workspace' | 'file' | 'link' | 'frame'>({
    title,
    placeholder: l10n.t('Select an image source'),
    choices: [
      ...(found.length > 0
        ? [
            {
              value: 'workspace' as const,
              icon: 'folder',
              label: l10n.t('Workspace Image…'),
            },
          ]
        : []),
      { value: 'file', icon: 'file-media', label: l10n.t('Browse…') },
      { value: 'link', icon: 'link', label: l10n.t('URL…') },
      { value: 'frame', icon: 'device-camera-video', label: l10n.t('Last Frame of a Video…') },
    ],
  });
  if (origin === undefined) return undefined;
  if (origin === 'workspace') {
    return (await imagePicker.choose(title, found))?.map((one) => one.toString());
  }
  if (origin === 'frame') {
    const frame = await pickFrame(deps, [], title);
    return frame && [frame.source];
  }
  if (origin === 'file') return (await desktop.pickImages())?.map((one) => one.toString());
  const link = await dialogs.text({
    title,
    prompt: l10n.t('The gateway downloads this image.'),
    placeholder: 'https://',
    validate: (text) =>
      /^https:\/\/\S+$/i.test(text.trim()) && URL.canParse(text.trim())
        ? undefined
        : l10n.t('Enter an https URL.'),
  });
  return link === undefined ? undefined : [link.trim()];
}

/** Prompts for the roles of the images if there are several possibilities. */
async function chooseRoles(
  count: number,
  { dialogs, commandTitles, l10n }: Dependencies,
): Promise<Roles | undefined> {
  const choices: readonly { readonly value: Roles; readonly label: string }[] = [
    { value: ['first'], label: l10n.t('First Frame') },
    { value: ['first', 'last'], label: l10n.t('First and Last Frame') },
    { value: ['last', 'first'], label: l10n.t('Last and First Frame') },
    {
      value: Array<ImageRole>(count).fill('reference'),
      label: count === 1 ? l10n.t('Reference Image') : l10n.t('Reference Images'),
    },
  ];
  const available = choices.filter(
    ({ value }) => value.length === count && modeOf(withRoles(value)) !== undefined,
  );
  if (available.length === 1) return available[0]?.value;
  return dialogs.choose({
    title: commandTitles.plain('nebulaVideo.generateFromImage'),
    placeholder: l10n.t('Select how images are used'),
    choices: available,
  });
}

const withRoles = (roles: Roles): Pick<VideoRequest, 'images'> => ({
  images: roles.map((role) => ({ role, source: '-' })),
});
