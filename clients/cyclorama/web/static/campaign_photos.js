// The photos of a campaign: added, sent once each, shown with their names, removed.

import { startWithBrand } from "./brand_use.js";
import { collectFiles, isTable } from "./campaign_files.js";
import { useTable } from "./campaign_table.js";
import { isClear } from "./cutouts.js";
import { element, find, replaceContent } from "./dom.js";
import { mode, plural } from "./form.js";
import { refuseFile } from "./photo.js";
import { allSent, followSending, forgetPhoto, sendPhoto } from "./photo_sending.js";
import { DAMAGED, isDamaged } from "./picture_files.js";
import { createId, loadAddress, loadBlob, readState, saveBlob, subscribe, updateForm, updateState } from "./store.js";
import { fetchJson } from "./stream.js";
import { createThumbnail } from "./thumbnails.js";

// Notes that are shown; more are counted.
const MAX_NOTES = 8;
// Bytes of photos that are kept, so that their ads can be edited after a reload. More: more of them,
// and the disk fills. The others are asked for.
const KEPT_BYTES = 200 * 2 ** 20;

let most = Infinity;
// What tries a refused file once more, by its path.
const retries = new Map();
// Files by the id of their photo, for as long as the page is open; a browser reads them from disk.
const files = new Map();
const rows = new Map();
// Thumbnails are made one after the other, so that few large photos are in memory.
let drawing = Promise.resolve();

export function openCampaignPhotos() {
  for (const id of ["#campaign-files", "#campaign-folder"]) {
    find(id).addEventListener("change", ({ target }) => { addFiles([...target.files]); target.value = ""; });
  }
  find("#campaign-take").addEventListener("click", takeAd);
  document.addEventListener("files", takeFiles);
  subscribe(["photo", "campaignPhotos"], showOffer);
  subscribe(["campaignPhotos", "mode"], showPhotos);
  subscribe(["campaignNotes"], showNotes);
  followSending(showSending);
  find("#campaign-name").addEventListener("input", ({ target }) => updateState({ campaignName: target.value }));
  subscribe(["campaignName"], ({ campaignName }) => { if (find("#campaign-name").value !== campaignName) find("#campaign-name").value = campaignName; });
}

// Asks the server for its limits, and drops photos that a reload kept from it.
export async function loadCampaignPhotos() {
  const unsent = readState().campaignPhotos.filter(({ id, uri }) => !uri && !files.has(id));
  if (unsent.length) {
    updatePhotos((photos) => photos.filter((each) => !unsent.includes(each)));
    note(`${plural(unsent.length, "photo")} had not been sent before the reload: add ${unsent.length === 1 ? "it" : "them"} again.`);
  }
  const limits = await fetchJson("api/limits");
  most = limits.campaign_photos ?? Infinity;
}

// Resolves when all photos have been sent; returns them as the server reads them.
export async function listSentPhotos() {
  await allSent();
  return readState().campaignPhotos.filter(({ uri }) => uri).map(({ uri, names, clear }) => ({ uri, names, clear }));
}

// Notes that a campaign has the photos, which are erased with it.
export function noteCampaign(campaign) {
  updatePhotos((photos) => photos.map((each) => (each.uri ? { ...each, campaigns: [...(each.campaigns ?? []), campaign] } : each)));
}

// Puts a photo, {uri, names, thumb, file, campaign}, in the place of one that a campaign replaces, by
// its uri. file: its own; that of the photo is the id of the kept one.
export function exchangePhoto(before, { names, campaign, ...photo }, file) {
  const replaced = findByUri(before);
  if (!replaced) return;
  files.set(replaced.id, file);
  changePhoto(replaced.id, { ...photo, names: [...names, ...replaced.names], size: file.size, changed: file.lastModified, campaigns: [campaign] });
}

// Ticks that the scene is seen through the product of a photo.
export function markClear(uri, clear) {
  const photo = findByUri(uri);
  if (photo) changePhoto(photo.id, { clear });
}

// Sends the photos again that were erased with a campaign, and drops those whose file is not here.
export function renewPhotos(campaign) {
  const erased = readState().campaignPhotos.filter(({ campaigns }) => campaigns?.includes(campaign));
  for (const { id } of erased.filter(({ id }) => files.has(id))) {
    changePhoto(id, { uri: "", campaigns: [] });
    sendFile(id);
  }
  const lost = erased.filter(({ id }) => !files.has(id));
  for (const { id } of lost) dropPhoto(id);
  if (lost.length) note(`${plural(lost.length, "photo")} ${lost.length === 1 ? "was" : "were"} erased with the campaign: add ${lost.length === 1 ? "it" : "them"} again.`);
}

