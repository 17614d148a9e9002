import * as path from 'node:path';
import { STORAGE_NAMES } from '../../core/common/storageNames';
import type { AppContext, Feature } from '../common/appContext';
import type { ImageFitDialog } from './imageFitDialog';
import type { ImageFitPanel } from './imageFitPanel';
import { EditorImagePicker, type ImagePicker } from './imagePicker';
import { RequestImages } from './requestImages';

export interface ImageFitFeature extends Feature {
  readonly images: RequestImages;
  readonly imagePicker: ImagePicker;
}

/** Sets up the images of requests: picking, fitting and converting. */
export function registerImageFit(
  context: AppContext,
  replaced: { readonly imageFitDialog?: ImageFitDialog; readonly imagePicker?: ImagePicker } = {},
): ImageFitFeature {
  const { extensionUri, storageFolder, subscriptions, l10n, log } = context;
  const images = subscriptions.add(
    new RequestImages({
      ...context,
      worker: path.join(extensionUri.fsPath, 'dist', 'imageWorker.js'),
      folder: path.join(storageFolder, STORAGE_NAMES.images),
      dialog: replaced.imageFitDialog ?? lazyImageFitPanel(context),
    }),
  );
  return { images, imagePicker: replaced.imagePicker ?? new EditorImagePicker(l10n, log), commands: {} };
}

/** Loads the page's code when the page is shown for the first time. */
function lazyImageFitPanel(context: AppContext): ImageFitDialog {
  let panel: ImageFitPanel | undefined;
  return {
    show: async (question) => {
      const { ImageFitPanel } = await import('./imageFitPanel');
      panel ??= context.subscriptions.add(new ImageFitPanel(context));
      return panel.show(question);
    },
  };
}
