// The state of the page: one plain object, kept in the browser, so that a reload loses nothing.
//
// Each tab has a state of its own in its session storage, which is written at once and which a
// reload restores; a new tab starts with a copy of the newest one. SHARED keys and the versions are
// the same in all tabs.

import { transact } from "./database.js";

// The values of the form's fields by name; plain JSON, so that a version restores them all. light:
// words of the light of a chosen variant, which takes the place of the one that the prompt has. varied:
// the values that this variant changed, as they were before; null for none.
export const EMPTY_FORM = {
  prompt: "", light: "", varied: null, negative: "", sizes: ["1024x1024"], format: "png", variants: 1, anchor: "", scale: 100,
  shadow: "", locked: false, headline: "", call: "", profile: "", profileSize: "", spot: null, cutout: null, clear: null, backdrop: null, place: null,
};
// photo: {id, name, type, size}; its file is loadBlob(id). seed: null until the first ad of a photo.
// current: the id of the version that is shown. running: the request of an ad in progress.
// draft: settings that were changed after the current version, and undone. campaign: the id of the
// campaign that is shown. campaignPhotos: {id, uri, names, size, thumb, file, clear, campaigns}, uri "" until it is sent; thumb, file: ids of files; clear: whether the product is see-through.
// campaignNotes: {text, path, refused} of files that were added; path "" for others; refused: whether that one is not used.
// forms: those of the modes that are not shown, by FORMS. campaignTable: {id, name} of its file. campaignRequests: those of the last campaigns. rejected: {id, errors} of the last campaign. versions: oldest first. brand: what is set once for all ads. checked: names of measurements that were called right, by ad. leftOut: addresses of the pictures of ads that a campaign is left without, by its id. exportSizes: those that were last chosen, as describeKey names them; null before. chosen: ids of the versions to download.
const EMPTY = {
  mode: "ad", form: EMPTY_FORM, forms: {}, photo: null, seed: null, current: null, running: null, draft: null,
  campaign: null, campaignPhotos: [], campaignNotes: [], campaignTable: null, campaignName: "", campaignRequests: [], rejected: null, durations: {}, brand: null, checked: {}, leftOut: {}, variants: null, exported: null, exportSizes: null, chosen: [], cutoutDraft: null, versions: [],
};
// Names of the forms by mode: a campaign has one of its own.
const FORMS = { ad: "ad", assess: "ad", campaign: "campaign" };
const SHARED = ["brand", "durations", "checked", "leftOut"];
// What one tab is at; a new tab does not continue it.
const EMPTY_WORK = { running: null, variants: null, exported: null };
// Bytes of finished ads that are kept. More: older versions stay, and the disk fills.
const AD_BYTES = 200 * 2 ** 20;
// After which time a file is deleted that nothing here refers to, though another tab may: a week, and
// an hour where the disk is full.
const ORPHAN_MILLISECONDS = 7 * 24 * 3600e3;
const FULL_ORPHAN_MILLISECONDS = 3600e3;
const SESSION_KEY = "cyclorama";
const LATEST = "latest";

const channel = new BroadcastChannel("cyclorama");
const blobs = new Map();
const addresses = new Map();
let state = { ...EMPTY };
let isOpen = false;
let writing = null;