// Returns the name of the folder that most photos are from, or "".
export function findFolder() {
  const path = readState().campaignPhotos[0]?.names[0] ?? "";
  return path.includes("/") ? path.split("/")[0] : "";
}

function takeFiles(event) {
  if (mode() !== "campaign") return;
  event.preventDefault();
  addFiles(event.detail.files, event.detail.items);
}

// A campaign starts with the photo and the settings of the single ad where that is wanted.
async function takeAd() {
  const { photo, forms } = readState();
  updateForm({ ...forms.ad, ...startWithBrand(forms.ad), spot: null, cutout: null, clear: null, place: null });
  const file = await loadBlob(photo.id);
  if (file) addPhotos([{ file, path: photo.name, clear: isClear(forms.ad, photo) }]);
  find("#campaign-files").focus({ preventScroll: true });
}

// Offers the photo of the single ad for as long as the campaign has none of its name and size.
function showOffer({ photo, campaignPhotos }) {
  const isThere = campaignPhotos.some(({ names, size }) => names.includes(photo?.name) && size === photo.size);
  find("#campaign-take").hidden = !photo || isThere;
  find("#campaign-take").textContent = `${campaignPhotos.length ? "Add" : "Start with"} the photo and settings of One ad`;
}

async function addFiles(list, items = []) {
  const found = await collectFiles(list, items, most);
  dropNotes(found.map(({ path }) => path));
  const tables = found.filter(isTable);
  if (tables.length) useTable(tables.at(-1).file);
  for (const { path } of tables.slice(0, -1)) note(`${path}: a campaign has one table; ${tables.at(-1).path} is used.`);
  addPhotos(found.filter((each) => !isTable(each)));
}

function addPhotos(found) {
  find("#campaign-photos-wrong").textContent = "";
  const count = readState().campaignPhotos.length + found.length;
  if (count > most) {
    note(`A campaign has at most ${plural(most, "photo")}; with these it would have ${found.length > most ? "more" : count.toLocaleString("en")}. None of them was added.`);
    return;
  }
  const added = found.filter(checkFile).map(({ file, path, clear = false }) => {
    const id = createId("photo");
    files.set(id, file);
    return { id, uri: "", names: [path], size: file.size, changed: file.lastModified, thumb: "", file: "", clear };
  });
  updatePhotos((photos) => [...photos, ...added]);
  for (const { id } of added) startPhoto(id);
}

function checkFile({ file, path }) {
  const refusal = refuseFile(file);
  if (refusal) refuse(path, refusal);
  const same = readState().campaignPhotos.find(({ names, size, changed }) => names.includes(path) && size === file.size && changed === file.lastModified);
  if (same) note(`${path} is there already.`, path);
  return !refusal && !same;
}

const sendFile = (id) => sendPhoto(id, files.get(id), (response) => finishPhoto(id, response));

function startPhoto(id) {
  const file = files.get(id);
  sendFile(id);
  drawing = drawing.then(async () => {
    const thumbnail = findPhoto(id) ? await createThumbnail(file) : null;
    if (thumbnail) changePhoto(id, { thumb: saveBlob(thumbnail) });
    else if (findPhoto(id) && (await isDamaged(file))) refuseDamaged(findPhoto(id));
  });
}

function refuseDamaged({ id, names }) {
  dropPhoto(id);
  refuse(names[0], DAMAGED);
}

function finishPhoto(id, response) {
  const photo = findPhoto(id);
  if (!photo) return;
  if (response.kind !== "photo") return refusePhoto(photo, response);
  const same = findByUri(response.uri);
  if (!same) return changePhoto(id, { uri: response.uri, file: photo.file || keepFile(photo) });
  note(`${photo.names[0]} is the same picture as ${same.names[0]}; it is made once.`, photo.names[0]);
  updatePhotos((photos) => photos.filter((each) => each.id !== id)
    .map((each) => (each.id === same.id ? { ...each, names: [...new Set([...each.names, ...photo.names])] } : each)));
}

// Returns the id of the kept file of a photo; "" where too much is kept.
function keepFile({ id, size }) {
  const kept = readState().campaignPhotos.filter(({ file }) => file).reduce((sum, each) => sum + each.size, 0);
  return kept + size > KEPT_BYTES ? "" : saveBlob(files.get(id));
}

function refusePhoto({ id, names }, { title, text, can_retry: canRetry }) {
  const file = files.get(id);
  dropPhoto(id);
  const retry = () => { dropNotes(names); addPhotos([{ file, path: names[0] }]); };
  if (canRetry) retries.set(names[0], retry);
  refuse(names[0], `${title}. ${text}`);
}

