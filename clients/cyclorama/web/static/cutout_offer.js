// Offers the cut-out editor: always, and prominently where the cut-out of an ad is doubted.

import { openEditor } from "./cutout_editor.js";
import { describeCorrections, isCorrected, readCorrections } from "./cutouts.js";
import { element, find, replaceContent } from "./dom.js";
import { registerPart } from "./form.js";
import { readState, subscribe } from "./store.js";
import { findCurrent } from "./versions.js";

// Overlap of two cut-outs of a photo, intersection over union of their boxes, from which both show
// the same product. Larger: fewer corrections keep camera and scene.
const SAME_PRODUCT = 0.6;

let button = null;

export function openCutouts() {
  button = element("button", { type: "button", class: "plain", id: "cutout-fix", title: "Fix the cut-out", onclick: () => openEditor() }, "Cut-out");
  find("#edit-tools").append(button);
  registerPart({ name: "cutout", read: (form) => readCutout(form, readState()), onlyAds: true });
  subscribe(["current", "versions", "running", "photo"], renderOffer);
}

// Returns the options that the server gets from the corrections. One of the product of the ad that
// is shown keeps the view of its photo, so that camera, lean and scene stay.
function readCutout(form, state) {
  const { photo } = state;
  const version = findCurrent(state);
  const bounds = form.cutout?.photo === photo?.id ? form.cutout?.bounds : null;
  const isSame = bounds && version?.photo.id === photo.id && version.ad.cutout && measureOverlap(bounds, version.ad.cutout) >= SAME_PRODUCT;
  return { ...describeCorrections(readCorrections(form, photo)), ...(isSame && { view: version.ad.cutout.view }) };
}

function measureOverlap(one, other) {
  const [across, down] = [["left", "width"], ["top", "height"]].map(([start, size]) =>
    Math.max(0, Math.min(one[start] + one[size], other[start] + other[size]) - Math.max(one[start], other[start])));
  return (across * down) / (one.width * one.height + other.width * other.height - across * down);
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
