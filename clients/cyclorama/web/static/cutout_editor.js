// The cut-out editor: corrects the cut-out with points, a brush or a box, and shows what comes of it.

import { makeAd } from "./ad.js";
import { compareCutouts } from "./cutout_change.js";
import { BRUSH, TOOLS, createDialog } from "./cutout_dialog.js";
import { createGestures } from "./cutout_gestures.js";
import { PINK, chooseTint } from "./cutout_tint.js";
import { drawCutout } from "./cutout_view.js";
import { describeCorrection, describeCutout } from "./cutout_words.js";
import { STEP as ZOOM_STEP, WHOLE, fitWindow, followPlace, moveSight, showBox, toPhoto, zoomAt } from "./cutout_zoom.js";
import { NO_CORRECTIONS, fetchCutout, isClear, isCorrected, readCorrections, readBounds } from "./cutouts.js";
import { announce, find, findAll } from "./dom.js";
import { createMask, encodeMask, hardenPicture, paintLine } from "./mask.js";
import { loadAddress, readState, saveBlob, updateForm, updateState } from "./store.js";

// Points of the contract; pixels of a drag that is no press; shares of the window of one key.
const MAX_POINTS = 64;
const SLACK = 4;
const STEP = 0.01;
const LARGE_STEP = 0.05;
// Opacity, 0 to 255, within the outline that is drawn: of solid products, and of those of glass.
const SOLID = 128;
const CLEAR = 20;
// Milliseconds for which a change is shown. Longer: it covers what is looked at.
const CHANGE_SHOWN = 1600;

// Share of the product's shorter side on the screen that the brush is wide at first, and its limits in
// pixels. Larger: coarser strokes.
const BRUSH_SHARE = 0.04;
const [MIN_BRUSH, MAX_BRUSH] = [6, 24];

let parts = null;
// photo: that is corrected. history: corrections, the last ones in use. cutout: what came of them;
// shape: an image of it; solid: where it is hardly transparent. stroke: the file of the brush's last one. gesture: of the pointer. cross: of the keyboard. pointer: of the mouse, for the
// brush. sight: the part of the photo that is shown. view: "marked" or "alone". change: what the last
// correction changed, while that is shown. first: {cutout, shape, solid} before the corrections;
// isBefore: whether that is shown. tint: of what is removed.
let editor = null;

// state.cutoutDraft: null, or corrections that are not used yet: {photo, history}.
function readHistory({ form, photo, cutoutDraft }) {
  return cutoutDraft?.photo === photo.id ? cutoutDraft.history : [readCorrections(form, photo)];
}

// Keeps what is corrected while the editor is closed, and over a reload.
function keepDraft() {
  const { history, photo } = editor;
  updateState({ cutoutDraft: history.length > 1 ? { photo: photo.id, history: [...history] } : null });
}

// Opens the editor for the photo in use. view: "alone" to look at the cut-out first.
export async function openEditor({ view = "marked" } = {}) {
  const { photo } = readState();
  const address = await loadAddress(photo.id);
  parts ??= createParts();
  editor = {
    photo, history: readHistory(readState()), cutout: null, shape: null, mask: null, stroke: null, gesture: null,
    tool: "point", action: "keep", view, said: "", brush: BRUSH.value, cross: { x: 0.5, y: 0.5 }, pointer: null, sight: WHOLE, tint: PINK, change: null, first: null, isBefore: false, controller: null,
  };
  parts.photo.src = address;
  parts.message.textContent = "";
  parts.dialog.classList.add("busy");
  showTools();
  parts.dialog.showModal();
  await waitForPhoto();
  await update();
}

// What is shown of the photo depends on its size. A photo that cannot be read is none to wait for.
const waitForPhoto = () => parts.photo.decode().then(() => {
  editor.tint = chooseTint(parts.photo);
  resizeCanvas();
}, () => null);

