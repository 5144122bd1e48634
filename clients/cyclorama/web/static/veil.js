// Says that the backdrop of an ad was changed behind its words, and turns that off.

import { makeAd } from "./ad.js";
import { element, find, replaceContent } from "./dom.js";
import { changeLettering } from "./lettering.js";
import { subscribe } from "./store.js";

export const openVeil = () => subscribe(["current", "versions", "running"], render);

function render({ versions, current, running }) {
  const version = versions.find(({ id }) => id === current);
  const isShown = Boolean(version?.ad.lettering?.veiled) && !running;
  find("#veil-note").hidden = !isShown;
  replaceContent(find("#veil-note"), isShown ? [
    "Behind the words, the backdrop is darker or lighter, so that they can be read. ",
    element("button", { type: "button", class: "link", id: "veil-off", onclick: leaveOutVeil }, "Turn this off"),
  ] : []);
}

function leaveOutVeil() {
  changeLettering({ veil: false });
  makeAd();
}
