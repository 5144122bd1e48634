// The export: the ad that is shown in sizes of some platforms, and one zip of them.

import { addWork, expectStages, sum } from "./ad_work.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { findEarlier } from "./earlier_ad.js";
import { describeRow, judgeRow, showRows } from "./export_rows.js";
import { changeRow, isFinished, makeSizes } from "./export_run.js";
import { createChoice, disableChoice, hasChoice, openChoice, readChosen, render as renderChoice } from "./export_choice.js";
import { describeKey } from "./export_sets.js";
import { nameZip } from "./file_names.js";
import { readForm } from "./form.js";
import { announcePart, followOtherParts } from "./open_part.js";
import { EMPTY_FORM, readState, subscribe, updateState } from "./store.js";
import { createTimeLeft, describeTimeLeft } from "./time_left.js";
import { readNaming, restoreVersion } from "./versions.js";
import { downloadZip, nameProof } from "./zip.js";

let controller = null;
let timeLeft = createTimeLeft();
// Files of sizes that were made before this run.
let before = new Set();
// Whether the part is open; null: where the sizes of the ad that is shown were made.
let isOpen = null;

export function openExport() {
  find("#export-open").addEventListener("click", togglePart);
  // Above the variants and versions of another ad, it would only be in their way.
  subscribe(["current", "photo"], () => { isOpen = null; });
  subscribe(["current", "photo", "running", "mode", "exported"], showPart);
  subscribe(["exported", "versions", "current", "checked"], renderRows);
  openChoice();
  // What is being made stays in view.
  followOtherParts("export", () => { if (!controller) { isOpen = false; showPart(readState()); } });
}

// Shows the choice of sizes. platforms: as the server lists them.
export function renderExport(platforms) {
  const { select, ticks } = createChoice(platforms);
  replaceContent(find("#export-part"),
    element("h2", { class: "details" }, "All sizes"),
    element("div", { class: "export-choice" },
      element("label", { class: "hidden", for: "export-set" }, "Platform"),
      select,
      element("button", { type: "button", class: "primary", id: "export-make", onclick: startExport }),
      element("button", { type: "button", class: "plain", id: "export-cancel", hidden: true, onclick: () => controller?.abort() }, "Cancel")),
    element("small", { class: "hint", id: "export-sizes" }),
    ticks,
    element("progress", { id: "export-progress", "aria-label": "Sizes that are made", value: 0, hidden: true }),
    element("small", { class: "hint", id: "export-left", hidden: true }),
    element("small", { class: "hint", id: "export-version", hidden: true },
      element("span"), element("button", { type: "button", class: "link", onclick: showExported })),
    element("div", { id: "export-common" }, element("div", { class: "export-notes", id: "export-shared", hidden: true })),
    element("ul", { class: "export-rows", id: "export-rows" }),
    element("div", { class: "tools", id: "export-files" }));
  renderChoice();
  showPart(readState());
  continueExport();
}

function togglePart() {
  isOpen = find("#export-part").hidden;
  showPart(readState());
  if (!isOpen) return;
  announcePart("export");
  find("#export-part").scrollIntoView({ block: "nearest" });
  find("#export-set").focus({ preventScroll: true });
}

function showPart(state) {
  const { current, mode, exported } = state;
  const canExport = Boolean(current) && mode === "ad" && hasChoice() && !findEarlier(state);
  find("#export-open").hidden = !canExport;
  find("#export-part").hidden = !canExport || !(isOpen ?? exported?.version === current);
  find("#export-open").setAttribute("aria-expanded", String(!find("#export-part").hidden));
}

// Shows the version again whose sizes were made.
function showExported() {
  const { versions, exported, running } = readState();
  if (!running) restoreVersion(versions.find(({ id }) => id === exported.version));
}

// Exports the version that is shown, with the settings that made it.
function startExport() {
  const { versions, current } = readState();
  const version = versions.find((each) => each.id === current);
  const rows = readChosen().map((each) => ({ ...each, state: "waiting", text: "Waiting" }));
  const { placement, width, height } = version.ad;
  updateState({ exported: { version: version.id, options: readOptions(version), photo: version.photo, naming: readNaming(version), placement, ratio: width / height, rows } });
  announce(rows.length === 1 ? "One size is being made." : `${rows.length} sizes are being made.`);
  find("#export-ticks").open = false;
  const running = runExport(true);
  find("#export-part").scrollIntoView({ block: "start" });
  return running;
}

// Versions of an earlier page were kept without the options that made them.
const readOptions = ({ options, form, seed }) => options ?? { ...readForm({ ...EMPTY_FORM, ...form }), seed };

// Makes a size again, with the product placed by "hand", as in the ad, or "automatic".
function placeAgain(at, place) {
  changeRow(at, { state: "waiting", text: "Waiting", file: "", place });
  return runExport(true);
}

// Continues the export that a reload interrupted; its finished steps are cached.
function continueExport() {
  const { exported } = readState();
  if (!exported) return;
  renderRows(readState());
  if (exported.rows.some(({ state }) => state === "waiting" || state === "running")) runExport();
}

