/** The environment variable that names the suite to run in the extension host. */
export const suiteVariable = 'NEBULA_HOST_SUITE';

/** Prefix of each line from the suite and the extension, but not from VS Code itself. */
export const outputMark = '[suite] ';
