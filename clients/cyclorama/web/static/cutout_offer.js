// Offers the cut-out editor: always, and prominently where the cut-out of an ad is doubted.

import { openEditor } from "./cutout_editor.js";
import { isCorrected, readCorrections, readCutout } from "./cutouts.js";
import { element, find, replaceContent } from "./dom.js";
import { registerPart } from "./form.js";
import { readState, subscribe } from "./store.js";

let button = null;

export function openCutouts() {
  button = element("button", { type: "button", class: "plain", id: "cutout-fix", title: "Fix the cut-out", onclick: () => openEditor() }, "Cut-out");
  find("#edit-tools").append(button);
  registerPart({ name: "cutout", read: (form) => readCutout(form, readState()), onlyAds: true });
  subscribe(["current", "versions", "running", "photo"], renderOffer);
}

// A photo that the browser cannot show, such as HEIC in many, cannot be drawn on.
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
  element("button", { type: "button", class: "primary", onclick: () => openEditor() }, "Fix the cut-out"));
