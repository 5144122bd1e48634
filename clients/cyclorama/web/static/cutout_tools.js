// The tools of the cut-out editor, by pointer and by keys: points, the brush and boxes.

import { apply, update } from "./cutout_updates.js";
import { draw, drawProduct, locate, pan } from "./cutout_picture.js";
import { editor, isBusy, parts } from "./cutout_session.js";
import { followPlace } from "./cutout_zoom.js";
import { NO_CORRECTIONS } from "./cutouts.js";
import { createMask, encodeMask, paintLine } from "./mask.js";
import { find } from "./dom.js";
import { saveBlob } from "./store.js";

// Points of the contract; pixels of a drag that is no press; shares of the window of one key.
const MAX_POINTS = 64;
const SLACK = 4;
// Pixels of the window within which a point replaces one that says the opposite. Larger: points on both
// sides of a thin part replace each other.
const SAME_PLACE = 8;
const STEP = 0.01;
const LARGE_STEP = 0.05;

export function startGesture(at, { clientX, clientY }) {
  if (!editor.cutout || (editor.tool === "brush" && !canPaint())) return;
  const place = locate(at);
  if (editor.isBefore) find("#cutout-before").click();
  editor.gesture = { from: place, last: place, at, x: clientX, y: clientY, box: null };
  Object.assign(editor, { change: null, spot: null });
  if (editor.tool === "brush") paint(place, place);
  draw();
}

export function continueGesture(at, { clientX, clientY }) {
  const { gesture, tool } = editor;
  if (!gesture) return;
  const place = locate(at);
  if (tool === "brush") paint(gesture.last, place);
  if (tool === "box" && Math.hypot(clientX - gesture.x, clientY - gesture.y) > SLACK) gesture.box = boxBetween(gesture.from, place);
  if (tool === "hand") pan(at.x - gesture.at.x, at.y - gesture.at.y);
  Object.assign(gesture, { last: place, at });
  editor.pointer = at;
  draw();
}

export function endGesture() {
  const { gesture, tool } = editor;
  if (!gesture) return;
  editor.gesture = null;
  if (tool === "point") addPoint(gesture.last);
  if (tool === "brush") useMask();
  if (tool === "box" && gesture.box) useBox(gesture.box);
  draw();
}

export function cancelGesture() {
  editor.gesture = null;
  editor.mask = null;
  if (editor.controller?.signal.aborted) update();
  draw();
}

const boxBetween = (one, other) => ({
  left: Math.min(one.x, other.x), top: Math.min(one.y, other.y), width: Math.abs(one.x - other.x), height: Math.abs(one.y - other.y),
});

function addPoint({ x, y }) {
  const { photo_width: across, photo_height: down } = editor.cutout;
  const corrections = editor.history.at(-1);
  const point = { x: Math.round(x * across), y: Math.round(y * down), outside: editor.action === "remove" };
  const kept = corrections.points.filter((each) => !isReplaced(each, point));
  if (kept.length === MAX_POINTS) { parts.message.textContent = "These are all the points that can be set. Use the brush."; return; }
  apply({ ...corrections, points: [...kept, point] });
}

// The newer of two points counts where they say the opposite of the same place on the screen.
const isReplaced = (older, newer) => older.outside !== newer.outside
  && Math.hypot(older.x - newer.x, older.y - newer.y) * readShownWidth() <= SAME_PLACE * editor.cutout.photo_width;

// Returns the width in pixels of the window that the photo has at its zoom.
const readShownWidth = () => parts.canvas.clientWidth * editor.sight.zoom * editor.sight.across;

// A box starts over: within it, the product is searched again.
function useBox({ left, top, width, height }) {
  const { photo_width: across, photo_height: down } = editor.cutout;
  const [x, y, wide, high] = [left * across, top * down, width * across, height * down].map(Math.round);
  if (wide && high) apply({ ...NO_CORRECTIONS, box: { x, y, width: wide, height: high } });
}

// A stroke continues the one before, whose cut-out it replaces, but waits for that of a point or box.
function canPaint() {
  if (editor.mask) editor.controller?.abort();
  else if (isBusy()) {
    parts.message.textContent = "One moment: the last change is still cut out. Then paint.";
    return false;
  }
  return true;
}

// The first stroke starts from the cut-out that is shown. The brush is as wide on the screen at any zoom.
function paint(from, to) {
  const { photo_width: width, photo_height: height } = editor.cutout;
  editor.mask ??= createMask({ width, height }, drawProduct());
  paintLine(editor.mask, from, to, { size: editor.brush / readShownWidth(), outside: editor.action === "remove" });
}

async function useMask() {
  const own = editor;
  parts.dialog.classList.add("busy");
  own.stroke = encodeMask(own.mask);
  const mask = saveBlob(await own.stroke);
  if (own === editor) apply({ ...NO_CORRECTIONS, mask });
}

export function takeKey(event) {
  const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const step = event.shiftKey ? LARGE_STEP : STEP;
  if (directions[event.key]) {
    const [x, y] = directions[event.key];
    const inside = (value) => Math.min(1, Math.max(0, value));
    const { zoom: times } = editor.sight;
    editor.cross = { x: inside(editor.cross.x + (x * step) / times), y: inside(editor.cross.y + (y * step) / times) };
    editor.sight = followPlace(editor.sight, editor.cross);
  } else if ((event.key === "Enter" || event.key === " ") && editor.cutout) {
    useTool(editor.cross);
  } else {
    return;
  }
  event.preventDefault();
  draw();
}

// What Enter does at the cross. A box is drawn from the cross of one Enter to that of the next.
function useTool(at) {
  if (editor.tool === "point") return addPoint(at);
  if (editor.tool === "brush") {
    if (!canPaint()) return;
    paint(at, at);
    return useMask();
  }
  if (editor.tool === "hand") return null;
  if (!editor.corner) { editor.corner = at; parts.message.textContent = "Move the cross to the opposite corner, and press Enter."; return null; }
  const box = boxBetween(editor.corner, at);
  editor.corner = null;
  return useBox(box);
}
