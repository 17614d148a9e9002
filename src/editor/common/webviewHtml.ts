import { randomBytes } from 'node:crypto';

/** Inputs for building a webview page. */
export interface WebviewSources {
  readonly cspSource: string;
  readonly script: string;
  readonly style: string;
  /** Display language, as a language tag. */
  readonly language: string;
}

/**
 * Builds a page. Only its own script runs, identified by a nonce, and only the extension's files are loaded.
 * @param rules further rules of the content security policy, for images and media
 * @param data initial data of the page
 */
export function webviewHtml(
  { cspSource, script, style, language }: WebviewSources,
  rules: readonly string[],
  data: unknown,
): string {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    ...rules,
    `form-action 'none'`,
    `base-uri 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Nebula Video</title>
<link rel="stylesheet" href="${escapeHtml(style)}">
</head>
<body class="loading" data-page="${escapeHtml(JSON.stringify(data))}">
<script nonce="${nonce}" src="${escapeHtml(script)}"></script>
</body>
</html>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Makes a text safe within an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
