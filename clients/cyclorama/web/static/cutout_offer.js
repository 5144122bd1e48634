// Offers the cut-out editor: always, and prominently where the cut-out of an ad is doubted.

import { openEditor } from "./cutout_editor.js";
import { isCorrected, readCorrections, readCutout } from "./cutouts.js";
import { element, find, replaceContent } from "./dom.js";
import { registerPart } from "./form.js";
import { readState, subscribe } from "./store.js";

let link = null;
let button = null;

export function openCutouts() {
  link = element("button", { type: "button", class: "link", id: "cutout-check", hidden: true, onclick: openEditor }, "Check the cut-out");
  button = element("button", { type: "button", class: "plain", id: "cutout-fix", title: "Fix the cut-out", onclick: openEditor }, "Cut-out");
  find("#drop").after(link);
  find("#edit-tools").append(button);
  registerPart({ name: "cutout", render: renderLink, read: (form) => readCutout(form, readState()), onlyAds: true });
  subscribe(["current", "versions", "running", "photo"], renderOffer);
  subscribe(["cutoutDraft"], (state) => renderLink(state.form, state));
}

// A photo that the browser cannot show, such as HEIC in many, cannot be drawn on.
function renderLink(form, { photo, cutoutDraft }) {
  link.hidden = !photo?.preview;
  if (cutoutDraft && cutoutDraft.photo === photo?.id) link.textContent = "Go on with the cut-out: the last corrections are not used yet";
  else link.textContent = isCorrected(readCorrections(form, photo)) ? "Cut-out corrected by hand" : "Check the cut-out";
}

function renderOffer({ versions, current, running, photo }) {
  const version = versions.find(({ id }) => id === current);
  const fits = Boolean(version) && !running && version.photo.id === photo?.id && photo.preview;
  button.hidden = !fits;
  const doubt = fits && !isCorrected(readCorrections(version.form, version.photo)) ? version.ad.cutout_doubt : "";
  const place = find("#cutout-editor");
  place.hidden = !doubt;
  replaceContent(place, doubt ? renderDoubt(doubt) : null);
}

const renderDoubt = (doubt) => element("div", { class: "card doubt" },
  element("div", {}, element("h2", {}, "Check the cut-out"), element("p", {}, doubt)),
  element("button", { type: "button", class: "primary", onclick: openEditor }, "Fix the cut-out"));