export function createId(kind) {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return `${kind}-${[...bytes].map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

export const readState = () => state;

// Merges a patch into the state, keeps it in the browser, and dispatches a `state` event. Another
// mode brings its form, unless the patch has one.
export function updateState(changed) {
  const patch = exchangeForms(state, changed);
  state = { ...state, ...patch };
  if (isOpen) {
    save();
    const shared = SHARED.filter((key) => key in patch);
    if (shared.length) saveShared(shared);
  }
  dispatch(Object.keys(patch));
}

export const updateForm = (patch) => updateState({ form: { ...state.form, ...patch } });

// Calls the listener with the state after each change of one of the keys.
export function subscribe(keys, listener) {
  document.addEventListener("state", ({ detail }) => {
    if (keys.some((key) => detail.keys.includes(key))) listener(state);
  });
}

// Restores the state of this tab; what was changed meanwhile stays. Then dispatches `state`.
export async function openStore() {
  const { latest, versions, ...shared } = await transact(readStored).catch(() => ({ versions: [] }));
  const stored = readSession() ?? (latest && { ...latest, ...EMPTY_WORK });
  const before = { ...EMPTY, ...stored, ...shared };
  const now = { ...before, ...exchangeForms(before, changes(state, { ...EMPTY, form: state.form, forms: state.forms })) };
  const form = { ...EMPTY_FORM, ...now.form, ...changes(state.form, EMPTY_FORM) };
  state = { ...now, form, versions };
  isOpen = true;
  channel.onmessage = ({ data }) => receive(data);
  save();
  dispatch(Object.keys(state));
  deleteOrphans(ORPHAN_MILLISECONDS);
}

// Returns an address for a file, for an <img> of this page; "" when it is no longer kept.
export async function loadAddress(id) {
  if (!addresses.has(id)) {
    const blob = await loadBlob(id);
    if (!blob) return "";
    addresses.set(id, URL.createObjectURL(blob));
  }
  return addresses.get(id);
}

// Keeps a file and returns its id at once, which the state may contain anywhere.
export function saveBlob(blob) {
  const id = createId("blob");
  blobs.set(id, blob);
  keep(({ put }) => put("blobs", { id, blob, saved: Date.now() }));
  return id;
}

// Returns a file by its id, or null when it is no longer kept.
export async function loadBlob(id) {
  if (!blobs.has(id)) {
    const record = await transact(({ get }) => get("blobs", id)).catch(() => null);
    if (!record) return null;
    blobs.set(id, record.blob);
  }
  return blobs.get(id);
}

// Adds a version, {id, created, bytes, form, photo, ...}, and makes it the current one.
export async function addVersion(version) {
  await keep(({ put }) => put("versions", version));
  const others = state.versions.filter(({ id }) => id !== version.id);
  updateState({ versions: sortVersions([...others, version]), current: version.id, draft: null });
  await removeVersions(chooseSurplus());
  channel.postMessage({ kind: "versions" });
}

export async function removeVersions(ids) {
  if (!ids.length) return;
  updateState({ versions: state.versions.filter((each) => !ids.includes(each.id)) });
  await keep(({ remove }) => Promise.all(ids.map((id) => remove("versions", id))));
  channel.postMessage({ kind: "versions" });
}

// Returns a patch with the form of its mode, where that is another than the one that is shown.
function exchangeForms({ mode, form, forms }, patch) {
  const [from, to] = [mode, patch.mode ?? mode].map((each) => FORMS[each]);
  return from === to ? patch : { form: { ...EMPTY_FORM, ...forms[to] }, ...patch, forms: { ...forms, [from]: form } };
}

const changes = (now, before) => Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== before[key]));

const dispatch = (keys) => document.dispatchEvent(new CustomEvent("state", { detail: { keys } }));

async function readStored({ getAll }) {
  const shared = (await getAll("shared")).map(({ key, value }) => [key, value]);
  return { ...Object.fromEntries(shared), versions: sortVersions(await getAll("versions")) };
}

const sortVersions = (versions) => versions.sort((one, other) => one.created - other.created);

// Null for a new tab, and where the browser has no session storage.
function readSession() {
  try { return JSON.parse(sessionStorage.getItem(SESSION_KEY)); } catch { return null; }
}

// Writes the state for this tab at once, and for new tabs once for all changes of this moment.
function save() {
  try { sessionStorage.setItem(SESSION_KEY, JSON.stringify(readOwn())); } catch { /* New tabs have it. */ }
  writing ??= Promise.resolve().then(() => { writing = null; return keep(writeLatest); });
}

const readOwn = () => Object.fromEntries(Object.entries(state).filter(([key]) => key !== "versions" && !SHARED.includes(key)));

const writeLatest = ({ put }) => put("shared", { key: LATEST, value: readOwn() });

async function saveShared(keys) {
  await keep(({ put }) => Promise.all(keys.map((key) => put("shared", { key, value: state[key] }))));
  channel.postMessage({ kind: "shared", keys });
}

// Writes; where the disk is full, deletes the files of nothing, and says `unkept` if it stays full.
async function keep(work) {
  try {
    await transact(work).catch(() => deleteOrphans(FULL_ORPHAN_MILLISECONDS).then(() => transact(work)));
  } catch {
    document.dispatchEvent(new CustomEvent("unkept"));
  }
}

async function receive({ kind, keys }) {
  if (kind === "versions") {
    state = { ...state, versions: sortVersions(await transact(({ getAll }) => getAll("versions"))) };
    dispatch(["versions"]);
  }
  if (kind === "shared") {
    const records = await transact(({ get }) => Promise.all(keys.map((key) => get("shared", key))));
    state = { ...state, ...Object.fromEntries(records.map(({ key, value }) => [key, value])) };
    dispatch(keys);
  }
}

// Returns the ids of the oldest versions over AD_BYTES, without the newest and the current one.
function chooseSurplus() {
  let bytes = 0;
  const kept = new Set([state.current, state.versions.at(-1)?.id]);
  return [...state.versions].reverse()
    .filter(({ id, bytes: own }) => { bytes += own; return bytes > AD_BYTES && !kept.has(id); })
    .map(({ id }) => id);
}

// Deletes the files of an age, in milliseconds, that neither the state nor a version refers to.
async function deleteOrphans(age) {
  await transact(async ({ getAll, remove }) => {
    const used = JSON.stringify([state, await getAll("versions"), await getAll("shared")]);
    const orphans = (await getAll("blobs")).filter(({ id, saved }) => Date.now() - saved > age && !used.includes(id));
    await Promise.all(orphans.map(({ id }) => remove("blobs", id)));
  }).catch(() => {});
}
