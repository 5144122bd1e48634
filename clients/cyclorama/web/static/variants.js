// Variants: several ads that differ, at once and side by side; each that is chosen becomes a version.

import { addWork, expectStages } from "./ad_work.js";
import { lookAlike } from "./alikeness.js";
import { announce, element, find, formatSeconds, replaceContent } from "./dom.js";
import { carryChecks, judgeAd } from "./checked.js";
import { findEarlier } from "./earlier_ad.js";
import { readForm, validateForm } from "./form.js";
import { postInTurn } from "./request_turns.js";
import { listScenes } from "./scenes.js";
import { announcePart, followOtherParts } from "./open_part.js";
import { findSpot, readSpot } from "./spots.js";
import { createProgress } from "./stage_progress.js";
import { STAGES, describeAdsBefore, describeQueue, formatPercent, hideStages } from "./stages.js";
import { addVersion, loadAddress, loadBlob, readState, subscribe, updateState } from "./store.js";
import { createTimeLeft, describeTimeLeft } from "./time_left.js";
import { createBody, loadFiles } from "./upload.js";
import { listVariations, undoVariation } from "./variations.js";
import { createVersion, restoreVersion } from "./versions.js";

const COUNTS = [2, 3, 4];
const KINDS = {
  scene: ["New scene", "Other things and other styles of the words; the product stays where it is, and the light that you described."],
  all: ["All new", "Other compositions, things and styles of the words; the light that you described stays."],
};
const ALIKE = { title: "Left out: it looks like another variant", advice: "Change the scene to see more." };
const LOST = { title: "A picture is missing", advice: "Choose the photo again." };

let controller = null;
let choice = { kind: "scene", count: 3 };
// Whether the part is open; null: as long as there are variants to choose from.
let isOpen = null;
// The id of the photo that the part is about.
let product = null;
// Whether the choice of new variants takes the place of those that there are.
let isAsking = false;
let tiles = [];
// How much of each variant is made; those that were ready when the others were started have null.
let progress = [];
let timeLeft = createTimeLeft();

// state.variants: null, or the request and its results: {base, options, form, photo, seeds, looks,
// ready}; base: id of the version that they vary; looks has {name, form, options} of each, and ready
// a version, {error}, or null while it is in the making.
export function openVariants() {
  const toggle = element("button", { type: "button", class: "plain", id: "variants-open", "aria-controls": "variants", onclick: togglePart }, "Variants");
  find("#edit-tools").append(toggle);
  followOtherParts("variants", () => { if (!readState().variants?.ready.includes(null)) { isOpen = false; render(readState()); } });
  subscribe(["photo"], closeForPhoto);
  subscribe(["variants", "current", "running", "form", "photo"], render);
}

function togglePart() {
  isOpen = find("#variants").hidden;
  isAsking = false;
  render(readState());
  if (!isOpen) return;
  announcePart("variants");
  find("#variants").scrollIntoView({ block: "nearest" });
}

function closeForPhoto({ photo }) {
  if (photo?.id === product) return;
  product = photo?.id;
  isOpen = null;
  isAsking = false;
}

// Continues the variants that a reload interrupted; their finished stages are cached.
export function continueVariants() {
  const { variants } = readState();
  if (variants?.ready.includes(null)) followAll(variants);
}

function render(state) {
  const { current, running, photo } = state;
  // Those of another photo come again with it.
  const variants = state.variants?.photo.id === photo?.id ? state.variants : null;
  const canStart = Boolean(current) && !running && !findEarlier(state);
  const toggle = find("#variants-open");
  toggle.hidden = !canStart;
  const shows = (isOpen ?? Boolean(variants)) && (variants || canStart);
  toggle.setAttribute("aria-expanded", String(Boolean(shows)));
  find("#variants").hidden = !shows;
  if (!shows) tiles = [];
  else if (variants && !isAsking) renderResults(variants, state);
  else renderChooser(state);
}

// A product that was not placed by hand stands where each scene has its ground.
function renderChooser({ form, photo }) {
  tiles = [];
  const kinds = Object.entries(KINDS).map(([kind, [name]]) =>
    element("button", { type: "button", "data-kind": kind, "aria-pressed": String(choice.kind === kind), onclick: () => choose({ kind }) }, name));
  const counts = COUNTS.map((count) =>
    element("button", { type: "button", "data-count": count, "aria-pressed": String(choice.count === count), "aria-label": `${count} variants`, onclick: () => choose({ count }) }, count));
  replaceContent(find("#variants"), element("div", { class: "card variants-choice" },
    element("div", { class: "tools" },
      findSpot(form, photo) ? element("div", { class: "switch", role: "group", "aria-label": "What is new" }, kinds) : null,
      element("div", { class: "switch", role: "group", "aria-label": "How many" }, counts),
      element("button", { type: "button", class: "primary", id: "variants-make", disabled: Boolean(form.backdrop), onclick: makeVariants }, `Make ${choice.count} variants`),
      isAsking && element("button", { type: "button", class: "plain", onclick: () => askForNew(false) }, "Back to the variants")),
    element("small", { class: "hint" }, form.backdrop ? "Your backdrop stays the same. Remove it to see other scenes." : KINDS[findSpot(form, photo) ? choice.kind : "scene"][1])));
}

