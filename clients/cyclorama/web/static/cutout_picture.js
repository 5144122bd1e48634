// What the cut-out editor shows: the part of the photo in sight, the product and the corrections.

import { drawCutout } from "./cutout_view.js";
import { editor, isBusy, parts } from "./cutout_session.js";
import { fitWindow, moveSight, toPhoto, zoomAt } from "./cutout_zoom.js";
import { isCorrected } from "./cutouts.js";
import { find } from "./dom.js";

export const readRatio = () => parts.photo.naturalWidth / parts.photo.naturalHeight || 1;

// The canvas has the pixels of the screen.
export function resizeCanvas() {
  const { clientWidth, clientHeight } = parts?.canvas ?? {};
  if (!clientWidth || !editor) return;
  parts.canvas.width = Math.round(clientWidth * devicePixelRatio);
  parts.canvas.height = Math.round(clientHeight * devicePixelRatio);
  see(fitWindow(editor.sight, readRatio(), clientWidth / clientHeight));
}

// Shows a part of the photo.
export function see(sight) {
  editor.sight = sight;
  draw();
}

export const zoom = (factor, at) => see(zoomAt(editor.sight, factor, at));
export const pan = (right, down) => see(moveSight(editor.sight, right, down));
export const seeWhole = () => see({ ...editor.sight, ...{ zoom: 1, x: 0.5, y: 0.5 } });

export function draw() {
  const { canvas, dialog } = parts;
  if (!canvas.width || !dialog.open) return;
  placePhoto();
  const unit = canvas.width / (canvas.clientWidth || canvas.width);
  canvas.toggleAttribute("data-changed", Boolean(editor.change));
  drawCutout(canvas.getContext("2d"), readShape(), editor.sight, readMarks(), { unit, alone: editor.view === "alone", tint: editor.tint });
}

function placePhoto() {
  const { zoom: times, x, y, across, down } = editor.sight;
  const [wide, high] = [times * across, times * down];
  const style = { width: wide, height: high, left: 0.5 - x * wide, top: 0.5 - y * high };
  for (const [side, share] of Object.entries(style)) parts.photo.style[side] = `${100 * share}%`;
  find("#cutout-zoom").textContent = `${Math.round(100 * times)} %`;
}

// Returns what is drawn as the product: what a stroke paints, or the last cut-out.
function readShape() {
  const { mask, isBefore, first } = editor;
  if (mask && !isBefore) return { draw: drawMasked, drawSolid: drawMasked };
  const { cutout, shape, solid } = isBefore ? first : editor;
  return shape && { draw: drawProduct(cutout, shape), drawSolid: drawProduct(cutout, solid) };
}

function readMarks() {
  const { cutout, gesture, history, cross, pointer, tool, brush, sight, change, spot } = editor;
  const { points, box } = history.at(-1);
  const { photo_width: across, photo_height: down } = cutout ?? {};
  return {
    points: cutout ? points.map(({ x, y, outside }) => ({ x: x / across, y: y / down, outside })) : [],
    box: gesture?.box ?? (cutout && box && { left: box.x / across, top: box.y / down, width: box.width / across, height: box.height / down }),
    doubtful: spot ?? (cutout && !isCorrected(history.at(-1)) ? cutout.doubtful_box : null),
    cross: parts.canvas.matches(":focus-visible") ? cross : null,
    brush: tool === "brush" && pointer ? { ...toPhoto(sight, pointer), size: brush } : null,
    busy: isBusy(),
    change,
  };
}

// The photo's own colors within what a stroke leaves, so that the product alone looks as it will.
function drawMasked(context) {
  const { width, height } = context.canvas;
  context.drawImage(editor.mask, 0, 0, width, height);
  context.globalCompositeOperation = "source-in";
  context.drawImage(parts.photo, 0, 0, width, height);
}

// Returns what draws a cut-out, with its image, where it is in the photo, which fills the context.
export const drawProduct = (cutout = editor.cutout, shape = editor.shape) => (context) => {
  const { left, top, width, height } = cutout;
  const { width: across, height: down } = context.canvas;
  context.drawImage(shape, left * across, top * down, width * across, height * down);
};

// Returns the nearest place of the photo to one of the window.
export function locate(at) {
  const { x, y } = toPhoto(editor.sight, at);
  const inside = (value) => Math.min(1, Math.max(0, value));
  return { x: inside(x), y: inside(y) };
}
