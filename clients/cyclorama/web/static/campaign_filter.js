// Which ads of a campaign are shown: all, those to look at, those that are ready, those that failed.

import { element, find, findAll, replaceContent } from "./dom.js";

// Ads from which on there is a filter. Fewer are seen at once.
const LEAST = 7;
const KINDS = [["all", "All"], ["look", "To look at"], ["ready", "Ready"], ["failed", "Failed"]];

// statuses: of all ads that are not left out.
export function showFilter(statuses) {
  const place = find("#campaign-filter");
  const counts = { all: statuses.length };
  for (const each of statuses) counts[each] = (counts[each] ?? 0) + 1;
  const kinds = KINDS.filter(([kind]) => counts[kind]);
  place.hidden = statuses.length < LEAST || kinds.length < 2;
  const chosen = kinds.some(([kind]) => kind === readFilter()) && !place.hidden ? readFilter() : "all";
  find("#campaign").dataset.filter = chosen;
  const text = JSON.stringify([counts, chosen]);
  if (place.dataset.shown === text) return;
  place.dataset.shown = text;
  const { kind: focused } = document.activeElement?.dataset ?? {};
  replaceContent(place, kinds.map(([kind, title]) => element("button", { type: "button", "data-kind": kind, "aria-pressed": String(kind === chosen), onclick: () => choose(kind, statuses) }, `${title} ${counts[kind]}`)));
  findAll("button", place).find(({ dataset }) => dataset.kind === focused)?.focus();
}

const readFilter = () => find("#campaign").dataset.filter ?? "all";

function choose(kind, statuses) {
  find("#campaign").dataset.filter = kind;
  showFilter(statuses);
}
