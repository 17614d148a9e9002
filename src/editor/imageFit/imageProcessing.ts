/** Code that only requests with images need. Loaded for the first image. */
export {
  ImageError,
  animatedImageMessage,
  createImagePipeline,
  toImageField,
} from '../../core/images/createImagePipeline';
export { ImageStore } from '../../core/images/imageStore';
export { roleTitle } from './imageFitText';
export { WizardImageSet } from './wizardImages';
