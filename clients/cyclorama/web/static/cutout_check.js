// Shows the cut-out below the photo as soon as that is chosen, and asks whether it is the product.
// It ends in a picture or in the reason why there is none: that of the ad in progress or shown, where
// there is one, serves as well.

import { createClearTick } from "./cutout_clear.js";
import { openEditor } from "./cutout_editor.js";
import { fetchCutout, isCorrected, readCorrections } from "./cutouts.js";
import { element, find, replaceContent } from "./dom.js";
import { readState, subscribe } from "./store.js";

const QUESTION = "Is this your whole product?";

let parts = null;
// The photo with its corrections that is shown, "" for none, and what came of them: null before that.
let shown = "";
let result = null;
let controller = null;

export function openCutoutCheck() {
  parts = createParts();
  find("#drop").after(parts.section);
  subscribe(["photo", "form", "mode", "cutoutDraft", "running", "current"], render);
  // {photo, form, picture} of an ad in progress.
  document.addEventListener("cutout", ({ detail }) => takePreview(detail));
}

function createParts() {
  const thumb = element("button", { type: "button", class: "cutout-thumb", id: "cutout-look", disabled: true, "aria-label": "Look at the cut-out closely", onclick: () => openEditor({ view: "alone" }) });
  const text = element("span", { class: "cutout-question", id: "cutout-question", role: "status" });
  const button = element("button", { type: "button", class: "plain", id: "cutout-check", "aria-describedby": "cutout-question", onclick: () => openEditor() });
  const section = element("div", { class: "cutout-check", id: "cutout-part", hidden: true }, thumb, text, button, createClearTick("cutout-clear"));
  return { thumb, text, button, section };
}

function render(state) {
  const { photo, form, mode, running } = state;
  if (mode !== "ad") return;
  parts.section.hidden = !photo;
  const wanted = photo ? createKey(photo, form) : "";
  if (wanted !== shown) forgetCutout(wanted);
  const made = !result || result.isPreview ? findMade(state) : null;
  if (made) showCutout(made);
  // An ad in progress cuts out by itself.
  else if (running) abortRequest();
  else if (wanted && !result && !controller) requestCutout(state);
  if (photo) renderWords();
}

const createKey = (photo, form) => JSON.stringify([photo.id, readCorrections(form, photo)]);

function forgetCutout(wanted) {
  abortRequest();
  [shown, result] = [wanted, null];
  showPicture("");
}

function abortRequest() {
  controller?.abort();
  controller = null;
}

async function requestCutout({ photo, form }) {
  const own = new AbortController();
  controller = own;
  try {
    const cutout = await fetchCutout(photo, readCorrections(form, photo), own.signal);
    if (own === controller) showCutout(cutout ?? {});
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

// Returns the cut-out of the ad that is shown, if it is of the photo with its corrections.
function findMade({ versions, current }) {
  const { photo, form, previews, ad } = versions.find(({ id }) => id === current) ?? {};
  const isSame = photo && shown === createKey(photo, form);
  return isSame && previews?.segmentation ? { picture: previews.segmentation, doubt: ad.cutout_doubt, glass: ad.cutout_glass } : null;
}

// What is doubted about it comes with the ad.
function takePreview({ photo, form, picture }) {
  if (!result && shown === createKey(photo, form)) showCutout({ picture, isPreview: true });
}

function showCutout(cutout) {
  abortRequest();
  result = cutout;
  showPicture(cutout.picture);
  renderWords();
}

function showPicture(picture) {
  replaceContent(parts.thumb, picture ? element("img", { src: picture, alt: "The product as it is cut out" }) : null);
  parts.thumb.disabled = !picture;
}

function renderWords() {
  const { photo, form, cutoutDraft } = readState();
  const isDraft = cutoutDraft?.photo === photo.id;
  const corrections = readCorrections(form, photo);
  const isFixed = isCorrected(corrections);
  // A photo that the browser cannot show, such as HEIC in many, cannot be drawn on.
  parts.button.hidden = !photo.preview;
  parts.button.disabled = !result && !isDraft;
  parts.thumb.disabled = !photo.preview || !result?.picture;
  parts.button.disabled = !result;
  parts.button.textContent = isDraft ? "Go on" : isFixed ? "Change it" : "Fix it";
  parts.thumb.classList.toggle("pulse", !result);
  parts.section.classList.toggle("doubted", Boolean(result?.doubt || result?.stage) && !isFixed);
  parts.section.classList.toggle("glass", Boolean(result?.glass) && !corrections.clear);
  const doubts = [isFixed ? "" : result?.doubt, corrections.clear ? "" : result?.glass].filter(Boolean);
  replaceContent(parts.text, element("strong", {}, describeCutout(isDraft, isFixed)), ...doubts.map((doubt) => element("small", {}, doubt)));
}

function describeCutout(isDraft, isFixed) {
  if (isDraft) return "The last corrections are not used yet";
  if (!result) return "Cutting the product out …";
  if (!result.picture) return result.stage ? `${result.title}. ${result.advice}` : "The cut-out comes with the ad";
  return isFixed ? "Cut-out corrected by hand" : QUESTION;
}
