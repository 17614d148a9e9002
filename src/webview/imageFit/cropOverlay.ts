import { svg, html, type TemplateResult } from 'lit';
import type { Card, Part, Texts } from './protocol';
import { centerCrop, largestCrop, moveCrop, moveCropByKey, cropPosition } from './cropFrame';

/**
 * The frame over an image, and a veil over what is cut off. It is drawn in attributes: the page's policy allows no
 * style of an element's own.
 */
export function cropOverlay(
  { width, height, ratio, choice }: Card,
  texts: Texts,
  onMove: (part: Part) => void,
): TemplateResult {
  const part = choice.part ?? largestCrop({ width, height, ratio });
  const [x, y] = [part.x * width, part.y * height];
  const [across, down] = [part.width * width, part.height * height];
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = moveCropByKey(part, event.key, event.shiftKey);
    if (!to) return;
    event.preventDefault();
    if (to.x !== part.x || to.y !== part.y) onMove(to);
  };
  const frame = svg`<rect
    class="frame"
    x=${x}
    y=${y}
    width=${across}
    height=${down}
    role="slider"
    tabindex="0"
    aria-label=${texts.frame}
    aria-roledescription=${texts.frameRole}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${percent(cropPosition(part).x ?? cropPosition(part).y ?? 0)}
    aria-valuetext=${texts.place.replace('{0}', String(percent(part.x))).replace('{1}', String(percent(part.y)))}
    @keydown=${onKey}
  />`;
  return html`<svg
    class="cropper"
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="none"
    @pointerdown=${(event: PointerEvent) => drag(event, part, onMove)}
  >
    <path
      class="veil"
      fill-rule="evenodd"
      d="M0 0H${width}V${height}H0ZM${x} ${y}h${across}v${down}h${-across}Z"
    />
    <rect class="edge" x=${x} y=${y} width=${across} height=${down} />
    ${frame}
  </svg>`;
}

/** Follows the pointer until it is let go. Beside the frame, the frame comes to it first. */
function drag(event: PointerEvent, part: Part, onMove: (part: Part) => void): void {
  const surface = event.currentTarget;
  if (!(surface instanceof SVGElement) || event.button !== 0) return;
  event.preventDefault();
  surface.querySelector<SVGElement>('.frame')?.focus({ preventScroll: true });
  const box = surface.getBoundingClientRect();
  const at = (one: PointerEvent) => ({
    x: (one.clientX - box.left) / box.width,
    y: (one.clientY - box.top) / box.height,
  });
  const from = at(event);
  const isInside =
    from.x >= part.x && from.x <= part.x + part.width && from.y >= part.y && from.y <= part.y + part.height;
  const start = isInside ? part : centerCrop(part, from.x, from.y);
  if (!isInside) onMove(start);
  const follow = (one: PointerEvent): void => {
    const to = at(one);
    onMove(moveCrop(start, to.x - from.x, to.y - from.y));
  };
  const end = new AbortController();
  surface.setPointerCapture(event.pointerId);
  surface.addEventListener('pointermove', follow, { signal: end.signal });
  for (const last of ['pointerup', 'pointercancel', 'lostpointercapture']) {
    surface.addEventListener(last, () => end.abort(), { signal: end.signal });
  }
}

const percent = (share: number): number => Math.round(share * 100);
