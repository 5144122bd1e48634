// Cut-outs of the photo, as the server makes them with the corrections of the form.

import { loadBlob } from "./store.js";
import { createBody, loadFiles, postForm } from "./upload.js";

export const NO_CORRECTIONS = { box: null, points: [], mask: null, clear: false };
// Cut-outs that are kept while the page is open. More: undoing further back needs no request.
const MAX_KEPT = 12;

const kept = new Map();

// Returns the corrections of a form that are for the photo: {box, points, mask, clear}. box: {x, y,
// width, height} and points: {x, y, outside}, in pixels of the upright photo; mask: the id of a file;
// clear: whether the scene is seen through the product.
export function readCorrections(form, photo) {
  const { box, points, mask } = form.cutout && form.cutout.photo === photo?.id ? form.cutout : NO_CORRECTIONS;
  return { box, points, mask, clear: isClear(form, photo) };
}

export const isClear = (form, photo) => Boolean(photo) && form.clear === photo.id;

export const isCorrected = ({ box, points, mask }) => Boolean(box || points.length || mask);

// Returns the box of a cut-out in its photo, as shares of the photo's sides.
export const readBounds = ({ left, top, width, height }) => ({ left, top, width, height });

// Returns the options that the server gets from the corrections.
export const describeCorrections = ({ box, points, mask, clear }) => ({ box, points, mask: mask && { file: mask }, clear });

// Returns the cut-out of a photo with its place in it, or an error.
export async function fetchCutout(photo, corrections, signal) {
  const key = JSON.stringify([photo.id, corrections]);
  const known = kept.get(key);
  if (known) return known;
  const options = describeCorrections(corrections);
  const body = createBody(await loadBlob(photo.id), options, await loadFiles(options));
  let last = null;
  for await (const event of postForm("api/cutouts", body, signal)) if (event.kind !== "upload") last = event;
  if (last?.kind === "cutout") keep(key, last);
  return last;
}

function keep(key, cutout) {
  kept.set(key, cutout);
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value);
}