// takesFocus: whether the focus was on a button that disappears.
async function runExport(takesFocus = false) {
  if (controller) return;
  controller = new AbortController();
  timeLeft = createTimeLeft();
  before = new Set(readState().exported.rows.filter(isFinished).map(({ file }) => file));
  const clock = setInterval(() => showTimeLeft(readState().exported), 1000);
  renderRows(readState());
  if (takesFocus) find("#export-cancel").focus();
  try {
    await makeSizes(controller.signal);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    cancelRows();
  } finally {
    clearInterval(clock);
    controller = null;
    endExport();
  }
}

// The focus goes from the button that disappears to what comes next.
function endExport() {
  const hasFocus = document.activeElement === find("#export-cancel");
  renderRows(readState());
  if (hasFocus) (find("#export-download") ?? find("#export-make")).focus();
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

function renderRows({ exported, versions, current }) {
  if (!exported || !find("#export-rows")) return;
  const number = versions.findIndex(({ id }) => id === exported.version) + 1;
  showVersion(number, exported.version === current);
  showRows(find("#export-rows"), exported, { place: controller ? null : placeAgain, take: takeRow });
  showRunning(exported);
  showTimeLeft(exported);
}

// The sizes of another version than the one that is shown are out of sight until it is shown.
function showVersion(number, isShown) {
  find("#export-version").hidden = !number;
  const [text, button] = find("#export-version").children;
  text.textContent = number ? (isShown ? `The sizes of version ${number}:` : `Version ${number} has sizes that were made. `) : "";
  button.textContent = isShown ? "" : `Show version ${number}`;
  button.hidden = !number || isShown;
  for (const id of ["#export-common", "#export-rows", "#export-files"]) find(id).hidden = !isShown;
}

function showRunning(exported) {
  const { rows } = exported;
  const isRunning = Boolean(controller);
  const { done, missing } = countRows(rows);
  find("#export-make").hidden = isRunning;
  // The zip comes next where there are sizes.
  const hasSizes = done > 0 && exported.version === readState().current;
  find("#export-make").classList.replace(hasSizes ? "primary" : "plain", hasSizes ? "plain" : "primary");
  for (const id of ["#export-cancel", "#export-progress", "#export-left"]) find(id).hidden = !isRunning;
  Object.assign(find("#export-progress"), { max: rows.length, value: rows.reduce((sum, row) => sum + (isFinished(row) ? 1 : row.share ?? 0), 0) });
  disableChoice(isRunning);
  const taken = listTaken(exported);
  const shown = JSON.stringify([isRunning, done, missing, taken.map(describeKey), describeIncluded(taken, exported)]);
  if (find("#export-files").dataset.shown === shown) return;
  find("#export-files").dataset.shown = shown;
  replaceContent(find("#export-files"),
    !isRunning && done > 0 && element("button", { type: "button", class: "primary", id: "export-download", disabled: !taken.length, onclick: () => downloadSizes(taken) }, describeZip(taken.length, done)),
    !isRunning && missing > 0 && element("button", { type: "button", class: "plain", id: "export-retry", onclick: () => runExport(true) }, `Try ${missing} again`),
    !isRunning && element("small", { class: "hint", id: "export-includes" }, describeIncluded(taken, exported)));
}

const listTaken = ({ rows }) => rows.filter((row) => isFinished(row) && !row.isLeftOut);

const describeZip = (taken, done) => (taken === done ? `Download ${done} as zip` : `Download ${taken} of ${done} as zip`);

// Says which of the sizes in the zip are not ready; "" where all are.
function describeIncluded(taken, exported) {
  const doubtful = taken.filter((row) => !judgeRow(row, exported).ready).map(describeRow);
  return doubtful.length ? `To look at first, or to leave out: ${doubtful.join(", ")}.` : "";
}

// Puts a finished size into the zip, or leaves it out.
const takeRow = (at, isTaken) => changeRow(at, { isLeftOut: !isTaken });

function showTimeLeft({ rows }) {
  const { done } = countRows(rows);
  const { durations, exported } = readState();
  const made = rows.filter(({ file, state }) => !before.has(file) && state !== "failed");
  const works = made.map((row) => ({ seconds: sum(Object.values(expectStages(row.size, durations, Boolean(exported?.options.backdrop)))), share: isFinished(row) ? 1 : row.share ?? 0 }));
  const seconds = timeLeft.estimate(addWork(works, durations));
  find("#export-left").textContent = [`${done} of ${rows.length} ready`, describeTimeLeft(seconds)].filter(Boolean).join(" · ");
}

function downloadSizes(taken) {
  const files = taken.flatMap(({ name, file, manifest }) => [{ name, id: file }, manifest && { name: nameProof(name), id: manifest }]);
  return downloadZip(files.filter(Boolean), nameZip([readState().exported.photo.name], "sizes"));
}
