// The state of the page: one plain object, kept in the browser, so that a reload loses nothing.
//
// Each tab has a state of its own, which a reload restores; a new tab starts with a copy of the
// newest one. SHARED keys are the same in all tabs.

import { transact } from "./database.js";

// The values of the form's fields by name; plain JSON, so that a version restores them all.
const EMPTY_FORM = {
  prompt: "", negative: "", sizes: ["1024x1024"], format: "png", variants: 1, anchor: "", scale: 100,
  shadow: "", locked: false, headline: "", call: "", profile: "", spot: null, cutout: null, backdrop: null,
};
// photo: {id, name, type, size}; its file is loadBlob(id). seed: null until the first ad of a photo.
// current: the id of the version that is shown. running: the request of an ad in progress.
// draft: settings that were changed after the current version, and undone. campaign: the id of the
// campaign that is shown. versions: oldest first. brand: what is set once for all ads.
const EMPTY = {
  mode: "ad", form: EMPTY_FORM, photo: null, seed: null, current: null, running: null, draft: null,
  campaign: null, durations: {}, brand: null, variants: null, versions: [],
};
const SHARED = ["brand", "durations"];
// Bytes of finished ads that are kept. More: older versions stay, and the disk fills.
const AD_BYTES = 200 * 2 ** 20;
// How many tabs are remembered, and after which time a file that nothing refers to is deleted.
const MAX_TABS = 8;
const ORPHAN_MILLISECONDS = 3600e3;
const TAB_KEY = "cyclorama-tab";

const page = createId("page");
const channel = new BroadcastChannel("cyclorama");
const blobs = new Map();
const addresses = new Map();
let state = { ...EMPTY };
let tab = readTab();
let isOpen = false;
let writing = null;

export function createId(kind) {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return `${kind}-${[...bytes].map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

export const readState = () => state;

// Merges a patch into the state, keeps it in the browser, and dispatches a `state` event.
export function updateState(patch) {
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
  const [stored, shared, versions] = await transact(readStored);
  const form = { ...EMPTY_FORM, ...stored?.form, ...changes(state.form, EMPTY_FORM) };
  state = { ...EMPTY, ...stored, ...shared, ...changes(state, EMPTY), form, versions };
  isOpen = true;
  channel.onmessage = ({ data }) => receive(data);
  channel.postMessage({ kind: "opened", tab, page });
  save();
  dispatch(Object.keys(state));
  deleteOrphans();
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
    const record = await transact(({ get }) => get("blobs", id));
    if (!record) return null;
    blobs.set(id, record.blob);
  }
  return blobs.get(id);
}

// Adds a version, {id, created, bytes, form, photo, ...}, and makes it the current one.
export async function addVersion(version) {
  updateState({ versions: [...state.versions, version], current: version.id, draft: null });
  await keep(({ put }) => put("versions", version));
  await removeVersions(chooseSurplus());
  channel.postMessage({ kind: "versions" });
}

export async function removeVersions(ids) {
  if (!ids.length) return;
  updateState({ versions: state.versions.filter((each) => !ids.includes(each.id)) });
  await transact(({ remove }) => Promise.all(ids.map((id) => remove("versions", id))));
  channel.postMessage({ kind: "versions" });
}

const changes = (now, before) => Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== before[key]));

const dispatch = (keys) => document.dispatchEvent(new CustomEvent("state", { detail: { keys } }));

function readTab() {
  try { return sessionStorage.getItem(TAB_KEY); } catch { return null; }
}

function writeTab(id) {
  tab = id;
  try { sessionStorage.setItem(TAB_KEY, id); } catch { /* A reload then starts with the newest state. */ }
}

async function readStored({ get, getAll, put }) {
  const own = tab && (await get("tabs", tab));
  const newest = (await getAll("tabs")).sort((one, other) => other.saved - one.saved)[0];
  if (!own) writeTab(createId("tab"));
  // Another tab that has this id too, as its copy, moves to an id of its own when it writes.
  const stored = own?.state ?? (newest && { ...newest.state, running: null });
  await put("tabs", { id: tab, page, saved: Date.now(), state: stored ?? {} });
  const shared = Object.fromEntries((await getAll("shared")).map(({ key, value }) => [key, value]));
  return [stored, shared, sortVersions(await getAll("versions"))];
}

const sortVersions = (versions) => versions.sort((one, other) => one.created - other.created);

// Writes the state once for all changes of this moment.
function save() {
  writing ??= Promise.resolve().then(() => { writing = null; return keep(writeTabState); });
}

async function writeTabState({ get, put }) {
  const record = await get("tabs", tab);
  if (record && record.page !== page) writeTab(createId("tab"));
  const own = Object.fromEntries(Object.entries(state).filter(([key]) => key !== "versions" && !SHARED.includes(key)));
  await put("tabs", { id: tab, page, saved: Date.now(), state: own });
}

async function saveShared(keys) {
  await keep(({ put }) => Promise.all(keys.map((key) => put("shared", { key, value: state[key] }))));
  channel.postMessage({ kind: "shared", keys });
}

// Writes; where the disk is full, without the older half of the versions.
async function keep(work) {
  try {
    await transact(work);
  } catch {
    const ids = state.versions.slice(0, Math.ceil(state.versions.length / 2)).map((each) => each.id);
    await transact(({ remove }) => Promise.all(ids.map((id) => remove("versions", id)))).catch(() => {});
    await deleteOrphans(0);
    await transact(work).catch(() => document.dispatchEvent(new CustomEvent("unkept")));
  }
}

async function receive({ kind, keys, tab: opened, page: sender }) {
  if (kind === "opened" && opened === tab && sender !== page) save();
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

// Deletes the files that no state and no version refers to, and the tabs that were used least.
async function deleteOrphans(age = ORPHAN_MILLISECONDS) {
  await transact(async ({ getAll, remove }) => {
    const tabs = (await getAll("tabs")).sort((one, other) => other.saved - one.saved);
    for (const { id } of tabs.slice(MAX_TABS)) if (id !== tab) await remove("tabs", id);
    const used = JSON.stringify([state, tabs.slice(0, MAX_TABS), await getAll("versions"), await getAll("shared")]);
    for (const { id, saved } of await getAll("blobs")) {
      if (Date.now() - saved > age && !used.includes(id)) await remove("blobs", id);
    }
  }).catch(() => {});
}
