import * as vscode from 'vscode';
import * as z from 'zod/mini';
import type { Task } from '../../core/task/task';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { inspectImages, pickImages, type ImageDependencies } from './pickImages';
import { ensureReadyToSend } from './submit/ensureReady';

interface Dependencies extends GenerateDependencies, ImageDependencies {}

const uri = z.custom<vscode.Uri>((value) => value instanceof vscode.Uri);
/** Arguments from the Explorer: the clicked file and all selected files. */
const given = z.tuple([uri], z.unknown());
const selection = z.array(uri).check(z.minLength(1));

/**
 * Generates a video from images selected in the Explorer or by the user. Checks them before it asks for a prompt. They
 * are fitted to the model when they are sent.
 */
export async function generateFromImage(
  deps: Dependencies,
  args: readonly unknown[],
): Promise<Task | undefined> {
  if (!(await ensureReadyToSend(deps))) return undefined;
  const title = deps.commandTitles.plain('nebulaVideo.generateFromImage');
  const sources = fromExplorer(args);
  const picked = sources ? await inspectImages(deps, sources, title) : await pickImages(deps, title);
  if (!picked) return undefined;
  const { sources: images, images: inspected } = picked;
  return runWizardAndSend(deps, { request: { images }, at: 'prompt', images: inspected });
}

function fromExplorer(args: readonly unknown[]): readonly string[] | undefined {
  const clicked = given.safeParse(args).data?.[0];
  if (!clicked) return undefined;
  return (selection.safeParse(args[1]).data ?? [clicked]).map((one) => one.toString());
}