function createParts() {
  const gestures = createGestures({ start: startGesture, move: continueGesture, end: endGesture, cancel: cancelGesture, zoom, pan, hover });
  const choose = (name, value) => {
    editor[name] = value;
    // The width is seen where nothing points at the photo.
    if (name === "brush") editor.pointer = { x: 0.5, y: 0.5 };
    if (name === "view") showWords();
    showTools();
    draw();
  };
  const zoomBy = (name) => (name === "fit" ? seeWhole() : zoom(name === "in" ? ZOOM_STEP : 1 / ZOOM_STEP));
  const created = createDialog({ ...gestures, onkeydown: takeKey, onfocus: draw, onblur: draw },
    { choose, zoom: zoomBy, takeShortcut, undo, reset: () => apply(NO_CORRECTIONS), finish, close, update, compare });
  new ResizeObserver(resizeCanvas).observe(created.canvas);
  return created;
}

const readRatio = () => parts.photo.naturalWidth / parts.photo.naturalHeight || 1;

function showTools() {
  for (const name of ["tool", "action", "view"]) {
    for (const each of findAll(`[data-${name}]`, parts.dialog)) each.setAttribute("aria-pressed", String(each.dataset[name] === editor[name]));
  }
  parts.canvas.dataset.uses = editor.tool;
  find("#cutout-actions").hidden = editor.tool === "box" || editor.tool === "hand";
  // It keeps its room, so that the picture stays where it is.
  find("#cutout-size").style.visibility = editor.tool === "brush" ? "visible" : "hidden";
  find("#brush-size").value = editor.brush;
  find("#brush-width").textContent = `${editor.brush} px`;
  find("#cutout-hint").textContent = TOOLS[editor.tool][1];
  showEnd();
}

function showEnd() {
  const { versions, current, photo } = readState();
  const version = versions.find(({ id }) => id === current);
  find("#cutout-use").textContent = version?.photo.id === photo?.id ? "Update the ad" : "Use this cut-out";
  find("#cutout-undo").setAttribute("aria-disabled", String(editor.history.length < 2));
  find("#cutout-before").disabled = editor.history.length < 2;
  find("#cutout-reset").hidden = !isCorrected(editor.history.at(-1));
}

// The canvas has the pixels of the screen.
function resizeCanvas() {
  const { clientWidth, clientHeight } = parts?.canvas ?? {};
  if (!clientWidth || !editor) return;
  parts.canvas.width = Math.round(clientWidth * devicePixelRatio);
  parts.canvas.height = Math.round(clientHeight * devicePixelRatio);
  see(fitWindow(editor.sight, readRatio(), clientWidth / clientHeight));
}

// Shows a part of the photo.
function see(sight) {
  editor.sight = sight;
  draw();
}

const zoom = (factor, at) => see(zoomAt(editor.sight, factor, at));
const pan = (right, down) => see(moveSight(editor.sight, right, down));
const seeWhole = () => see({ ...editor.sight, ...{ zoom: 1, x: 0.5, y: 0.5 } });

function hover(at) {
  editor.pointer = at;
  if (editor.tool === "brush") draw();
}

async function apply(corrections) {
  const own = editor;
  own.history.push(corrections);
  keepDraft();
  showEnd();
  if (await update((change) => describeCorrection(change, own, isClear(readState().form, own.photo)))) return;
  // What cannot be used is undone; what is drawn stays the cut-out before.
  own.history.splice(own.history.indexOf(corrections), 1);
  keepDraft();
  showEnd();
  draw();
}

// Cuts out with the corrections in use; returns whether that succeeded, or is no longer wanted.
// describe(change): what to say of what it changed.
async function update(describe = () => "") {
  const own = editor;
  own.controller?.abort();
  own.controller = new AbortController();
  const { signal } = own.controller;
  parts.dialog.classList.add("busy");
  parts.message.textContent = "Cutting the product out …";
  draw();
  try {
    const cutout = await fetchCutout(own.photo, { ...own.history.at(-1), clear: isClear(readState().form, own.photo) }, signal);
    const shape = cutout?.kind === "cutout" ? await decode(cutout.picture) : null;
    if (own !== editor || signal.aborted) return true;
    return showCutout(cutout, shape, describe);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    return true;
  }
}

