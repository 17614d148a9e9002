/** The library's commands and saving to the workspace. Loaded on first use. */
export { cleanUpLibrary } from './cleanUpLibrary';
export { recoverVideos } from './recoverVideos';
export {
  openExternally,
  openLibrary,
  revealVideo,
  saveAs,
  saveToWorkspace,
  savedMessage,
  showExportError,
} from './videoCommands';
export { VideoExporter } from './videoExporter';
