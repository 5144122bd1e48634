// The finished ads with the settings that made them: shows one, restores it, undoes and redoes.

import { keepBrand } from "./brand_use.js";
import { hideCanvas, showAd } from "./canvas.js";
import { CUT_STRAIGHT, SEEN_THROUGH, carryChecks, judgeAd } from "./checked.js";
import { isCorrected, readCorrections } from "./cutouts.js";
import { announce, element, find, formatBytes, replaceContent } from "./dom.js";
import { nameFile, nameZip } from "./file_names.js";
import { renderReport } from "./report.js";
import { listScenes } from "./scenes.js";
import { hideStages } from "./stages.js";
import { EMPTY_FORM, addVersion, createId, loadAddress, readState, saveBlob, subscribe, updateState } from "./store.js";
import { downloadZip, nameProof } from "./zip.js";

const UNKEPT = "This browser cannot keep your work. Download the ad before you close or reload the page.";

// The link to the proof of the ad that is shown.
let proof = null;

export function openVersions() {
  subscribe(["current"], showCurrent);
  subscribe(["checked"], showChecked);
  subscribe(["versions", "chosen", "current", "form", "photo", "draft", "running"], renderVersions);
  for (const name of ["undo", "redo"]) find(`#${name}`).addEventListener("click", () => takeStep(name));
  find("#download-all").addEventListener("click", downloadAll);
  document.addEventListener("keydown", undoByKey);
  document.addEventListener("unkept", () => { find("#unkept").textContent = UNKEPT; });
}

// Keeps a finished ad with its files and the settings that made it, and shows it.
export async function keepAd(made) {
  const version = await createVersion(made);
  const before = findCurrent(readState());
  if (before && isSameCutout(before, version)) carryChecks(before.id, version.id);
  updateState({ seed: version.seed });
  await addVersion(version);
}

const isSameCutout = (one, other) => one.photo.id === other.photo.id && JSON.stringify(one.form.cutout) === JSON.stringify(other.form.cutout);

// Returns the version of a finished ad, whose files are kept. options: that the server got for the
// form. previews: of the stages, by name.
export async function createVersion({ ad, options, form, photo, previews, duration }) {
  const [picture, manifest] = await Promise.all([ad.picture, ad.manifest].map(fetchBlob));
  return {
    id: createId("version"), created: Date.now(), bytes: picture.size + manifest.size,
    options, form, photo, seed: ad.seed, ad, previews, duration,
    picture: saveBlob(picture), manifest: saveBlob(manifest),
  };
}

async function fetchBlob(address) {
  const response = await fetch(address);
  if (!response.ok) throw new TypeError(`${address}: status ${response.status}`);
  return response.blob();
}

export const findCurrent = ({ versions, current }) => versions.find(({ id }) => id === current);

// Shows a version again, and restores the form and the photo that made it.
export function restoreVersion(version) {
  const { id, photo, seed } = version;
  replaceContent(find("#failure"));
  hideStages();
  updateState({ form: keepBrand(version), photo, seed, current: id, draft: chooseDraft(readState()) });
}

// Settings that were changed after a version stay, to be redone.
const chooseDraft = (state) => (isChanged(state) ? { form: state.form, photo: state.photo, seed: state.seed } : state.draft);

// Whether the settings are others than those of the version that is shown.
function isChanged(state) {
  const version = findCurrent(state);
  const read = ({ form, photo }) => JSON.stringify([Object.entries({ ...EMPTY_FORM, ...form }).sort(), photo?.id]);
  return Boolean(version) && read(state) !== read({ ...version, form: keepBrand(version) });
}

// Returns what undo and redo would restore: a version or the draft; null when there is nothing.
function listSteps(state) {
  const { versions, draft } = state;
  const at = versions.indexOf(findCurrent(state));
  if (at < 0) return { undo: null, redo: null };
  if (isChanged(state)) return { undo: versions[at], redo: null };
  return { undo: versions[at - 1] ?? null, redo: versions[at + 1] ?? draft };
}

function takeStep(name) {
  const state = readState();
  const step = listSteps(state)[name];
  if (!step || state.running) return;
  if (step.id) restoreVersion(step);
  else updateState({ form: step.form, photo: step.photo, seed: step.seed, draft: null });
  announce(step.id ? `Version ${state.versions.indexOf(step) + 1} with its settings.` : "The last settings.");
}

// Fields undo what is typed in them themselves.
function undoByKey(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || readState().mode !== "ad") return;
  const isText = event.target.matches("textarea, input[type=text], input[type=number]");
  const key = event.key.toLowerCase();
  if (isText || !["z", "y"].includes(key)) return;
  event.preventDefault();
  takeStep(key === "y" || event.shiftKey ? "redo" : "undo");
}

