import { svg, html, type TemplateResult } from 'lit';

/**
 * Icons on a 16×16 grid, drawn for this extension. The editor's codicons can't be shipped in a webview: their
 * license (CC BY) requires attribution.
 */
export function icon(drawing: TemplateResult): TemplateResult {
  return html`<svg
    class="icon"
    viewBox="0 0 16 16"
    width="16"
    height="16"
    aria-hidden="true"
    focusable="false"
  >
    ${drawing}
  </svg>`;
}

export const warningDrawing = svg`<path d="M8 2.25l6.25 11.25H1.75zM8 6.5v3.25M8 11.6v.2" />`;

export const warningIcon = icon(warningDrawing);
