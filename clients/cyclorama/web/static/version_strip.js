// The row of versions, grouped by product: opens one, deletes the one that is shown, and undoes both.

import { announce, element, find, findAll, replaceContent } from "./dom.js";
import { hideStages } from "./stages.js";
import { addVersion, loadAddress, readState, removeVersions, subscribe, updateState } from "./store.js";
import { findCurrent, hideAd, restoreVersion } from "./versions.js";

// Pixels of the row that stay in view next to the version that is shown: enough of the next one to
// see, and to press.
const MARGIN = 40;

export function openVersionStrip() {
  subscribe(["current", "photo"], () => replaceContent(find("#version-note")));
  subscribe(["versions", "chosen", "current", "mode", "running"], render);
  // A strip that gets narrower, or was hidden, is scrolled to it again.
  new ResizeObserver(revealCurrent).observe(find("#strip"));
  find("#version-delete").addEventListener("click", deleteCurrent);
}

function render(state) {
  const { versions, current, running } = state;
  renderGroups(versions);
  for (const each of findAll("#strip button")) each.setAttribute("aria-pressed", String(each.dataset.id === current));
  for (const each of findAll("#strip input")) each.checked = state.chosen.includes(each.value);
  find("#version-delete").hidden = !findCurrent(state) || Boolean(running);
  revealCurrent();
}

// Keeps the buttons of versions that stay, and with them the focus. One product needs no name.
function renderGroups(versions) {
  const known = new Map(findAll("#strip .strip-item").map((each) => [each.dataset.id, each]));
  const groups = [...Map.groupBy(versions, ({ photo }) => photo.name)];
  const places = groups.map(([name, members]) => findGroup(name, members, known, groups.length > 1));
  for (const each of findAll(".strip-group")) if (!places.includes(each)) each.remove();
  for (const each of places) if (!each.isConnected) find("#strip").append(each);
  for (const [at, version] of versions.entries()) nameItem(find(`#strip .strip-item[data-id="${version.id}"]`), version, at + 1);
}

function findGroup(name, members, items, isNamed) {
  const known = findAll(".strip-group").find((each) => each.dataset.name === name);
  const group = known ?? element("div", { class: "strip-group", role: "group", "aria-label": name, "data-name": name }, element("small", {}, name), element("div"));
  find("small", group).hidden = !isNamed;
  const row = find("div", group);
  const ids = members.map(({ id }) => id);
  for (const each of findAll(".strip-item", row)) if (!ids.includes(each.dataset.id)) each.remove();
  for (const [at, version] of members.entries()) {
    const item = items.get(version.id) ?? createItem(version);
    if (row.children[at] !== item) row.insertBefore(item, row.children[at] ?? null);
  }
  return group;
}

function nameItem(item, version, number) {
  const name = `Version ${number}: ${describeVersion(version)}`;
  const button = find("button", item);
  button.setAttribute("aria-label", name);
  button.title = name;
  find("input", item).setAttribute("aria-label", `Choose version ${number} for the download`);
}

// Describes what tells a version from others: its scene or backdrop, its words, its size.
function describeVersion({ ad, form }) {
  const { headline } = form;
  return [ad.prompt, headline.trim().replace(/\s+/g, " "), `${ad.width} × ${ad.height}`].filter(Boolean).join(", ");
}

// One or several can be chosen, to download them alone.
const createItem = (version) => element("div", { class: "strip-item", "data-id": version.id }, createThumbnail(version),
  element("label", { class: "strip-choose", title: "Choose it for the download" }, element("input", { type: "checkbox", value: version.id, onchange: takeChoice })));

function takeChoice({ target: { checked, value } }) {
  const others = readState().chosen.filter((id) => id !== value);
  updateState({ chosen: checked ? [...others, value] : others });
}

function createThumbnail(version) {
  const image = element("img", { alt: "", height: 84, width: Math.round((84 * version.ad.width) / version.ad.height) });
  loadAddress(version.picture).then((address) => { image.src = address || version.ad.picture; });
  return element("button", { type: "button", "data-id": version.id, onclick: () => openVersion(version) }, image);
}

// Scrolls the row alone, not the page.
function revealCurrent() {
  const shown = find('#strip [aria-pressed="true"]');
  if (!shown) return;
  const strip = find("#strip");
  const [own, all] = [shown.getBoundingClientRect(), strip.getBoundingClientRect()];
  strip.scrollLeft += Math.max(0, own.right + MARGIN - all.right) - Math.max(0, all.left + MARGIN - own.left);
}

// Another product brings its photo and its settings, which is said.
function openVersion(version) {
  const { form, photo, seed, current, running } = readState();
  if (running) return;
  restoreVersion(version);
  if (photo?.name === version.photo.name) return;
  const goBack = () => { hideStages(); updateState({ form, photo, seed, current }); };
  note(`Photo and settings are those of ${version.photo.name} again.`, "Go back", goBack);
}

// Shows the version before it, or after it, of the same product if there is one.
async function deleteCurrent() {
  const { versions, current } = readState();
  const at = versions.findIndex(({ id }) => id === current);
  const version = versions[at];
  const others = [...versions.slice(0, at).reverse(), ...versions.slice(at + 1)];
  const next = others.find(({ photo }) => photo.name === version.photo.name) ?? others[0];
  if (next) restoreVersion(next);
  else hideLast();
  await removeVersions([version.id]);
  note(`Version ${at + 1} is deleted.`, "Undo", () => bringBack(version));
}

function hideLast() {
  updateState({ current: null, seed: null });
  hideStages();
  hideAd();
}

async function bringBack(version) {
  await addVersion(version);
  restoreVersion(version);
}

// undo: what the button does that a text ends with.
function note(text, label, undo) {
  const act = async () => { await undo(); find("#result").focus({ preventScroll: true }); };
  replaceContent(find("#version-note"), `${text} `, element("button", { type: "button", class: "link", id: "version-undo", onclick: act }, label));
  announce(text);
}