function showCutout(cutout, shape, describe) {
  parts.dialog.classList.remove("busy");
  editor.mask = null;
  if (!shape) {
    parts.message.textContent = cutout ? [cutout.text, cutout.advice].filter(Boolean).join(" ") : "No cut-out came. Try again.";
    draw();
    return false;
  }
  const isFirst = !editor.cutout;
  const change = isFirst ? null : compareCutouts(drawProduct(), drawProduct(cutout, shape), readRatio());
  Object.assign(editor, { cutout, shape, solid: hardenPicture(shape, isClear(readState().form, editor.photo) ? CLEAR : SOLID), said: change ? describe(change) : "" });
  if (isFirst) showFirst();
  showWords();
  showChange(editor.said ? change : null);
  return true;
}

// The brush is narrow next to the product, whose edges it corrects.
function showFirst() {
  const { cutout, shape, solid } = editor;
  editor.first = { cutout, shape, solid };
  if (editor.view === "alone") editor.sight = showBox(editor.sight, cutout);
  const { zoom: times, across, down } = editor.sight;
  const side = Math.min(cutout.width * times * across * parts.canvas.clientWidth, cutout.height * times * down * parts.canvas.clientHeight);
  editor.brush = Math.round(Math.min(MAX_BRUSH, Math.max(MIN_BRUSH, BRUSH_SHARE * side)));
  showTools();
}

// Shows the cut-out before the corrections for as long as that is wanted.
function compare(isHeld) {
  if (editor.isBefore === isHeld || (isHeld && !editor.first)) return;
  editor.isBefore = isHeld;
  editor.change = null;
  draw();
}

// Says what the last correction did, or else what is shown.
function showWords() {
  if (!editor.cutout || parts.dialog.classList.contains("busy")) return;
  parts.message.textContent = editor.said || describeCutout(editor, isClear(readState().form, editor.photo));
}

// Shows what a correction changed for a moment, since the eye hardly finds it otherwise.
function showChange(change) {
  const own = editor;
  own.change = change?.picture ?? null;
  draw();
  if (change) setTimeout(() => own.change === change.picture && own === editor && hideChange(), CHANGE_SHOWN);
}

function hideChange() {
  editor.change = null;
  draw();
}

