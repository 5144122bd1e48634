// The stages as they happen: a card each, and the picture as it develops.

import { el, fill, one, seconds } from "./dom.js";

export const STAGES = {
  segmentation: ["Cut-out", "Cutting the product out"],
  background: ["Background", "Making the scene"],
  compositing: ["Composite", "Setting the product in"],
  inpainting: ["Grounding", "Adding light and shadow"],
  finishing: ["File", "Writing the file"],
};
// Which stage's picture is worth most to look at.
const ORDER = Object.keys(STAGES);

let cards = {};
let seen = {};

export function openStages(ratio, photo) {
  cards = Object.fromEntries(ORDER.map((stage) => [stage, card(stage)]));
  seen = {};
  fill(one("#stages"), ...Object.values(cards));
  one("#stages").hidden = false;
  fill(one("#canvas"), el("div", { class: "canvas", "--ratio": ratio },
    el("img", { class: "veil", src: photo, alt: "" }),
    el("img", { class: "whole", id: "developing", src: photo, alt: "The picture so far" }),
    el("div", { class: "working" }, el("span", { id: "doing" }, "Starting"), el("span", { id: "share" }))));
}

export function showEvent(event) {
  const told = {
    started: ["working", "At work", 0],
    progress: ["working", `${Math.round(100 * event.fraction)} %`, event.fraction],
    finished: event.cached ? ["cached", "Kept from before", 1] : ["done", `${seconds(event.seconds)} · ${event.engine}`, 1],
  }[event.kind];
  set(event.stage, ...told);
  if (event.preview) showPreview(event);
  const working = ORDER.filter((stage) => cards[stage].dataset.state === "working").pop();
  if (working) {
    one("#doing").textContent = STAGES[working][1];
    const share = Number(one("progress", cards[working]).value);
    one("#share").textContent = share ? `${Math.round(100 * share)} %` : "";
  }
}

// The finished file is the last stage's picture.
export function showFile(address) {
  fill(one(".thumb", cards.finishing), el("img", { src: address, alt: "" }));
}

export function failStages(stage) {
  for (const name of ORDER) {
    const state = cards[name].dataset.state;
    if (name === stage) set(name, "failed", "Failed", 0);
    else if (state === "working" || state === "waiting") set(name, "waiting", "Stopped", 0);
  }
}

function card(stage) {
  return el("li", { class: "stage", "data-stage": stage, "data-state": "waiting" },
    el("span", { class: "thumb" }),
    el("span", {}, el("strong", {}, STAGES[stage][0]), el("span", { class: "told" }, "Waiting")),
    el("progress", { max: 1, value: 0, "aria-label": STAGES[stage][0] }));
}

function set(stage, state, text, share) {
  cards[stage].dataset.state = state;
  one(".told", cards[stage]).textContent = text;
  one("progress", cards[stage]).value = state === "working" ? share : 0;
}

function showPreview(event) {
  seen[event.stage] = event.preview;
  fill(one(".thumb", cards[event.stage]), el("img", { src: event.preview, alt: "" }));
  const best = ORDER.filter((stage) => seen[stage]).pop();
  const shown = one("#developing");
  if (!shown) return;
  shown.src = seen[best];
  shown.className = best === "segmentation" ? "whole cutout" : "fill developing";
}
