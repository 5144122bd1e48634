// The cut-out editor: corrects the cut-out with points, a brush or a box, and shows what comes of it.

import { makeAd } from "./ad.js";
import { BRUSH, TOOLS, createDialog } from "./cutout_dialog.js";
import { createGestures } from "./cutout_gestures.js";
import { draw, pan, resizeCanvas, see, seeWhole, zoom } from "./cutout_picture.js";
import { editor, parts, setEditor, setParts } from "./cutout_session.js";
import { PINK, chooseTint } from "./cutout_tint.js";
import { cancelGesture, continueGesture, endGesture, startGesture, takeKey } from "./cutout_tools.js";
import { reset, showEnd, showWords, showBrush, undo, update } from "./cutout_updates.js";
import { STEP as ZOOM_STEP, WHOLE, showBox } from "./cutout_zoom.js";
import { isCorrected, readBounds, readCorrections } from "./cutouts.js";
import { announce, find, findAll } from "./dom.js";
import { loadAddress, readState, updateForm, updateState } from "./store.js";

// Least share of the photo's sides that is shown of a place. Smaller: it is hard to know where it is.
const LEAST_SEEN = 0.3;

// state.cutoutDraft: null, or corrections that are not used yet: {photo, history}.
function readHistory({ form, photo, cutoutDraft }) {
  return cutoutDraft?.photo === photo.id ? cutoutDraft.history : [readCorrections(form, photo)];
}

// Opens the editor for the photo in use. view: "alone" to look at the cut-out first. place: the part of
// the photo that a fault is about, {left, top, width, height}, which is shown large.
export async function openEditor({ view = "marked", place = null } = {}) {
  const { photo } = readState();
  const address = await loadAddress(photo.id);
  if (!parts) setParts(createParts());
  setEditor({
    photo, history: readHistory(readState()), cutout: null, shape: null, mask: null, stroke: null, gesture: null,
    tool: "point", action: "keep", view, said: "", brush: BRUSH.value, cross: { x: 0.5, y: 0.5 }, pointer: null, sight: WHOLE, tint: PINK, change: null, first: null, isBefore: false, controller: null, shown: null, spot: place, corner: null,
  });
  parts.photo.src = address;
  parts.message.textContent = "";
  parts.dialog.classList.add("busy");
  showTools();
  parts.dialog.showModal();
  parts.canvas.focus({ preventScroll: true });
  await waitForPhoto();
  if (place) see(showBox(editor.sight, enlarge(place)));
  await update();
}

// Returns a box with enough around it to see what it is a part of.
function enlarge({ left, top, width, height }) {
  const [wide, high] = [width, height].map((side) => Math.max(LEAST_SEEN, 2 * side));
  return { left: left + (width - wide) / 2, top: top + (height - high) / 2, width: wide, height: high };
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
    { choose, zoom: zoomBy, takeShortcut, undo, reset, finish, close, update, compare });
  new ResizeObserver(resizeCanvas).observe(created.canvas);
  return created;
}

function showTools() {
  for (const name of ["tool", "action", "view"]) {
    for (const each of findAll(`[data-${name}]`, parts.dialog)) each.setAttribute("aria-pressed", String(each.dataset[name] === editor[name]));
  }
  parts.canvas.dataset.uses = editor.tool;
  find("#cutout-actions").hidden = editor.tool === "box" || editor.tool === "hand";
  // It keeps its room, so that the picture stays where it is.
  find("#cutout-size").style.visibility = editor.tool === "brush" ? "visible" : "hidden";
  showBrush();
  const [, hint, keys] = TOOLS[editor.tool];
  find("#hint-tool").textContent = hint;
  find("#hint-keys").textContent = ` Keys: ${keys}`;
  showEnd();
}

function hover(at) {
  editor.pointer = at;
  if (editor.tool === "brush") draw();
}

// Shows the cut-out before the corrections, or that with them.
function compare(isBefore) {
  if (editor.isBefore === isBefore || (isBefore && !editor.first)) return;
  Object.assign(editor, { isBefore, change: null });
  find("#cutout-before").setAttribute("aria-pressed", String(isBefore));
  showWords();
  draw();
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
