// The table of a campaign: kept, checked by the server, its wrong rows listed with their lines.

import { editRows, listRows } from "./campaign_rows.js";
import { createRequest, createUuid } from "./campaign_request.js";
import { element, find, replaceContent } from "./dom.js";
import { plural, readForm } from "./form.js";
import { loadBlob, readState, saveBlob, subscribe, updateState } from "./store.js";
import { postJson } from "./upload.js";

// After the last change. Longer: fewer checks while somebody types.
const PAUSE_MILLISECONDS = 400;

let timer = null;
let checked = "";

export function openCampaignTable() {
  subscribe(["campaignTable", "campaignPhotos", "form", "mode"], checkSoon);
  subscribe(["campaignTable", "campaignPhotos", "mode"], showStart);
  find("#campaign-words").addEventListener("click", () => editRows(listRows([], listNames()), useTable));
  subscribe(["campaignTable"], ({ campaignTable }) => { if (!campaignTable) replaceContent(find("#campaign-table")); });
}

// Without a table, one can be made of the photos.
function showStart({ campaignTable, campaignPhotos }) {
  find("#campaign-words").hidden = Boolean(campaignTable) || !campaignPhotos.length;
}

const listNames = () => readState().campaignPhotos.map(({ names }) => names[0]);

export function useTable(file) {
  checked = "";
  updateState({ campaignTable: { id: saveBlob(file), name: file.name } });
}

// Returns the file of a table, or null.
export async function loadTable(kept = readState().campaignTable) {
  const blob = kept && (await loadBlob(kept.id));
  return blob && new File([blob], kept.name);
}

function checkSoon({ campaignTable, mode }) {
  clearTimeout(timer);
  if (campaignTable && mode === "campaign") timer = setTimeout(checkTable, PAUSE_MILLISECONDS);
}

async function checkTable() {
  const { campaignTable, campaignPhotos } = readState();
  // Those that are still being sent count as well.
  const photos = campaignPhotos.map(({ id, uri, names }) => ({ uri: uri || id, names }));
  const shape = JSON.stringify([campaignTable, photos.map(({ names }) => names), readForm()]);
  if (shape === checked) return;
  checked = shape;
  const table = await loadTable();
  if (!table) return removeTable();
  const plan = await postJson("api/campaigns/check", await createRequest({ photos, table, id: createUuid() }));
  if (shape === checked && readState().campaignTable) replaceContent(find("#campaign-table"), renderPlan(table.name, plan));
}

function renderPlan(name, plan) {
  const remove = element("button", { type: "button", class: "remove", "aria-label": `Remove ${name}`, onclick: removeTable }, "×");
  if (plan.kind === "error") return element("div", { class: "table" }, element("strong", {}, name), remove, element("p", { class: "wrong" }, plan.text));
  return element("div", { class: "table" }, element("strong", {}, name), remove,
    element("p", {}, describePlan(plan)), renderErrors(plan), renderUnused(plan), renderEdit(name, plan));
}

// Photos that no row names get one.
function renderEdit(name, { cells, unused_photos: unused }) {
  if (!cells.length) return null;
  return element("p", {}, element("button", { type: "button", class: "link", id: "campaign-rows", onclick: () => editRows(listRows(cells, unused), useTable, name) }, "Change scenes and words"));
}

function describePlan({ rows, error_count: errors }) {
  const usable = `${plural(rows, "row")} can be made`;
  return errors ? `${usable}, ${plural(errors, "row")} cannot:` : `${usable}.`;
}

// The rows that are wrong, with their lines; null without any. plan: as the server sends it.
export function renderErrors({ errors, error_count: count }) {
  if (!errors.length) return null;
  return element("ul", { class: "notes" }, errors.map(({ line, text }) => element("li", {}, element("strong", {}, `Line ${line}: `), text)),
    count > errors.length ? element("li", {}, `And ${plural(count - errors.length, "row")} more.`) : null);
}

function renderUnused({ unused_columns: columns, unused_photos: photos, unused_photo_count: count }) {
  const texts = [];
  if (columns.length) texts.push(`Not read: the ${columns.length === 1 ? "column" : "columns"} ${columns.join(", ")}.`);
  if (count) texts.push(`${count === 1 ? `${photos[0]} is` : `${plural(count, "photo")} are`} in no row.`);
  return texts.length ? element("p", {}, texts.join(" ")) : null;
}

function removeTable() {
  checked = "";
  updateState({ campaignTable: null });
  find("#campaign-files").focus();
}
