// The cut-out editor: corrects the cut-out with points, a brush or a box, and shows what comes of it.

import { makeAd } from "./ad.js";
import { BRUSH, TOOLS, createDialog } from "./cutout_dialog.js";
import { drawCutout } from "./cutout_view.js";
import { NO_CORRECTIONS, fetchCutout, isClear, isCorrected, readCorrections } from "./cutouts.js";
import { announce, find, findAll } from "./dom.js";
import { createMask, encodeMask, paintLine } from "./mask.js";
import { loadAddress, readState, saveBlob, updateForm, updateState } from "./store.js";

// Points of the contract; pixels of a drag that is no press; shares of the photo of one key.
const MAX_POINTS = 64;
const SLACK = 4;
const STEP = 0.01;
const LARGE_STEP = 0.05;

let parts = null;
// photo: that is corrected. history: corrections, the last ones in use. cutout: what came of them;
// shape: an image of it. gesture: of the pointer. cross: of the keyboard.
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

// Opens the editor for the photo in use.
export async function openEditor() {
  const { photo } = readState();
  const address = await loadAddress(photo.id);
  parts ??= createParts();
  editor = {
    photo, history: readHistory(readState()), cutout: null, shape: null, mask: null, gesture: null,
    tool: "point", action: "keep", brush: BRUSH.value, cross: { x: 0.5, y: 0.5 }, controller: null,
  };
  parts.photo.onload = resizeCanvas;
  parts.photo.src = address;
  parts.message.textContent = "";
  showTools();
  parts.dialog.showModal();
  await update();
}

function createParts() {
  const gestures = {
    onpointerdown: startGesture, onpointermove: continueGesture, onpointerup: endGesture, onpointercancel: cancelGesture,
    onkeydown: takeKey, onfocus: draw, onblur: draw,
  };
  const choose = (name, value) => { editor[name] = value; showTools(); };
  return createDialog(gestures, { choose, undoByKey, undo, reset: () => apply(NO_CORRECTIONS), finish, close, update });
}

function showTools() {
  for (const name of ["tool", "action"]) {
    for (const each of findAll(`[data-${name}]`, parts.dialog)) each.setAttribute("aria-pressed", String(each.dataset[name] === editor[name]));
  }
  find("#cutout-actions").hidden = editor.tool === "box";
  find("#cutout-size").hidden = editor.tool !== "brush";
  find("#cutout-hint").textContent = TOOLS[editor.tool][1];
  showEnd();
}

function showEnd() {
  const { versions, current, photo } = readState();
  const version = versions.find(({ id }) => id === current);
  find("#cutout-use").textContent = version?.photo.id === photo?.id ? "Update the ad" : "Use this cut-out";
  find("#cutout-undo").setAttribute("aria-disabled", String(editor.history.length < 2));
  find("#cutout-reset").hidden = !isCorrected(editor.history.at(-1));
}

// The canvas has the pixels of the screen, at most twice as many as the photo needs.
function resizeCanvas() {
  const { naturalWidth: width, naturalHeight: height } = parts.photo;
  const scale = Math.min(1, 1600 / Math.max(width, height));
  parts.canvas.width = Math.round(width * scale);
  parts.canvas.height = Math.round(height * scale);
  parts.photo.parentElement.style.setProperty("--ratio", width / height);
  draw();
}

async function apply(corrections) {
  const own = editor;
  own.history.push(corrections);
  showEnd();
  if (await update()) return own === editor && !own.isUsed && keepDraft();
  // What cannot be used is undone; what is drawn stays the cut-out before.
  own.history.splice(own.history.indexOf(corrections), 1);
  showEnd();
  draw();
}

// Cuts out with the corrections in use; returns whether that succeeded, or is no longer wanted.
async function update() {
  const own = editor;
  own.controller?.abort();
  own.controller = new AbortController();
  const { signal } = own.controller;
  parts.dialog.classList.add("busy");
  parts.message.textContent = "Cutting the product out …";
  try {
    const cutout = await fetchCutout(own.photo, { ...own.history.at(-1), clear: isClear(readState().form, own.photo) }, signal);
    const shape = cutout?.kind === "cutout" ? await decode(cutout.picture) : null;
    if (own !== editor || signal.aborted) return true;
    return showCutout(cutout, shape);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    return true;
  }
}

function showCutout(cutout, shape) {
  parts.dialog.classList.remove("busy");
  editor.mask = null;
  if (!shape) {
    parts.message.textContent = cutout ? [cutout.text, cutout.advice].filter(Boolean).join(" ") : "No cut-out came. Try again.";
    draw();
    return false;
  }
  Object.assign(editor, { cutout, shape });
  const doubt = isCorrected(editor.history.at(-1)) ? "" : cutout.doubt;
  parts.message.textContent = describeCutout(doubt);
  draw();
  return true;
}