// Renders the chooser again, and keeps the focus.
function choose(patch) {
  choice = { ...choice, ...patch };
  renderChooser(readState());
  const [[name, value]] = Object.entries(patch);
  find(`#variants [data-${name}="${value}"]`).focus();
}

// Shows the choice of new variants, or those that there are again.
function askForNew(isAsked) {
  isAsking = isAsked;
  render(readState());
  find(isAsked ? "#variants-make" : "#variants-new").focus();
}

function makeVariants() {
  if (!validateForm()) return;
  controller?.abort();
  const state = readState();
  const { photo } = state;
  const spot = choice.kind === "scene" ? findSpot(state.form, photo) : null;
  const form = { ...undoVariation(state.form), light: state.form.light, spot };
  const readOptions = (own) => ({ ...readForm(own), words_box: null, spot: null, stance: "", ...readSpot(own, state) });
  const options = readOptions(form);
  const [width, height] = options.size ?? [1, 1];
  const seeds = Array.from({ length: choice.count }, createSeed);
  const variations = listVariations(form, listScenes(form).join(", "), width / height, seeds.length, Boolean(spot));
  const looks = variations.map((each) => ({ ...each, options: readOptions(each.form) }));
  const variants = { base: state.current, options, form, photo, seeds, looks, ready: seeds.map(() => null) };
  isOpen = null;
  isAsking = false;
  tiles = [];
  updateState({ variants });
  announce(`${seeds.length} variants are being made.`);
  find("#variants").scrollIntoView({ block: "nearest" });
  followAll(variants);
}

const createSeed = () => Math.floor(Math.random() * 2 ** 31);

async function followAll({ seeds, ready }) {
  const own = new AbortController();
  controller = own;
  progress = ready.map((result) => (result ? null : createProgress()));
  timeLeft = createTimeLeft();
  showTimeLeft();
  const clock = setInterval(showTimeLeft, 1000);
  await Promise.all(seeds.map((seed, at) => (ready[at] ? null : followVariant(at, own.signal))));
  clearInterval(clock);
  if (own.signal.aborted) return;
  announce("The variants are ready. Choose one.");
}

