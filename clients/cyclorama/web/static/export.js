// The export: the ad that is shown in every size of some platforms, and one zip of all.

import { announce, element, find, replaceContent } from "./dom.js";
import { isFinished, makeSizes } from "./export_run.js";
import { listSets } from "./export_sets.js";
import { loadAddress, loadBlob, readState, subscribe, updateState } from "./store.js";
import { createZip } from "./zip.js";

let sets = [];
let controller = null;
// Elements of the rows, which stay while their rows change.
let items = [];

export function openExport() {
  subscribe(["current", "mode"], showPart);
  subscribe(["exported", "versions"], renderRows);
}

// Shows the choice of a set. platforms: as the server lists them.
export function renderExport(platforms) {
  sets = listSets(platforms);
  const choice = element("select", { id: "export-set", onchange: showCount }, sets.map(({ title, sizes }, at) =>
    element("option", { value: at }, `${title}, ${sizes.length} ${sizes.length === 1 ? "size" : "sizes"}`)));
  replaceContent(find("#export-part"),
    element("h2", { class: "details" }, "All sizes of a platform"),
    element("div", { class: "export-choice" },
      element("label", { class: "hidden", for: "export-set" }, "Platform"), choice,
      element("button", { type: "button", class: "plain", id: "export-make", onclick: startExport }, "Make all sizes"),
      element("button", { type: "button", class: "plain", id: "export-cancel", hidden: true, onclick: () => controller?.abort() }, "Cancel")),
    element("progress", { id: "export-progress", "aria-label": "Sizes that are made", value: 0, hidden: true }),
    element("small", { class: "hint", id: "export-version" }),
    element("ul", { class: "export-rows", id: "export-rows" }),
    element("div", { class: "tools", id: "export-files" }));
  items = [];
  showCount();
  showPart(readState());
  continueExport();
}

function showPart({ current, mode }) {
  find("#export-part").hidden = !current || mode !== "ad" || !sets.length;
}

function showCount() {
  const { sizes } = sets[Number(find("#export-set").value)];
  find("#export-make").textContent = sizes.length === 1 ? "Make this size" : `Make all ${sizes.length} sizes`;
}

// Exports the version that is shown, with the settings that made it.
function startExport() {
  const { versions, current } = readState();
  const { id, options, photo } = versions.find((each) => each.id === current);
  const { sizes } = sets[Number(find("#export-set").value)];
  const rows = sizes.map((each) => ({ ...each, state: "waiting", text: "Waiting", note: "", file: "", name: "" }));
  updateState({ exported: { version: id, options, photo, rows } });
  announce(`${rows.length} sizes are being made.`);
  return runExport();
}

// Continues the export that a reload interrupted; its finished steps are cached.
function continueExport() {
  const { exported } = readState();
  if (!exported) return;
  renderRows(readState());
  if (exported.rows.some(({ state }) => state === "waiting" || state === "running")) runExport();
}

async function runExport() {
  if (controller) return;
  controller = new AbortController();
  renderRows(readState());
  try {
    await makeSizes(controller.signal);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    cancelRows();
  } finally {
    controller = null;
    renderRows(readState());
  }
  const { done, missing } = countRows(readState().exported.rows);
  announce(missing ? `${done} sizes are ready, ${missing} are not.` : `All ${done} sizes are ready.`);
}

function cancelRows() {
  const { exported } = readState();
  const cancelRow = (row) => (row.state === "done" || row.state === "failed" ? row : { ...row, state: "failed", text: "Cancelled" });
  updateState({ exported: { ...exported, rows: exported.rows.map(cancelRow) } });
}

function countRows(rows) {
  const done = rows.filter(isFinished).length;
  return { done, missing: rows.length - done };
}

function renderRows({ exported, versions }) {
  if (!exported || !find("#export-rows")) return;
  const { version, rows } = exported;
  const number = versions.findIndex(({ id }) => id === version) + 1;
  find("#export-version").textContent = number ? `The sizes of version ${number}:` : "";
  if (items.length !== rows.length || items.some(({ dataset }, at) => dataset.key !== describeKey(rows[at]))) {
    items = rows.map(createItem);
    replaceContent(find("#export-rows"), items);
  }
  for (const [at, row] of rows.entries()) showRow(items[at], row);
  showRunning(Boolean(controller), rows);
}

const describeKey = ({ platform, size }) => `${platform.name} ${size.join("x")}`;

const createItem = (row) => element("li", { "data-key": describeKey(row) },
  element("span", { class: "export-thumb" }),
  element("span", { class: "export-name" }, row.size.join(" × "), element("small", {}, row.platform.title)),
  element("span", { class: "export-state" }));

function showRow(item, row) {
  item.dataset.state = row.state;
  if (row.file) return showFile(item, row);
  delete item.dataset.file;
  replaceContent(find(".export-thumb", item));
  find(".export-state", item).textContent = row.text;
  return undefined;
}

async function showFile(item, { file, name, note }) {
  if (item.dataset.file === file) return;
  item.dataset.file = file;
  const address = await loadAddress(file);
  if (item.dataset.file !== file) return;
  if (!address) { find(".export-state", item).textContent = "This browser has not kept the file."; return; }
  replaceContent(find(".export-thumb", item), element("img", { src: address, alt: "" }));
  replaceContent(find(".export-state", item), element("a", { href: address, download: name }, "Download"), note);
}

function showRunning(isRunning, rows) {
  const { done, missing } = countRows(rows);
  find("#export-make").hidden = isRunning;
  find("#export-cancel").hidden = !isRunning;
  find("#export-progress").hidden = !isRunning;
  Object.assign(find("#export-progress"), { max: rows.length, value: done });
  find("#export-set").disabled = isRunning;
  replaceContent(find("#export-files"),
    !isRunning && done > 0 && element("button", { type: "button", class: "primary", id: "export-download", onclick: downloadZip }, `Download ${done} as zip`),
    !isRunning && missing > 0 && element("button", { type: "button", class: "plain", id: "export-retry", onclick: runExport }, `Try ${missing} again`));
}

async function downloadZip() {
  const finished = readState().exported.rows.filter(isFinished);
  const files = await Promise.all(finished.map(async ({ name, file }) => ({ name, blob: await loadBlob(file) })));
  const zip = await createZip(files.filter(({ blob }) => blob));
  const link = element("a", { href: URL.createObjectURL(zip), download: `${files[0].name.split("_").slice(0, 2).join("_")}.zip` });
  link.click();
  URL.revokeObjectURL(link.href);
}