function describeCutout(doubt) {
  const glass = isClear(readState().form, editor.photo) ? "" : editor.cutout.glass;
  if (doubt) return `${doubt} Look closely. ${glass}`.trim();
  const [before, now] = editor.history.slice(-2);
  const isBox = now?.box && JSON.stringify(now.box) !== JSON.stringify(before.box);
  if (isBox && (before.mask || before.points.length)) return "The box starts over, without the points and strokes before it. Undo brings them back.";
  return glass || describeProduct(editor.history.at(-1));
}

// Points make glass opaque, so they are no way to complete it.
function describeProduct({ points }) {
  if (isClear(readState().form, editor.photo)) return "What is bright becomes the product; where it is half bright, the scene is seen through it.";
  const keeps = points.some(({ outside }) => !outside);
  return `What is bright becomes the product.${keeps ? " If it is of glass, tick “See-through, such as glass” instead." : ""}`;
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
  update();
}

function undoByKey(event) {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  // The page undoes versions by the same key.
  event.stopPropagation();
  undo();
}

function finish() {
  const corrections = editor.history.at(-1);
  const { versions, current } = readState();
  const { photo } = editor;
  // A cut-out that comes later does not make these corrections a draft again.
  editor.isUsed = true;
  updateState({ cutoutDraft: null });
  updateForm({ cutout: isCorrected(corrections) ? { photo: photo.id, ...corrections } : null });
  close();
  if (versions.some(({ id, photo: own }) => id === current && own.id === photo.id)) makeAd();
  else announce("The cut-out is used for the ad.");
}

function close() {
  editor.controller?.abort();
  parts.dialog.close();
}

function draw() {
  const { cutout, shape, mask, gesture, history, cross } = editor;
  if (!parts.canvas.width) return;
  const { points, box } = history.at(-1);
  const { photo_width: across, photo_height: down } = cutout ?? {};
  const marks = {
    points: cutout ? points.map(({ x, y, outside }) => ({ x: x / across, y: y / down, outside })) : [],
    box: gesture?.box ?? (cutout && box && { left: box.x / across, top: box.y / down, width: box.width / across, height: box.height / down }),
    doubtful: cutout && !isCorrected(history.at(-1)) ? cutout.doubtful_box : null,
    cross: parts.canvas.matches(":focus-visible") ? cross : null,
  };
  const unit = parts.canvas.width / (parts.canvas.clientWidth || parts.canvas.width);
  drawCutout(parts.canvas.getContext("2d"), mask ? drawMask : shape && drawProduct, marks, unit);
}

const drawMask = (context) => context.drawImage(editor.mask, 0, 0, context.canvas.width, context.canvas.height);

function drawProduct(context) {
  const { left, top, width, height } = editor.cutout;
  const { width: across, height: down } = context.canvas;
  context.drawImage(editor.shape, left * across, top * down, width * across, height * down);
}

// Returns where a pointer is, in shares of the photo.
function locate({ clientX, clientY }) {
  const { left, top, width, height } = parts.canvas.getBoundingClientRect();
  const inside = (value) => Math.min(1, Math.max(0, value));
  return { x: inside((clientX - left) / width), y: inside((clientY - top) / height) };
}

function startGesture(event) {
  if (event.button !== 0 || !editor.cutout) return;
  parts.canvas.setPointerCapture(event.pointerId);
  const at = locate(event);
  editor.gesture = { from: at, last: at, x: event.clientX, y: event.clientY, box: null };
  if (editor.tool === "brush") paint(at, at);
}

function continueGesture(event) {
  const { gesture, tool } = editor;
  if (!gesture) return;
  const at = locate(event);
  if (tool === "brush") paint(gesture.last, at);
  if (tool === "box" && Math.hypot(event.clientX - gesture.x, event.clientY - gesture.y) > SLACK) gesture.box = boxBetween(gesture.from, at);
  gesture.last = at;
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

// The first stroke starts from the cut-out that is shown.
function paint(from, to) {
  const { photo_width: width, photo_height: height } = editor.cutout;
  editor.mask ??= createMask({ width, height }, drawProduct);
  paintLine(editor.mask, from, to, { size: editor.brush / 100, outside: editor.action === "remove" });
}

async function useMask() {
  const own = editor;
  const mask = saveBlob(await encodeMask(own.mask));
  if (own === editor) apply({ ...NO_CORRECTIONS, mask });
}

function takeKey(event) {
  const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const step = event.shiftKey ? LARGE_STEP : STEP;
  if (directions[event.key]) {
    const [x, y] = directions[event.key];
    const inside = (value) => Math.min(1, Math.max(0, value));
    editor.cross = { x: inside(editor.cross.x + x * step), y: inside(editor.cross.y + y * step) };
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
  if (editor.tool === "brush") { paint(at, at); return useMask(); }
  if (!editor.corner) { editor.corner = at; parts.message.textContent = "Move the cross to the opposite corner, and press Enter."; return null; }
  const box = boxBetween(editor.corner, at);
  editor.corner = null;
  return useBox(box);
}
