// What an ad shows of its prompt: a chip for each part, shown, shown in part or left out.

import { element } from "./dom.js";
import { fetchJson } from "./stream.js";

// Returns what the ad of a campaign shows of its prompt: {understood, left_out, in_part}.
export async function fetchBrief({ brief, left_out }) {
  return { understood: [], left_out, in_part: [], ...(brief && (await fetchJson(brief))) };
}

// Returns null for engines that do not report what they understood. inPart: those of the understood
// words whose place is not all in view. Words that are left out as well as understood are shown in
// part, as the nearest that the scenes have.
export function renderBrief(understood, leftOut, inPart = []) {
  if (!understood.length && !leftOut.length) return null;
  const nearest = new Map(leftOut.map((each) => [each.words, each.nearest]));
  const isPart = (words) => inPart.includes(words) || nearest.has(words);
  return element("ul", { class: "chips", "aria-label": "What the ad shows of the prompt" },
    understood.map((words) => (isPart(words) ? renderPart(words, nearest.get(words)) : renderShown(words))),
    leftOut.filter(({ words }) => !understood.includes(words)).map(renderLeftOut));
}

const renderShown = (words) => element("li", { class: "chip" }, element("span", { class: "hidden" }, "Shown: "), words);

const renderPart = (words, nearest) => element("li",
  { class: "chip part", title: nearest ? `The nearest that can be shown: ${nearest}` : "The report says what is missing, under Place" },
  element("span", { class: "hidden" }, "Shown in part: "), words, element("span", {}, nearest ? ` in part, ${nearest}` : " in part"));

function renderLeftOut({ words, nearest }) {
  return element("li", { class: "chip out", title: nearest ? `The nearest that can be shown: ${nearest}` : "It is nowhere in view, and the scenes have nothing like it" },
    element("span", { class: "hidden" }, "Left out: "), element("s", {}, words),
    element("span", {}, nearest ? ` nearest: ${nearest}` : " not in view"));
}
