// What an ad shows of its prompt: a chip for each part, shown or left out.

import { element } from "./dom.js";

// Returns null for engines that do not report what they understood.
export function renderBrief(understood, leftOut) {
  if (!understood.length && !leftOut.length) return null;
  return element("ul", { class: "chips", "aria-label": "What the ad shows of the prompt" },
    understood.map(renderShown), leftOut.map(renderLeftOut));
}

const renderShown = (words) => element("li", { class: "chip" }, element("span", { class: "hidden" }, "Shown: "), words);

function renderLeftOut({ words, nearest }) {
  return element("li", { class: "chip out", title: nearest ? `The nearest that can be shown: ${nearest}` : "The scenes have nothing like it" },
    element("span", { class: "hidden" }, "Left out: "), element("s", {}, words),
    element("span", {}, nearest ? ` nearest: ${nearest}` : " nothing like it"));
}
