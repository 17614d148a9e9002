import { svg, type TemplateResult } from 'lit';
import { icon, warningDrawing } from '../common/icon';
import type { Tone } from './protocol';

const circle = svg`<circle cx="8" cy="8" r="6.25" />`;

const TONE_DRAWINGS: Readonly<Record<Tone, TemplateResult>> = {
  past: svg`<circle class="solid" cx="8" cy="8" r="2" />`,
  waiting: svg`${circle}<path d="M8 4.5V8l2.25 1.75" />`,
  working: svg`<path d="M13.9 6A6.25 6.25 0 0 0 2.6 4.9M2.1 10a6.25 6.25 0 0 0 11.3 1.1M2.4 2v3h3M13.6 14v-3h-3" />`,
  done: svg`${circle}<path d="M5.25 8.25l2 2 3.5-4.25" />`,
  error: svg`${circle}<path d="M5.75 5.75l4.5 4.5m0-4.5l-4.5 4.5" />`,
  refused: svg`${circle}<path d="M3.75 12.25l8.5-8.5" />`,
  unknown: svg`${circle}<path d="M6.1 6.2a1.95 1.95 0 1 1 2.9 1.75c-.65.4-1 .75-1 1.5M8 11.4v.2" />`,
  warning: warningDrawing,
  stopped: svg`${circle}<rect class="solid" x="5.75" y="5.75" width="4.5" height="4.5" rx=".5" />`,
};

export function toneIcon(tone: Tone): TemplateResult {
  return icon(TONE_DRAWINGS[tone]);
}

export const icons = {
  previousFrame: icon(svg`<path d="M4 3.5v9M12 3.75v8.5L6.25 8z" />`),
  nextFrame: icon(svg`<path d="M12 3.5v9M4 3.75v8.5L9.75 8z" />`),
  useFrame: icon(
    svg`<path d="M2.5 12.5v-7a.75.75 0 0 1 .75-.75h2L6.5 3h3l1.25 1.75h2a.75.75 0 0 1 .75.75v7a.75.75 0 0 1-.75.75h-9.5a.75.75 0 0 1-.75-.75z" /><circle cx="8" cy="8.75" r="2.25" />`,
  ),
  loop: icon(
    svg`<path d="M2.5 7.5v-1a2.5 2.5 0 0 1 2.5-2.5h8M11 2l2 2-2 2M13.5 8.5v1a2.5 2.5 0 0 1-2.5 2.5H3M5 10l-2 2 2 2" />`,
  ),
  fill: icon(svg`<path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />`),
  unfill: icon(svg`<path d="M6 2.5V6H2.5M13.5 6H10V2.5M10 13.5V10h3.5M2.5 10H6v3.5" />`),
  copy: icon(
    svg`<rect x="5.5" y="5.5" width="8" height="8" rx="1" /><path d="M10.5 3.5v-.25a.75.75 0 0 0-.75-.75h-6.5a.75.75 0 0 0-.75.75v6.5c0 .4.35.75.75.75h.25" />`,
  ),
  copied: icon(svg`<path d="M3 8.5l3.25 3.25L13 4.5" />`),
  muted: icon(svg`<path d="M2.5 6.25v3.5h2.25L8 12.5v-9L4.75 6.25zM10.75 6.25l3 3.5m0-3.5l-3 3.5" />`),
};