async function decode(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

function undo() {
  if (editor.history.length < 2) return;
  editor.history.pop();
  keepDraft();
  showEnd();
  update(() => "Undone.");
}

// Control and Z undoes; plus, minus and zero zoom, but in a field.
function takeShortcut(event) {
  const { key } = event;
  const actions = { "+": () => zoom(ZOOM_STEP), "=": () => zoom(ZOOM_STEP), "-": () => zoom(1 / ZOOM_STEP), 0: seeWhole };
  const isCommand = event.ctrlKey || event.metaKey;
  const act = isCommand ? key.toLowerCase() === "z" && undo : actions[key];
  if (!act) return;
  event.preventDefault();
  // The page undoes versions by the same key.
  event.stopPropagation();
  act();
}

async function finish() {
  // A stroke counts from its end, though its file comes later.
  await editor.stroke;
  const corrections = editor.history.at(-1);
  const { versions, current } = readState();
  const { photo, cutout } = editor;
  updateState({ cutoutDraft: null });
  updateForm({ cutout: isCorrected(corrections) ? { photo: photo.id, ...corrections, bounds: cutout && readBounds(cutout) } : null });
  close();
  if (versions.some(({ id, photo: own }) => id === current && own.id === photo.id)) makeAd();
  else announce("The cut-out is used for the ad.");
}

function close() {
  editor.controller?.abort();
  parts.dialog.close();
}

function draw() {
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
  const { cutout, gesture, history, cross, pointer, tool, brush, sight, change } = editor;
  const { points, box } = history.at(-1);
  const { photo_width: across, photo_height: down } = cutout ?? {};
  return {
    points: cutout ? points.map(({ x, y, outside }) => ({ x: x / across, y: y / down, outside })) : [],
    box: gesture?.box ?? (cutout && box && { left: box.x / across, top: box.y / down, width: box.width / across, height: box.height / down }),
    doubtful: cutout && !isCorrected(history.at(-1)) ? cutout.doubtful_box : null,
    cross: parts.canvas.matches(":focus-visible") ? cross : null,
    brush: tool === "brush" && pointer ? { ...toPhoto(sight, pointer), size: brush } : null,
    busy: parts.dialog.classList.contains("busy"),
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
const drawProduct = (cutout = editor.cutout, shape = editor.shape) => (context) => {
  const { left, top, width, height } = cutout;
  const { width: across, height: down } = context.canvas;
  context.drawImage(shape, left * across, top * down, width * across, height * down);
};

// Returns the nearest place of the photo to one of the window.
function locate(at) {
  const { x, y } = toPhoto(editor.sight, at);
  const inside = (value) => Math.min(1, Math.max(0, value));
  return { x: inside(x), y: inside(y) };
}

function startGesture(at, { clientX, clientY }) {
  if (!editor.cutout || (editor.tool === "brush" && !canPaint())) return;
  const place = locate(at);
  editor.gesture = { from: place, last: place, at, x: clientX, y: clientY, box: null };
  editor.change = null;
  if (editor.tool === "brush") paint(place, place);
  draw();
}

function continueGesture(at, { clientX, clientY }) {
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

function endGesture() {
  const { gesture, tool } = editor;
  if (!gesture) return;
  editor.gesture = null;
  if (tool === "point") addPoint(gesture.last);
  if (tool === "brush") useMask();
  if (tool === "box" && gesture.box) useBox(gesture.box);
  draw();
}

function cancelGesture() {
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
  if (corrections.points.length === MAX_POINTS) { parts.message.textContent = "These are all the points that can be set. Use the brush."; return; }
  const point = { x: Math.round(x * across), y: Math.round(y * down), outside: editor.action === "remove" };
  apply({ ...corrections, points: [...corrections.points, point] });
}

// A box starts over: within it, the product is searched again.
function useBox({ left, top, width, height }) {
  const { photo_width: across, photo_height: down } = editor.cutout;
  const [x, y, wide, high] = [left * across, top * down, width * across, height * down].map(Math.round);
  if (wide && high) apply({ ...NO_CORRECTIONS, box: { x, y, width: wide, height: high } });
}

// A stroke continues the one before, whose cut-out it replaces, but waits for that of a point or box.
function canPaint() {
  if (editor.mask) editor.controller?.abort();
  else if (parts.dialog.classList.contains("busy")) {
    parts.message.textContent = "One moment: the last change is still cut out. Then paint.";
    return false;
  }
  return true;
}

// The first stroke starts from the cut-out that is shown. The brush is as wide on the screen at any zoom.
function paint(from, to) {
  const { photo_width: width, photo_height: height } = editor.cutout;
  editor.mask ??= createMask({ width, height }, drawProduct());
  const size = editor.brush / (parts.canvas.clientWidth * editor.sight.zoom * editor.sight.across);
  paintLine(editor.mask, from, to, { size, outside: editor.action === "remove" });
}

async function useMask() {
  const own = editor;
  parts.dialog.classList.add("busy");
  own.stroke = encodeMask(own.mask);
  const mask = saveBlob(await own.stroke);
  if (own === editor) apply({ ...NO_CORRECTIONS, mask });
}

function takeKey(event) {
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