async function showCurrent(state) {
  const version = findCurrent(state);
  if (!version) return;
  const address = (await loadAddress(version.picture)) || version.ad.picture;
  const manifest = (await loadAddress(version.manifest)) || version.ad.manifest;
  const photo = version.photo.preview ? await loadAddress(version.photo.id) : "";
  if (readState().current !== version.id || readState().running) return;
  find("#ad-empty").hidden = true;
  find("#tools").hidden = false;
  showAd(version.ad, address, photo, nameFile(version.ad, null, readNaming(version)));
  replaceContent(find("#downloads"), renderDownload(version, address));
  proof = renderProof(version, manifest);
  showReport(version);
}

// Shows the page without an ad again.
export function hideAd() {
  hideCanvas();
  find("#tools").hidden = true;
  find("#ad-empty").hidden = false;
  replaceContent(find("#report"));
}

function showReport(version) {
  replaceContent(find("#details"), renderVerdict(version), element("span", {}, describeFile(version)));
  replaceContent(find("#report"), ...renderReport(version.ad, listChecks(version), listWanted(version)));
  // It is next to what it proves.
  if (proof) find("#lock").parentElement.append(proof);
}

// Keeps the focus at what was called right, or no longer.
function showChecked(state) {
  const version = findCurrent(state);
  if (!version) return;
  const { name } = document.activeElement?.dataset ?? {};
  showReport(version);
  if (!name) return;
  find(`#quality .check-off[data-name="${name}"]`)?.focus();
  announce(judge(version).verdict);
}

const judge = (version) => judgeAd(version.ad, listChecks(version), listWanted(version));

// Keys of what was called right of a version and of its cut-out.
const listChecks = ({ id, form, photo }) => ({ ad: id, cutout: JSON.stringify([photo.id, readCorrections(form, photo)]) });

// Who asked for a product that is see-through needs no word that the scene shows through it, and who
// corrected a cut-out by hand none that it was cut off straight.
function listWanted({ form, photo }) {
  const corrections = readCorrections(form, photo);
  return [corrections.clear && SEEN_THROUGH, isCorrected(corrections) && CUT_STRAIGHT].filter(Boolean);
}

// Leads to what there is to say about the ad. Versions of an earlier page have no verdict.
function renderVerdict(version) {
  const { ready, verdict } = judge(version);
  return verdict && element("button", { type: "button", class: "link", "data-ready": String(ready), onclick: () => find("#quality").scrollIntoView({ block: "center" }) }, verdict);
}

const describeFile = ({ ad, duration }) =>
  `${ad.width} × ${ad.height} · ${ad.format.toUpperCase()} · ${formatBytes(ad.bytes)}${duration && ` · made in ${duration}`}`;

function renderDownload(version, address) {
  const { ad } = version;
  const name = nameFile(ad, null, readNaming(version));
  return element("a", { class: "primary", id: "download", href: address, download: name }, element("span", {}, "Download ", element("span", { class: "of-earlier" }, "the earlier "), ad.format.toUpperCase()));
}

const renderProof = (version, manifest) => element("a", {
  class: "link", id: "record", href: manifest, title: "A JSON file that says how the ad was made, and that Assess reads",
  download: nameFile(version.ad, null, readNaming(version)).replace(/\.\w+$/, ".json"),
}, "Save the proof file");

function renderVersions(state) {
  const { versions, running } = state;
  const steps = listSteps(state);
  find("#versions").hidden = !versions.length;
  find("#version-count").textContent = versions.length === 1 ? "1 version" : `${versions.length} versions`;
  const chosen = listChosen(state);
  find("#download-all").hidden = versions.length < 2 && !chosen.length;
  find("#download-all").textContent = chosen.length ? `Download ${chosen.length} chosen` : `Download all ${versions.length}`;
  // Not disabled, so that they keep the focus.
  for (const name of ["undo", "redo"]) find(`#${name}`).setAttribute("aria-disabled", String(!steps[name] || Boolean(running)));
}

// Returns what the names of a version's files are made of: of the scene as it was described, and the
// light of a variant.
export const readNaming = ({ id, photo, form }) =>
  ({ photo, prompt: listScenes(form).join(", "), light: form.backdrop ? "" : form.light ?? "", number: readState().versions.findIndex((each) => each.id === id) + 1 });

// Returns the versions that are chosen for the download.
const listChosen = ({ versions, chosen }) => versions.filter(({ id }) => chosen.includes(id));

// Downloads the chosen versions, or all without any. Their numbers are those of the row.
function downloadAll() {
  const state = readState();
  const chosen = listChosen(state);
  const files = (chosen.length ? chosen : state.versions).flatMap((version) => {
    const { ad, picture, manifest } = version;
    const naming = readNaming(version);
    const name = `${naming.number}_${nameFile(ad, null, { ...naming, number: 1 })}`;
    return [{ name, id: picture, photo: version.photo.name }, { name: nameProof(name), id: manifest, photo: version.photo.name }];
  });
  return downloadZip(files, nameZip(files.map(({ photo }) => photo), "versions"));
}
