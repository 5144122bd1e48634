// The corrections of the cut-out editor: what comes of them, what that changed, and undoing them.

import { compareCutouts } from "./cutout_change.js";
import { draw, drawProduct, readRatio } from "./cutout_picture.js";
import { editor, isBusy, parts } from "./cutout_session.js";
import { describeCorrection, describeCutout, isNothing } from "./cutout_words.js";
import { showBox } from "./cutout_zoom.js";
import { NO_CORRECTIONS, fetchCutout, isClear, isCorrected } from "./cutouts.js";
import { find } from "./dom.js";
import { hardenPicture } from "./mask.js";
import { readState, updateState } from "./store.js";

// Opacity, 0 to 255, within the outline that is drawn: of solid products, and of those of glass.
const SOLID = 128;
const CLEAR = 20;
// Milliseconds for which a change is shown. Longer: it covers what is looked at.
const CHANGE_SHOWN = 1600;
// Share of the product's shorter side on the screen that the brush is wide at first, and its limits in
// pixels. Larger: coarser strokes.
const BRUSH_SHARE = 0.04;
const [MIN_BRUSH, MAX_BRUSH] = [6, 24];

// Keeps what is corrected while the editor is closed, and over a reload.
function keepDraft() {
  const { history, photo } = editor;
  updateState({ cutoutDraft: history.length > 1 ? { photo: photo.id, history: [...history] } : null });
}

export function showEnd() {
  const { versions, current, photo } = readState();
  const version = versions.find(({ id }) => id === current);
  find("#cutout-use").textContent = version?.photo.id === photo?.id ? "Update the ad" : "Use this cut-out";
  find("#cutout-undo").setAttribute("aria-disabled", String(editor.history.length < 2));
  find("#cutout-before").disabled = editor.history.length < 2;
  find("#cutout-reset").hidden = !isCorrected(editor.history.at(-1));
}

// Corrects the cut-out. What changes nothing, and what cannot be used, is no correction: what is drawn
// stays the cut-out before.
export async function apply(corrections) {
  const own = editor;
  own.history.push(corrections);
  keepHistory();
  const outcome = await update((change) => describeCorrection(change, own, isClear(readState().form, own.photo)));
  if (own !== editor || !["failed", "unchanged"].includes(outcome)) return;
  if (outcome === "failed") own.history.splice(own.history.indexOf(corrections), 1);
  else while (own.history.length > 1 && own.history.at(-1) !== own.shown) own.history.pop();
  keepHistory();
  draw();
}

// Starts over from the cut-out without corrections, which is one more step to undo.
export async function reset() {
  editor.history.push(NO_CORRECTIONS);
  keepHistory();
  await update(() => "Started over, without corrections. Undo brings them back.");
}

function keepHistory() {
  keepDraft();
  showEnd();
}

// Cuts out with the corrections in use; returns "made", "unchanged", "failed", or "" where that is no
// longer wanted. describe(change): what to say of what it changed.
export async function update(describe = () => "") {
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
    if (own !== editor || signal.aborted) return "";
    return showCutout(cutout, shape, describe);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    return "";
  }
}

function showCutout(cutout, shape, describe) {
  parts.dialog.classList.remove("busy");
  editor.mask = null;
  if (!shape) {
    parts.message.textContent = cutout ? [cutout.text, cutout.advice].filter(Boolean).join(" ") : "No cut-out came. Try again.";
    draw();
    return "failed";
  }
  const isFirst = !editor.cutout;
  const change = isFirst ? null : compareCutouts(drawProduct(), drawProduct(cutout, shape), readRatio());
  Object.assign(editor, { cutout, shape, solid: hardenPicture(shape, isClear(readState().form, editor.photo) ? CLEAR : SOLID), said: change ? describe(change) : "" });
  if (isFirst) showFirst();
  showWords();
  showChange(editor.said ? change : null);
  if (change && isNothing(change) && !isNewBox(editor.history)) return "unchanged";
  editor.shown = editor.history.at(-1);
  return "made";
}

// A box says where the product is, also where that was found already.
const isNewBox = (history) => Boolean(history.at(-1).box) && history.at(-1).box !== history.at(-2)?.box;

// The brush is narrow next to the product, whose edges it corrects.
function showFirst() {
  const { cutout, shape, solid } = editor;
  editor.first = { cutout, shape, solid };
  editor.shown = editor.history.at(-1);
  if (editor.view === "alone") editor.sight = showBox(editor.sight, cutout);
  const { zoom: times, across, down } = editor.sight;
  const side = Math.min(cutout.width * times * across * parts.canvas.clientWidth, cutout.height * times * down * parts.canvas.clientHeight);
  editor.brush = Math.round(Math.min(MAX_BRUSH, Math.max(MIN_BRUSH, BRUSH_SHARE * side)));
  showBrush();
}

export function showBrush() {
  find("#brush-size").value = editor.brush;
  find("#brush-width").textContent = `${editor.brush} px`;
}

// Says what the last correction did, or else what is shown.
export function showWords() {
  if (!editor.cutout || isBusy()) return;
  parts.message.textContent = (!editor.isBefore && editor.said) || describeCutout(editor, isClear(readState().form, editor.photo));
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

export function undo() {
  if (editor.history.length < 2) return;
  editor.history.pop();
  keepHistory();
  update(() => "Undone.");
}
