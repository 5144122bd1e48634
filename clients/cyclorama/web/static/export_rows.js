// The rows of an export: each size with its picture, its verdict, and what is wrong with it.

import { element, find, replaceContent } from "./dom.js";
import { renderFaults } from "./report.js";
import { loadAddress } from "./store.js";
import { openViewer } from "./viewer.js";

// What a link does with a size whose product is placed otherwise.
const PLACES = { automatic: "Place it automatically here", hand: "Use my placement" };

// The elements of the rows, which stay while their rows change, and with them the focus.
let items = [];
// The rows that are made, which the viewer steps through.
let finished = [];

// Shows rows in a list. place(at, how): makes a size again with the product placed by "hand" or
// "automatic"; null while sizes are being made.
export function showRows(list, rows, place) {
  const isSame = items.length === rows.length && items.every(({ dataset, isConnected }, at) => isConnected && dataset.key === describeKey(rows[at]));
  if (!isSame) {
    items = rows.map(createItem);
    replaceContent(list, items);
  }
  for (const [at, row] of rows.entries()) showRow(items[at], row, place && ((how) => place(at, how)));
  finished = rows.filter(({ file }) => file);
}

// Shows a finished size large; the others are one step away.
async function showLarge(file) {
  const views = await Promise.all(finished.map(async (row) => ({ address: await loadAddress(row.file), name: describeRow(row), file: row.name, left_out: row.leftOut ?? [] })));
  const first = await loadAddress(file);
  if (first) openViewer(views.filter(({ address }) => address), first);
}

const describeRow = ({ platform, size }) => `${size.join(" × ")} of ${platform.title}`;

const describeKey = ({ platform, size }) => `${platform.name} ${size.join("x")}`;

const createItem = (row) => element("li", { "data-key": describeKey(row) },
  element("span", { class: "export-thumb" }),
  element("span", { class: "export-name" }, row.size.join(" × "), element("small", {}, row.platform.title)),
  element("span", { class: "export-mark" }),
  element("span", { class: "export-state" }),
  element("div", { class: "export-notes" }));

function showRow(item, row, place) {
  item.dataset.state = row.state;
  showNotes(item, row, place);
  if (row.file) return showFile(item, row);
  delete item.dataset.file;
  for (const each of [".export-thumb", ".export-mark"]) replaceContent(find(each, item));
  find(".export-state", item).textContent = row.text;
  return undefined;
}

async function showFile(item, row) {
  const { file, name, ready } = row;
  if (item.dataset.file === file) return;
  item.dataset.file = file;
  const address = await loadAddress(file);
  if (item.dataset.file !== file) return;
  if (!address) { find(".export-state", item).textContent = "This browser has not kept the file."; return; }
  replaceContent(find(".export-thumb", item), element("button", { type: "button", "aria-label": `Show ${describeRow(row)} large`, onclick: () => showLarge(file) }, element("img", { src: address, alt: "" })));
  find(".export-mark", item).textContent = ready ? "Ready" : "";
  replaceContent(find(".export-state", item), element("a", { href: address, download: name, "aria-label": `Download ${describeRow(row)}` }, "Download"));
}

function showNotes(item, { file, note, misfit, instead, ready, verdict, faults = [], warnings = [] }, place) {
  const shown = JSON.stringify([file, note, Boolean(place)]);
  if (item.dataset.notes === shown) return;
  item.dataset.notes = shown;
  replaceContent(find(".export-notes", item), ...(file ? [
    misfit && element("p", { class: "misfit" }, `${misfit} `, place && instead && element("button", { type: "button", class: "link", onclick: () => place(instead) }, PLACES[instead])),
    note && element("p", {}, note),
    !ready && verdict && element("p", {}, verdict),
    renderFaults(faults, warnings),
  ].filter(Boolean) : []));
}
