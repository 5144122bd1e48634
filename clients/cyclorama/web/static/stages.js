// The progress of the stages: a card for each, and a preview of the picture.

import { element, find, formatSeconds, replaceContent } from "./dom.js";

export const STAGES = {
  segmentation: ["Cut-out", "Cutting the product out"],
  background: ["Background", "Making the scene"],
  compositing: ["Composite", "Placing the product"],
  inpainting: ["Grounding", "Adding light and shadow"],
  finishing: ["File", "Writing the file"],
};
// Later stages have better previews.
const ORDER = Object.keys(STAGES);

let cards = {};
let previews = {};

// photo: its address; empty where the browser cannot show it.
export function openStages(ratio, photo) {
  cards = Object.fromEntries(ORDER.map((stage) => [stage, card(stage)]));
  previews = {};
  replaceContent(find("#stages"), ...Object.values(cards));
  find("#stages").hidden = false;
  replaceContent(find("#canvas"), element("div", { class: "canvas", "--ratio": ratio },
    photo ? element("img", { class: "veil", src: photo, alt: "" }) : null,
    element("img", { class: "whole", id: "developing", src: photo || null, hidden: !photo, alt: "The picture so far" }),
    element("div", { class: "working" }, element("span", { id: "doing" }, "Starting"), element("span", { id: "share" }))));
}

export function showEvent(event) {
  const status = {
    started: ["working", "Running", 0],
    progress: ["working", event.queue_position ? `number ${event.queue_position + 1} in the queue` : `${Math.round(100 * event.fraction)} %`, event.fraction],
    finished: event.cached ? ["cached", "Cached", 1] : ["done", `${formatSeconds(event.seconds)} · ${event.engine}`, 1],
  }[event.kind];
  set(event.stage, ...status);
  if (event.preview) showPreview(event);
  const working = ORDER.filter((stage) => cards[stage].dataset.state === "working").pop();
  if (working) {
    find("#doing").textContent = STAGES[working][1];
    const share = Number(find("progress", cards[working]).value);
    find("#share").textContent = share ? `${Math.round(100 * share)} %` : "";
  }
}

// Shows the finished file as the last stage's picture.
export function showFile(address) {
  replaceContent(find(".thumb", cards.finishing), element("img", { src: address, alt: "" }));
}

export function failStages(stage) {
  for (const name of ORDER) {
    const state = cards[name].dataset.state;
    if (name === stage) set(name, "failed", "Failed", 0);
    else if (state === "working" || state === "waiting") set(name, "waiting", "Stopped", 0);
  }
}

function card(stage) {
  return element("li", { class: "stage", "data-stage": stage, "data-state": "waiting" },
    element("span", { class: "thumb" }),
    element("span", {}, element("strong", {}, STAGES[stage][0]), element("span", { class: "status-text" }, "Waiting")),
    element("progress", { max: 1, value: 0, "aria-label": STAGES[stage][0] }));
}

function set(stage, state, text, share) {
  cards[stage].dataset.state = state;
  find(".status-text", cards[stage]).textContent = text;
  find("progress", cards[stage]).value = state === "working" ? share : 0;
}

function showPreview(event) {
  previews[event.stage] = event.preview;
  replaceContent(find(".thumb", cards[event.stage]), element("img", { src: event.preview, alt: "" }));
  const best = ORDER.filter((stage) => previews[stage]).pop();
  const shown = find("#developing");
  if (!shown) return;
  shown.src = previews[best];
  shown.hidden = false;
  shown.className = best === "segmentation" ? "whole cutout" : "fill developing";
}
