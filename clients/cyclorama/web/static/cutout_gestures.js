// The pointers on the photo of the cut-out editor: one uses the tool, two zoom, the wheel zooms.

// Growth of one notch of the wheel, per pixel that it scrolls.
const WHEEL = 0.0022;
// Pixels of one line, where the wheel counts lines.
const LINE = 32;

// Returns handlers of the canvas by event. actions: start(at, event), move(at, event), end() and
// cancel() of the tool; zoom(factor, at), pan(right, down), hover(at or null). Places are in shares of
// the canvas, movements as well.
export function createGestures(actions) {
  const pointers = new Map();
  let panning = null;
  let isUsing = false;

  function start(event) {
    event.currentTarget.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, locate(event));
    if (pointers.size === 2) { stopUsing(actions.cancel); return; }
    if (pointers.size > 2) return;
    // The middle and the right button move the photo, whatever the tool.
    if (event.button) { panning = locate(event); return; }
    isUsing = true;
    actions.start(locate(event), event);
  }

  function move(event) {
    const at = locate(event);
    if (!pointers.has(event.pointerId)) { actions.hover(event.pointerType === "touch" ? null : at); return; }
    if (pointers.size === 2) return pinch(event.pointerId, at);
    pointers.set(event.pointerId, at);
    if (panning) { actions.pan(at.x - panning.x, at.y - panning.y); panning = at; }
    if (isUsing) actions.move(at, event);
  }

  function pinch(id, at) {
    const before = measureSpread([...pointers.values()]);
    pointers.set(id, at);
    const now = measureSpread([...pointers.values()]);
    actions.pan(now.x - before.x, now.y - before.y);
    if (before.spread > 0 && now.spread > 0) actions.zoom(now.spread / before.spread, now);
  }

  function end(event) {
    pointers.delete(event.pointerId);
    panning = null;
    stopUsing(actions.end);
  }

  function abort(event) {
    pointers.delete(event.pointerId);
    panning = null;
    stopUsing(actions.cancel);
  }

  function stopUsing(act) {
    if (!isUsing) return;
    isUsing = false;
    act();
  }

  function turnWheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode ? event.deltaY * LINE : event.deltaY;
    // Trackpads report a pinch as small turns with the control key.
    actions.zoom(Math.exp(-pixels * (event.ctrlKey ? 4 : 1) * WHEEL), locate(event));
  }

  return {
    onpointerdown: start, onpointermove: move, onpointerup: end, onpointercancel: abort,
    onpointerleave: () => actions.hover(null), onwheel: turnWheel, oncontextmenu: (event) => event.preventDefault(),
  };
}

function locate({ currentTarget, clientX, clientY }) {
  const { left, top, width, height } = currentTarget.getBoundingClientRect();
  const inside = (value) => Math.min(1, Math.max(0, value));
  return { x: inside((clientX - left) / width), y: inside((clientY - top) / height) };
}

// Returns the middle of two places and their distance.
const measureSpread = ([one, other]) => ({
  x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, spread: Math.hypot(one.x - other.x, one.y - other.y),
});
