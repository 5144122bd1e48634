// The progress of the stages: a card for each, a preview of the picture, and the time left.

import { addWork, expectStages } from "./ad_work.js";
import { showCanvas } from "./canvas.js";
import { element, find, formatSeconds, replaceContent } from "./dom.js";
import { readState, updateState } from "./store.js";
import { createTimeLeft, describeTimeLeft } from "./time_left.js";

export const STAGES = {
  segmentation: ["Cut-out", "Cutting the product out"],
  background: ["Scene", "Making the scene"],
  compositing: ["Placement", "Placing the product"],
  inpainting: ["Light and shadow", "Adding light and shadow"],
  finishing: ["File", "Writing the file"],
};
// Later stages have better previews.
const ORDER = Object.keys(STAGES);

let cards = {};
let previews = {};
// By stage: {state, fraction, position in the queue}.
let progress = {};
let sizeOfAd = null;
let timeLeft = null;
let clock = null;

// Hides the stages where an ad is shown that is not the last one made.
export const hideStages = () => { find("#stages").hidden = true; };

// size: width and height, or null. photo: its address; empty where the browser cannot show it.
// skipped: the names of stages that do not run, as that of the scene with an own backdrop.
export function openStages(size, photo, skipped) {
  cards = Object.fromEntries(ORDER.map((stage) => [stage, card(stage)]));
  progress = Object.fromEntries(ORDER.map((stage) => [stage, { state: "waiting", fraction: 0, position: null }]));
  previews = {};
  [sizeOfAd, timeLeft] = [size ?? [1024, 1024], createTimeLeft()];
  const [width, height] = size ?? [1, 1];
  replaceContent(find("#stages"), ...Object.values(cards));
  find("#stages").hidden = false;
  showCanvas(width / height,
    photo ? element("img", { class: "veil", src: photo, alt: "" }) : null,
    element("img", { class: "whole", id: "developing", src: photo || null, hidden: !photo, alt: "The picture so far" }),
    element("div", { class: "working" }, element("span", { id: "doing" }, "Starting"), element("span", { id: "share" }),
      element("button", { type: "button", class: "link one-column", id: "cancel-here", onclick: () => find("#cancel").click() }, "Cancel"),
      element("progress", { id: "work-done", max: 1, value: 0, "aria-label": "The ad so far" })));
  for (const stage of skipped) skipStage(stage);
  clock = setInterval(showTimeLeft, 1000);
}

const skipStage = (stage) => setStage(stage, "cached", "Not needed", 1);

// Shows an event of the stream: an upload, or what a stage did.
export function showEvent(event) {
  if (event.kind === "upload") return showUpload(event.fraction);
  if (event.kind === "queued") return showWait(event.queue_position);
  const status = {
    started: ["working", "Running", 0],
    progress: ["working", event.queue_position ? describeQueue(event.queue_position) : formatPercent(event.fraction), event.fraction],
    finished: event.cached ? ["cached", "Not changed", 1] : ["done", formatSeconds(event.seconds), 1],
  }[event.kind];
  setStage(event.stage, ...status);
  progress[event.stage].position = event.queue_position;
  if (event.kind === "finished" && !event.cached) keepDuration(event);
  if (event.preview) showPreview(event);
  showTimeLeft();
}

export const formatPercent = (fraction) => `${Math.round(100 * fraction)} %`;

export const describeQueue = (position) => (position === 1 ? "1 picture before yours" : `${position} pictures before yours`);

export const describeAdsBefore = (count) => (count === 1 ? "1 ad before yours" : `${count} ads before yours`);

function showWait(count) {
  find("#doing").textContent = "Waiting";
  find("#share").textContent = describeAdsBefore(count);
}

function showUpload(fraction) {
  find("#doing").textContent = fraction < 1 ? "Sending the photo" : "The photo is sent";
  find("#share").textContent = fraction < 1 ? formatPercent(fraction) : "";
}

// The slower of two stages that run at once is named, since the other waits for it.
function showTimeLeft() {
  const working = ORDER.filter((stage) => progress[stage].state === "working").pop();
  if (!working || !find("#doing")) return;
  const { position } = progress[working];
  find("#doing").textContent = position ? `Waiting: ${describeQueue(position)}` : STAGES[working][1];
  const work = measureWork();
  find("#share").textContent = describeTimeLeft(timeLeft.estimate(work));
  // What is expected may grow; what was shown as done stays done.
  const done = find("#work-done");
  done.value = Math.max(done.value, work.done / (work.done + work.left) || 0);
}

// What is cached is no work; pictures that an image server makes before are.
function measureWork() {
  const { durations } = readState();
  const expected = expectStages(sizeOfAd, durations);
  const works = ORDER.filter((stage) => progress[stage].state !== "cached").map((stage) => {
    const { state, fraction, position } = progress[stage];
    const share = state === "done" ? 1 : state === "working" ? fraction : 0;
    return { seconds: expected[stage] * (1 + (position ?? 0)), share: share / (1 + (position ?? 0)) };
  });
  return addWork(works, durations);
}

function keepDuration({ stage, seconds }) {
  const { durations } = readState();
  const size = String(sizeOfAd);
  updateState({ durations: { ...durations, [size]: { ...durations[size], [stage]: seconds } } });
}

// Shows the finished file as the last stage's picture.
export function showFile(address) {
  replaceContent(find(".thumb", cards.finishing), element("img", { src: address, alt: "" }));
}

export const closeStages = () => clearInterval(clock);

export function failStages(stage) {
  for (const name of ORDER) {
    const { state } = progress[name];
    if (name === stage) setStage(name, "failed", "Failed", 0);
    else if (state === "working" || state === "waiting") setStage(name, "waiting", "Stopped", 0);
  }
}

function card(stage) {
  return element("li", { class: "stage", "data-stage": stage, "data-state": "waiting" },
    element("span", { class: "thumb" }),
    element("span", {}, element("strong", {}, STAGES[stage][0]), element("span", { class: "status-text" }, "Waiting")),
    element("progress", { max: 1, value: 0, "aria-label": STAGES[stage][0] }));
}

function setStage(stage, state, text, fraction) {
  Object.assign(progress[stage], { state, fraction });
  cards[stage].dataset.state = state;
  find(".status-text", cards[stage]).textContent = text;
  find("progress", cards[stage]).value = state === "working" ? fraction : 0;
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
