// The rows of an export: each size with its picture, its verdict, and what is wrong with it.

import { SEEN_THROUGH, judgeAd, readChecked } from "./checked.js";
import { element, find, replaceContent } from "./dom.js";
import { readPreview } from "./export_run.js";
import { describeKey, drawShape } from "./export_sets.js";
import { findShared, leaveOutShared, showShared } from "./export_shared.js";
import { renderFaults } from "./report.js";
import { loadAddress } from "./store.js";
import { openViewer } from "./viewer.js";

// What a link does with a size whose product is placed otherwise.
const PLACES = { automatic: "Place it automatically here", hand: "Use my placement" };

// Pixels of the longer side of the shape of a size that has no picture yet.
const SHAPE = 34;

// The elements of the rows, which stay while their rows change, and with them the focus.
let items = [];
// The rows that are made, which the viewer steps through.
let finished = [];

// Shows the rows of an export in a list. does: {place, take}. place(at, how): makes a size again with
// the product placed by "hand" or "automatic"; null while sizes are being made. take(at, isTaken): puts
// a size into the zip or leaves it out.
export function showRows(list, exported, { place, take }) {
  const { rows } = exported;
  const isSame = items.length === rows.length && items.every(({ dataset, isConnected }, at) => isConnected && dataset.key === describeKey(rows[at]));
  if (!isSame) {
    items = rows.map((row, at) => createItem(row, (isTaken) => take(at, isTaken)));
    replaceContent(list, items);
  }
  const judged = rows.map((row, at) => ({ ...row, ...judgeRow(row, exported), preview: readPreview(at) }));
  const shared = findShared(judged);
  for (const [at, row] of judged.entries()) showRow(items[at], leaveOutShared(row, shared), place && ((how) => place(at, how)));
  showShared(find("#export-shared"), shared);
  finished = rows.filter(({ file }) => file);
}

// Returns {ready, verdict, faults} of a finished size: what was called right of the ad that is exported
// is right in its sizes too.
export function judgeRow(row, { version, options }) {
  const wanted = [...readChecked(version), ...(options.clear ? [SEEN_THROUGH] : [])];
  const { ready, verdict } = judgeAd(row, "", wanted);
  return { ready, verdict, faults: (row.faults ?? []).filter(({ name }) => !wanted.includes(name)) };
}

// Shows a finished size large; the others are one step away.
async function showLarge(file) {
  const views = await Promise.all(finished.map(async (row) => ({ address: await loadAddress(row.file), name: describeRow(row), file: row.name, brief: () => row.shown ?? {} })));
  const first = await loadAddress(file);
  if (first) openViewer(views.filter(({ address }) => address), first);
}

export const describeRow = ({ platform, size }) => `${size.join(" × ")} of ${platform.title}`;

const createItem = (row, take) => element("li", { "data-key": describeKey(row) },
  element("span", { class: "export-thumb" }),
  element("span", { class: "export-name" }, row.size.join(" × "), element("small", {}, row.platform.title)),
  element("span", { class: "export-mark" }),
  element("span", { class: "export-state" }),
  element("label", { class: "export-take", hidden: true },
    element("input", { type: "checkbox", "aria-label": `Put ${describeRow(row)} into the zip`, onchange: ({ target }) => take(target.checked) }), "Zip"),
  element("div", { class: "export-notes" }));

function showRow(item, row, place) {
  item.dataset.state = row.state;
  showNotes(item, row, place);
  find(".export-take", item).hidden = !row.file;
  find(".export-take input", item).checked = !row.isLeftOut;
  showMark(find(".export-mark", item), row);
  if (row.file) return showFile(item, row);
  delete item.dataset.file;
  showPreview(find(".export-thumb", item), row);
  find(".export-state", item).textContent = row.text;
  return undefined;
}

function showMark(mark, { file, ready }) {
  mark.dataset.ready = String(Boolean(ready));
  mark.textContent = !file ? "" : ready ? "Ready" : "Look first";
}

// Shows a size that is in the making as far as it is, or its shape.
function showPreview(thumb, { state, size, preview }) {
  const address = (state === "running" && preview) || "";
  if (thumb.firstChild && (find("img", thumb)?.src ?? "") === address) return;
  replaceContent(thumb, address ? element("img", { class: "unfinished", src: address, alt: "" }) : drawShape(size, SHAPE));
}

async function showFile(item, row) {
  const { file, name } = row;
  if (item.dataset.file === file) return;
  item.dataset.file = file;
  const address = await loadAddress(file);
  if (item.dataset.file !== file) return;
  if (!address) { find(".export-state", item).textContent = "This browser has not kept the file."; return; }
  replaceContent(find(".export-thumb", item), element("button", { type: "button", "aria-label": `Show ${describeRow(row)} large`, onclick: () => showLarge(file) }, element("img", { src: address, alt: "" })));
  replaceContent(find(".export-state", item), element("a", { href: address, download: name, "aria-label": `Download ${describeRow(row)}` }, "Download"));
}

function showNotes(item, { file, note, misfit, instead, ready, verdict, faults = [], warnings = [] }, place) {
  const shown = JSON.stringify([file, note, Boolean(place), verdict, faults.length, warnings.length]);
  if (item.dataset.notes === shown) return;
  item.dataset.notes = shown;
  replaceContent(find(".export-notes", item), ...(file ? [
    misfit && element("p", { class: "misfit" }, `${misfit} `, place && instead && element("button", { type: "button", class: "plain", onclick: () => place(instead) }, PLACES[instead])),
    note && element("p", {}, note),
    !ready && verdict && element("p", {}, verdict),
    renderFaults(faults, warnings),
  ].filter(Boolean) : []));
}