async function followVariant(at, signal) {
  try {
    const { seeds } = readState().variants;
    let result = await runVariant(at, seeds[at], signal);
    // Another seed may find another scene; one more that looks the same is left out.
    if (await isLikeOthers(at, result)) result = await runVariant(at, createSeed(), signal);
    if (await isLikeOthers(at, result)) result = { error: ALIKE };
    const { variants } = readState();
    if (signal.aborted || !variants) return;
    if (result.id) carryChecks(variants.base, result.id);
    updateState({ variants: { ...variants, ready: variants.ready.map((each, other) => (other === at ? result : each)) } });
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

const findPicture = async ({ ad, picture }) => (await loadAddress(picture)) || ad.picture;

async function isLikeOthers(at, result) {
  if (result.error) return false;
  const others = readState().variants?.ready.filter((each, other) => other !== at && each?.id) ?? [];
  const alike = await Promise.all(others.map(async (other) => lookAlike(await findPicture(result), await findPicture(other))));
  return alike.includes(true);
}

// Returns the version of a finished variant, or {error}.
async function runVariant(at, seed, signal) {
  const { photo, looks } = readState().variants;
  const { form, options } = looks[at];
  const [file, files] = await Promise.all([loadBlob(photo.id), loadFiles(options)]);
  if (!file || Object.values(files).includes(null)) return { error: LOST };
  const previews = {};
  const start = performance.now();
  const own = { ...options, seed };
  for await (const event of postInTurn(createBody(file, own, files), signal)) {
    if (event.kind === "error") return { error: event };
    if (event.kind === "ad") return createVersion({ ad: event, options: own, form, photo, previews, duration: formatSeconds((performance.now() - start) / 1000) });
    if (event.preview) previews[event.stage] = event.preview;
    showProgress(at, event);
  }
  return { error: LOST };
}

function showProgress(at, event) {
  progress[at].follow(event);
  showTimeLeft();
  const tile = tiles[at];
  if (!tile) return;
  find(".variant-doing", tile).textContent = describeWork(progress[at]);
  const { preview, stage } = event;
  if (preview && stage !== "segmentation") replaceContent(find(".variant-picture", tile), element("img", { class: "unfinished", src: preview, alt: "" }));
}

function describeWork(own) {
  if (own.countAdsBefore()) return `Waiting: ${describeAdsBefore(own.countAdsBefore())}`;
  const working = own.findWorking();
  if (!working) return "Waiting …";
  const { stage, fraction, position } = working;
  return position ? `Waiting: ${describeQueue(position)}` : `${STAGES[stage][1]} · ${formatPercent(fraction)}`;
}

// Shows how much of the variants is made, and the time left.
function showTimeLeft() {
  const { variants, durations } = readState();
  if (!variants || !find("#variants-left")) return;
  const { ready, options: { size } } = variants;
  const expected = expectStages(size ?? [1024, 1024], durations);
  const works = progress.flatMap((each, at) => (each ? [{ ...each.measureWork(expected), ...(ready[at] && { share: 1 }) }] : []));
  const work = addWork(works, durations);
  const share = work.left ? work.done / (work.done + work.left) : 1;
  const seconds = timeLeft.estimate(work);
  const done = ready.filter(Boolean).length;
  const isDone = done === ready.length;
  for (const id of ["#variants-left", "#variants-progress"]) find(id).hidden = isDone;
  find("#variants-progress").value = share;
  find("#variants-left").textContent = isDone ? "" : [`${done} of ${ready.length} ready`, formatPercent(share), describeTimeLeft(seconds)].filter(Boolean).join(" · ");
}

// Keeps the tiles that stay, and with them the focus.
function renderResults({ options, looks, ready }, { current, running }) {
  const [width, height] = options.size ?? [1, 1];
  if (tiles.length !== ready.length) {
    tiles = looks.map(({ name }, at) => createTile(at, name, width / height));
    replaceContent(find("#variants"),
      element("div", { class: "tools" }, element("h2", { class: "details" }, "Choose a variant"),
        element("button", { type: "button", class: "plain", id: "variants-new", onclick: () => askForNew(true) }, "Make others"),
        element("button", { type: "button", class: "plain", id: "variants-discard", onclick: discardVariants }, "Discard all")),
      element("progress", { class: "meter", id: "variants-progress", max: 1, value: 0, "aria-label": "How much of the variants is made", hidden: true }),
      element("small", { class: "hint", id: "variants-left", hidden: true }),
      element("div", { class: "variant-grid" }, tiles));
  }
  showTimeLeft();
  for (const [at, result] of ready.entries()) {
    const button = find("button", tiles[at]);
    button.disabled = !result?.id || Boolean(running);
    button.setAttribute("aria-pressed", String(Boolean(result?.id) && result.id === current));
    if (result) showResult(tiles[at], result);
  }
}

function createTile(at, name, ratio) {
  return element("div", { class: "variant", "--ratio": ratio },
    element("button", { type: "button", disabled: true, "aria-label": `Choose variant ${at + 1}: ${name}`, onclick: () => chooseVariant(at) }, element("span", { class: "variant-picture pulse" })),
    element("p", { class: "variant-name" }, element("strong", {}, name)),
    element("p", { class: "variant-doing" }, "Waiting …"));
}

async function showResult(tile, { id, error, ad, picture }) {
  if (tile.dataset.ready) return;
  tile.dataset.ready = "true";
  find(".variant-doing", tile).textContent = error ? `${error.title}. ${error.advice}` : judgeAd(ad, id).verdict;
  find(".variant-picture", tile).classList.remove("pulse");
  if (error) return tile.classList.add("failed");
  replaceContent(find(".variant-picture", tile), element("img", { src: await findPicture({ ad, picture }), alt: "" }));
}

// Makes a variant the version that is shown. The others stay to be chosen, also those in the making.
async function chooseVariant(at) {
  const { variants, versions, running } = readState();
  if (running) return;
  const variant = variants.ready[at];
  const kept = versions.find(({ id }) => id === variant.id);
  if (kept) restoreVersion(kept);
  else await keepVariant(variant);
  announce(`Variant ${at + 1} is the current version.`);
  find("#viewing").scrollIntoView({ block: "start" });
}

function keepVariant(variant) {
  const { form, photo, seed } = variant;
  updateState({ form, photo, seed });
  hideStages();
  return addVersion({ ...variant, created: Date.now() });
}

function discardVariants() {
  controller?.abort();
  isOpen = false;
  updateState({ variants: null });
  find("#variants-open").focus();
}
