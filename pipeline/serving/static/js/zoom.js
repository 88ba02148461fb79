/** Zoom and pan of the map: buttons, pinch, Ctrl and the wheel, drag; and where things are on the screen. */
import { byId } from "./dom.js";

const MOST = 12;
const STEP = 1.6;
const CLICK_PX = 4;

/**
 * @param {SVGSVGElement} drawing @param {HTMLElement} frame
 * @param {(scale: number) => void} onScale told the pixels to a unit of the drawing whenever they change
 * @param {() => {x: number, y: number}|null|undefined} focus the point that the buttons bring nearer, if there is one
 */
export function zoomable(drawing, frame, onScale, focus) {
  const whole = drawing.viewBox.baseVal;
  const [width, height] = [whole.width, whole.height];
  let box = { x: 0, y: 0, width, height };
  const fingers = new Map();
  let travelled = 0;

  const scale = () => drawing.getBoundingClientRect().width / box.width || 1;

  function show(next) {
    const factor = Math.min(Math.max(width / next.width, 1), MOST);
    const size = { width: width / factor, height: height / factor };
    box = {
      x: Math.min(Math.max(next.x, 0), width - size.width),
      y: Math.min(Math.max(next.y, 0), height - size.height),
      ...size,
    };
    drawing.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
    frame.classList.toggle("zoomed", factor > 1.001);
    byId("zoom-in").disabled = factor >= MOST;
    byId("zoom-out").disabled = byId("zoom-all").disabled = factor <= 1.001;
    onScale(scale());
  }

  /** Zoom around a point of the drawing that stays where it is. */
  function zoom(factor, x = box.x + box.width / 2, y = box.y + box.height / 2) {
    const bounded = Math.min(Math.max(factor, box.width / width), (MOST * box.width) / width);
    show({ x: x - (x - box.x) / bounded, y: y - (y - box.y) / bounded, width: box.width / bounded });
  }

  function locate({ clientX, clientY }) {
    const frameBox = drawing.getBoundingClientRect();
    const pixels = scale();
    return { x: box.x + (clientX - frameBox.left) / pixels, y: box.y + (clientY - frameBox.top) / pixels, scale: pixels };
  }

  const spread = () => {
    const [one, other] = [...fingers.values()];
    return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  };

  drawing.addEventListener("pointerdown", (event) => {
    if (fingers.size === 0) travelled = 0;
    fingers.set(event.pointerId, event);
  });
  drawing.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before || fingers.size > 2) return;
    if (fingers.size === 2) {
      const apart = spread();
      fingers.set(event.pointerId, event);
      const { x, y } = locate(event);
      if (apart > 0) zoom(spread() / apart, x, y);
      travelled = Infinity;
      return;
    }
    fingers.set(event.pointerId, event);
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    travelled += Math.hypot(dx, dy);
    if (!frame.classList.contains("zoomed") || travelled <= CLICK_PX) return;
    if (!drawing.hasPointerCapture(event.pointerId)) drawing.setPointerCapture(event.pointerId);
    show({ ...box, x: box.x - dx / scale(), y: box.y - dy / scale() });
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    drawing.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
  drawing.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    const { x, y } = locate(event);
    zoom(Math.exp(-event.deltaY / 200), x, y);
  }, { passive: false });
  byId("zoom-in").addEventListener("click", () => {
    const point = focus();
    if (point) show({ ...box, x: point.x - box.width / 2, y: point.y - box.height / 2 });
    zoom(STEP, point?.x, point?.y);
  });
  byId("zoom-out").addEventListener("click", () => zoom(1 / STEP));
  byId("zoom-all").addEventListener("click", () => show({ x: 0, y: 0, width }));
  new ResizeObserver(() => show(box)).observe(drawing);

  return {
    locate,
    scale,
    /** Whether the last press moved the map instead of meaning a country. */
    dragged: () => travelled > CLICK_PX,
    /** Bring a point of the drawing into view. @param {{x: number, y: number}} point */
    reveal({ x, y }) {
      const inside = x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height;
      if (!inside) show({ ...box, x: x - box.width / 2, y: y - box.height / 2 });
    },
    /** Put an element beside a point of the drawing, within the frame. */
    placeBeside({ x, y }, element) {
      const frameBox = frame.getBoundingClientRect();
      const drawingBox = drawing.getBoundingClientRect();
      const left = (x - box.x) * scale() + drawingBox.left - frameBox.left;
      const top = (y - box.y) * scale() + drawingBox.top - frameBox.top;
      const room = frame.clientWidth - element.offsetWidth - 4;
      const above = top - element.offsetHeight - 14;
      element.style.left = `${Math.max(4, Math.min(left - element.offsetWidth / 2, room))}px`;
      element.style.top = `${above > 0 ? above : top + 18}px`;
    },
  };
}
