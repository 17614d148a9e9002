import { randomBytes } from 'node:crypto';

/** What every page of ours is made from. */
export interface WebviewSources {
  /** Where the webview may load our files from. */
  readonly cspSource: string;
  readonly script: string;
  readonly style: string;
  /** Of the user's texts, as a language tag. */
  readonly language: string;
}

/**
 * A page before it draws itself. Nothing in it runs but the one script that carries this page's nonce; nothing is
 * loaded but our own files, and what `rules` allow beside them. Forms have nowhere to go.
 * @param rules of the content security policy, for images and media
 * @param data the page is born with it
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
