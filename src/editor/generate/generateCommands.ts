/** The commands that lead to a paid request, except Generate Video. Loaded on first use. */
export { BatchSubmitter } from './batch/batchSubmitter';
export { generateSeveral, openPrompts } from './batch/generateSeveral';
export { continueFromLastFrame } from './continueFromLastFrame';
export { editAndGenerate, generateAgain } from './generateAgain';
export { generateFromImage } from './generateFromImage';
export { sendFromEditor } from './generateFromPrompt';
export { generateFromSelection, selectedText } from './generateFromSelection';
export { savePreset } from './presets/savePreset';
export { pickUsableImages } from './pickImages';
export { improvePrompt } from './promptEditor/improvePrompt';
export { pickRemixSource, remix } from './remix';
