// Spots on the ad where its faults are: a number each, which the report has as well.

import { element, find, findAll, replaceContent } from "./dom.js";

// Room around a spot, as a share of the ad's sides: small places are seen then.
const ROOM = 0.012;

let layer = null;
// Name of the fault whose spot was asked for; "" for none.
let chosen = "";

// faults: with {name, label, place}, in the order of their numbers. pinned: names of those that keep
// the ad from being ready, whose numbers are always seen.
export function showSpots(faults, pinned) {
  layer ??= createLayer();
  chosen = "";
  replaceContent(layer, faults.map((fault, at) => renderSpot(fault, at + 1, pinned.includes(fault.name))));
}

// Returns the number of a fault with the button that shows its place.
export const renderPlaceButton = ({ name, label }, number) => [
  element("span", { class: "spot-number", "aria-hidden": "true" }, String(number)),
  element("button", { type: "button", class: "link show-place", "data-place": name, "aria-pressed": "false", "aria-label": `${label}: show where, number ${number} on the ad`, onclick: () => choose(name) }, "Show where"),
];

// Links an item of the report with the spot of its fault.
export function linkSpot(item, name) {
  item.dataset.fault = name;
  for (const event of ["pointerenter", "focusin"]) item.addEventListener(event, () => light(name));
  for (const event of ["pointerleave", "focusout"]) item.addEventListener(event, () => light(chosen));
  return item;
}

function createLayer() {
  const created = element("div", { id: "fault-spots" });
  find("#viewing").append(created);
  return created;
}

function renderSpot({ name, label, place }, number, isPinned) {
  const [left, top] = [place.left - ROOM, place.top - ROOM].map((each) => Math.max(0, each));
  const right = Math.min(1, place.left + place.width + ROOM);
  const bottom = Math.min(1, place.top + place.height + ROOM);
  const spot = element("div", { class: "fault-spot", "data-spot": name },
    element("button", { type: "button", class: "spot-number", "aria-label": `${number}: ${label}`, title: label, hidden: !isPinned, onclick: () => reveal(name), onpointerenter: () => light(name), onpointerleave: () => light(chosen), onfocus: () => light(name), onblur: () => light(chosen) }, String(number)));
  Object.assign(spot.style, { left: share(left), top: share(top), width: share(right - left), height: share(bottom - top) });
  return spot;
}

const share = (value) => `${100 * value}%`;

// Shows the place of a fault until it is asked for once more.
function choose(name) {
  chosen = chosen === name ? "" : name;
  light(chosen);
  for (const each of findAll(".show-place")) each.setAttribute("aria-pressed", String(each.dataset.place === chosen));
  if (chosen) find("#viewing").scrollIntoView({ block: "center" });
}

// Leads from a spot to what is said of it.
function reveal(name) {
  const item = find(`#report [data-fault="${name}"]`);
  item?.scrollIntoView({ block: "center" });
  find(".show-place", item ?? document)?.focus({ preventScroll: true });
}

function light(name) {
  for (const each of findAll("[data-spot]", layer)) each.classList.toggle("lit", each.dataset.spot === name);
  for (const each of findAll("#report [data-fault]")) each.classList.toggle("lit", each.dataset.fault === name);
}
