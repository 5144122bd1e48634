// The finished ads with the settings that made them: shows one, restores it, undoes and redoes.

import { hideCanvas, showAd } from "./canvas.js";
import { CUT_STRAIGHT, SEEN_THROUGH, judgeAd } from "./checked.js";
import { isCorrected, readCorrections } from "./cutouts.js";
import { announce, element, find, formatBytes, replaceContent } from "./dom.js";
import { nameFile } from "./export_sets.js";
import { renderReport } from "./report.js";
import { listScenes } from "./scenes.js";
import { hideStages } from "./stages.js";
import { EMPTY_FORM, addVersion, createId, loadAddress, loadBlob, readState, saveBlob, subscribe, updateState } from "./store.js";
import { createZip } from "./zip.js";

const UNKEPT = "This browser cannot keep your work. Download the ad before you close or reload the page.";

export function openVersions() {
  subscribe(["current"], showCurrent);
  subscribe(["checked"], showChecked);
  subscribe(["versions", "current", "form", "photo", "draft", "running"], renderVersions);
  for (const name of ["undo", "redo"]) find(`#${name}`).addEventListener("click", () => takeStep(name));
  find("#download-all").addEventListener("click", downloadAll);
  document.addEventListener("keydown", undoByKey);
  document.addEventListener("unkept", () => { find("#unkept").textContent = UNKEPT; });
}

// Keeps a finished ad with its files and the settings that made it, and shows it.
export async function keepAd(made) {
  const version = await createVersion(made);
  updateState({ seed: version.seed });
  await addVersion(version);
}

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
  updateState({ form: readSettings(version), photo, seed, current: id, draft: chooseDraft(readState()) });
}

// Returns the form that makes a version again: without the brand's logo where that was set later.
// A platform leaves the logo out by itself.
function readSettings({ form, options }) {
  const isLater = options && !options.logo && !form.profile && readState().brand?.logo;
  return isLater ? { ...form, lettering: { ...form.lettering, logo: false } } : form;
}

// Settings that were changed after a version stay, to be redone.
const chooseDraft = (state) => (isChanged(state) ? { form: state.form, photo: state.photo, seed: state.seed } : state.draft);

// Whether the settings are others than those of the version that is shown.
function isChanged(state) {
  const version = findCurrent(state);
  const read = ({ form, photo }) => JSON.stringify([Object.entries({ ...EMPTY_FORM, ...form }).sort(), photo?.id]);
  return Boolean(version) && read(state) !== read({ ...version, form: readSettings(version) });
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
  showAd(version.ad, address, photo);
  replaceContent(find("#downloads"), ...renderDownloads(version, address, manifest));
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

function renderDownloads(version, address, manifest) {
  const { ad } = version;
  const name = nameFile(ad, null, readNaming(version));
  return [
    element("a", { class: "plain", id: "record", href: manifest, download: name.replace(/\.\w+$/, ".json"), title: "A file that says how the ad was made, for Assess and for archives" }, "Proof"),
    element("a", { class: "primary", id: "download", href: address, download: name }, element("span", {}, "Download ", element("span", { class: "of-earlier" }, "the earlier "), ad.format.toUpperCase())),
  ];
}

function renderVersions(state) {
  const { versions, running } = state;
  const steps = listSteps(state);
  find("#versions").hidden = !versions.length;
  find("#version-count").textContent = versions.length === 1 ? "1 version" : `${versions.length} versions`;
  find("#download-all").hidden = versions.length < 2;
  // Not disabled, so that they keep the focus.
  for (const name of ["undo", "redo"]) find(`#${name}`).setAttribute("aria-disabled", String(!steps[name] || Boolean(running)));
}

// Returns what the names of a version's files are made of: of the scene as it was described, without
// the light of a variant.
export const readNaming = ({ id, photo, form }) =>
  ({ photo, prompt: listScenes(form).join(", "), number: readState().versions.findIndex((each) => each.id === id) + 1 });

async function downloadAll() {
  const files = await Promise.all(readState().versions.map(async (version, at) => {
    const { ad, picture, manifest } = version;
    const name = `${at + 1}_${nameFile(ad, null, { ...readNaming(version), number: 1 })}`;
    return [
      { name, blob: await loadBlob(picture) },
      { name: name.replace(/\.\w+$/, ".json"), blob: await loadBlob(manifest) },
    ];
  }));
  const zip = await createZip(files.flat().filter(({ blob }) => blob));
  const link = element("a", { href: URL.createObjectURL(zip), download: "ads.zip" });
  link.click();
  URL.revokeObjectURL(link.href);
}
