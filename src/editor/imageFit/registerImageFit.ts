import * as path from 'node:path';
import { STORAGE_NAMES } from '../../core/common/storageNames';
import type { AppContext, Feature } from '../common/appContext';
import type { ImageFitDialog } from './imageFitDialog';
import { ImageFitPanel } from './imageFitPanel';
import { EditorImagePicker, type ImagePicker } from './imagePicker';
import { RequestImages, loadImages } from './requestImages';

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
      load: () => loadImages(extensionUri),
      folder: path.join(storageFolder, STORAGE_NAMES.images),
      dialog: replaced.imageFitDialog ?? subscriptions.add(new ImageFitPanel(context)),
    }),
  );
  return { images, imagePicker: replaced.imagePicker ?? new EditorImagePicker(l10n, log), commands: {} };
}
