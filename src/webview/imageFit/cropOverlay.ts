import { svg, html, type TemplateResult } from 'lit';
import type { Card, CropArea, Texts } from './protocol';
import { centerCrop, largestCrop, moveCrop, moveCropByKey, cropPosition } from './cropFrame';

/**
 * The crop frame over an image. Drawn with SVG attributes because the page's content security policy forbids
 * inline styles.
 */
export function cropOverlay(
  { width, height, ratio, choice }: Card,
  texts: Texts,
  onMove: (part: CropArea) => void,
): TemplateResult {
  const part = choice.part ?? largestCrop({ width, height, ratio });
  const [x, y] = [part.x * width, part.y * height];
  const [across, down] = [part.width * width, part.height * height];
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moved = moveCropByKey(part, event.key, event.shiftKey);
    if (!moved) return;
    event.preventDefault();
    if (moved.x !== part.x || moved.y !== part.y) onMove(moved);
  };
  const frame = svg`<rect
    class="frame"
    x=${x}
    y=${y}
    width=${across}
    height=${down}
    role="slider"
    tabindex="0"
    aria-label=${texts.modes.crop}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${percent(cropPosition(part).x ?? cropPosition(part).y ?? 0)}
    aria-valuetext=${texts.position.replace('{0}', String(percent(part.x))).replace('{1}', String(percent(part.y)))}
    @keydown=${onKey}
  />`;
  return html`<svg
    class="cropper"
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="none"
    @pointerdown=${(event: PointerEvent) => drag(event, part, onMove)}
  >
    <path
      class="dimmed"
      fill-rule="evenodd"
      d="M0 0H${width}V${height}H0ZM${x} ${y}h${across}v${down}h${-across}Z"
    />
    <rect class="edge" x=${x} y=${y} width=${across} height=${down} />
    ${frame}
  </svg>`;
}

/** Moves the frame with the pointer. A press outside the frame first centers the frame there. */
function drag(event: PointerEvent, part: CropArea, onMove: (part: CropArea) => void): void {
  const overlay = event.currentTarget;
  if (!(overlay instanceof SVGElement) || event.button !== 0) return;
  event.preventDefault();
  overlay.querySelector<SVGElement>('.frame')?.focus({ preventScroll: true });
  const box = overlay.getBoundingClientRect();
  const toFraction = (pointer: PointerEvent) => ({
    x: (pointer.clientX - box.left) / box.width,
    y: (pointer.clientY - box.top) / box.height,
  });
  const from = toFraction(event);
  const isInside =
    from.x >= part.x && from.x <= part.x + part.width && from.y >= part.y && from.y <= part.y + part.height;
  const start = isInside ? part : centerCrop(part, from.x, from.y);
  if (!isInside) onMove(start);
  const onPointerMove = (moveEvent: PointerEvent): void => {
    const to = toFraction(moveEvent);
    onMove(moveCrop(start, to.x - from.x, to.y - from.y));
  };
  const dragging = new AbortController();
  overlay.setPointerCapture(event.pointerId);
  overlay.addEventListener('pointermove', onPointerMove, { signal: dragging.signal });
  for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
    overlay.addEventListener(type, () => dragging.abort(), { signal: dragging.signal });
  }
}

const percent = (fraction: number): number => Math.round(fraction * 100);
