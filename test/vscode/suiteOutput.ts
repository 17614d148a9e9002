/** The environment variable that names the suite to run in the extension host. */
export const suiteVariable = 'NEBULA_HOST_SUITE';

/** Begins each line that comes from the suite and the extension, not from VS Code itself. */
export const outputMark = '[suite] ';
