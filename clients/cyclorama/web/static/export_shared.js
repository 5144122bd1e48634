// What is to be said of all sizes of an export, which is said once.

import { element, replaceContent } from "./dom.js";
import { renderFaults } from "./report.js";

const describe = (each) => (typeof each === "string" ? each : JSON.stringify([each.name, each.text]));

// rows: judged ones, with {file, ready, verdict, faults, warnings}. Returns what all finished rows have
// in common: {count, verdict, faults, warnings}, empty for fewer than two.
export function findShared(rows) {
  const [first, ...others] = rows.filter(({ file }) => file);
  if (!others.length) return { count: 0, verdict: "", faults: [], warnings: [] };
  const keep = (name) => (first[name] ?? []).filter((each) => others.every((other) => (other[name] ?? []).some((its) => describe(its) === describe(each))));
  const isSame = !first.ready && others.every(({ ready, verdict }) => !ready && verdict === first.verdict);
  return { count: 1 + others.length, verdict: isSame ? first.verdict ?? "" : "", faults: keep("faults"), warnings: keep("warnings") };
}

// Returns a row without what all of them have in common.
export function leaveOutShared(row, shared) {
  const drop = (name) => (row[name] ?? []).filter((each) => !shared[name].some((its) => describe(its) === describe(each)));
  return { ...row, verdict: row.verdict === shared.verdict ? "" : row.verdict, faults: drop("faults"), warnings: drop("warnings") };
}

// Shows in a place what all sizes have in common.
export function showShared(place, { count, verdict, faults, warnings }) {
  const notes = renderFaults(faults, warnings);
  const content = JSON.stringify([count, verdict, faults, warnings]);
  if (place.dataset.content === content) return;
  place.dataset.content = content;
  place.hidden = !verdict && !notes;
  replaceContent(place, element("p", {}, `All ${count}: ${verdict || "worth a look."}`), notes);
}