function dropPhoto(id) {
  forgetPhoto(id);
  files.delete(id);
  updatePhotos((photos) => photos.filter((each) => each.id !== id));
}

const findByUri = (wanted) => readState().campaignPhotos.find(({ uri }) => uri === wanted);
const findPhoto = (id) => readState().campaignPhotos.find((each) => each.id === id);
const updatePhotos = (change) => updateState({ campaignPhotos: change(readState().campaignPhotos) });
const changePhoto = (id, patch) => updatePhotos((photos) => photos.map((each) => (each.id === id ? { ...each, ...patch } : each)));

// Returns what files were refused for, each in a sentence.
export const listRefused = () => readState().campaignNotes.filter(({ refused }) => refused).map(({ text }) => text.trim());

const refuse = (path, reason) => note(`${path}: ${reason}`, path, true);

// path: of the file that a note is about, "" for others. refused: whether that is not used.
const note = (text, path = "", refused = false) => updateNotes((notes) => [...notes, { text, path, refused }]);

// Drops the notes on files of the same names, and those that are about no file.
function dropNotes(paths) {
  const names = new Set(paths.map(readName));
  updateNotes((notes) => notes.filter(({ path }) => path && !names.has(readName(path))));
}

const updateNotes = (change) => updateState({ campaignNotes: change(readState().campaignNotes) });

const readName = (path) => path.split("/").pop();

// Notes stay over a reload, until they are dismissed or their file is accepted.
function showNotes({ campaignNotes: notes }) {
  const more = notes.length - MAX_NOTES;
  replaceContent(find("#campaign-notes"), notes.slice(0, MAX_NOTES).map(renderNote),
    more > 0 ? element("li", {}, `And ${plural(more, "file")} more.`) : null);
}

function renderNote(own) {
  const { text, path } = own;
  const dismiss = () => updateNotes((notes) => notes.filter((each) => each !== own));
  return element("li", {}, text,
    retries.has(path) && element("button", { type: "button", class: "link", onclick: retries.get(path) }, "Try again"),
    element("button", { type: "button", class: "dismiss", "aria-label": `Dismiss: ${text}`, title: "Dismiss", onclick: dismiss }));
}

function showSending({ left, fraction }) {
  find("#campaign-sending").hidden = !left;
  find("#campaign-sent").value = fraction;
  find("#campaign-sending-text").textContent = `Sending ${plural(left, "photo")}, ${Math.round(100 * fraction)} %`;
}

// Shows the list; rows of photos that have not changed stay as they are.
function showPhotos({ campaignPhotos, mode: shown }) {
  if (shown !== "campaign") return;
  const count = campaignPhotos.length;
  find("#campaign-photo-count").textContent = count > 1 ? `${count.toLocaleString("en")}` : "";
  for (const id of rows.keys()) if (!campaignPhotos.some((each) => each.id === id)) { rows.get(id).row.remove(); rows.delete(id); }
  for (const photo of campaignPhotos) {
    const known = rows.get(photo.id);
    if (known?.photo === photo) continue;
    const row = renderPhoto(photo);
    if (known) known.row.replaceWith(row);
    else find("#campaign-photos").append(row);
    rows.set(photo.id, { photo, row });
  }
}

function renderPhoto({ id, uri, names, thumb, clear = false }) {
  const name = readName(names[0]);
  const picture = element("img", { alt: "", hidden: true, width: 44, height: 44 });
  if (thumb) loadAddress(thumb).then((address) => { if (address) { picture.src = address; picture.hidden = false; } });
  return element("li", { "data-sent": uri ? "yes" : "no" },
    element("span", { class: "thumb" }, picture),
    element("span", { class: "photo-words" }, element("span", { title: names.join(", ") }, name), uri ? renderTick(id, name, clear) : element("small", {}, "sending")),
    element("button", { type: "button", class: "remove", "aria-label": `Remove ${name}`, onclick: () => removePhoto(id) }, "×"));
}

// The row is made once more, and its tick has the focus that the former one had.
function renderTick(id, name, checked) {
  const take = ({ target }) => { changePhoto(id, { clear: target.checked }); find("input", rows.get(id).row).focus(); };
  return element("label", { class: "clear-tick", title: "For glass: the scene is seen through the product" },
    element("input", { type: "checkbox", checked, "aria-label": `See-through: ${name}`, onchange: take }), "See-through");
}

// The focus goes to the next photo, so that several are removed by key.
function removePhoto(id) {
  const { row } = rows.get(id);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  dropPhoto(id);
  (next ? find("button", next) : find("#campaign-files")).focus();
}
