// The choice of the sizes to export: those of a set of platforms, or single ones that are ticked.

import { element, find, findAll, replaceContent } from "./dom.js";
import { describeKey, drawShape, listSets, listSizes } from "./export_sets.js";
import { readState, subscribe, updateState } from "./store.js";

// Value of the set that has what was ticked.
const OWN = "own";
// Pixels of the longer side of the small shape of a size.
const GLYPH = 18;

let sets = [];
let sizes = [];

export const openChoice = () => subscribe(["exportSizes"], render);

export const hasChoice = () => sizes.length > 0;

// Returns the elements of the choice. platforms: as the server lists them.
export function createChoice(platforms) {
  const { family, single } = listSets(platforms);
  sets = [...family, ...single];
  sizes = listSizes(platforms);
  const groups = [["Several platforms", family], ["One platform", single]].filter(([, members]) => members.length);
  const select = element("select", { id: "export-set", onchange: ({ target }) => chooseSet(target.value) },
    groups.map(([label, members]) => element("optgroup", { label }, members.map((set) => element("option", { value: sets.indexOf(set) }, `${set.title}, ${countSizes(set.sizes)}`)))),
    element("option", { value: OWN, id: "export-own", hidden: true }));
  const ticks = element("details", { id: "export-ticks" }, element("summary", {}, "Tick single sizes"),
    element("div", { class: "export-ticks" }, platforms.map(createGroup)));
  return { select, ticks };
}

// Shows what is chosen, once the elements are in the page.
export function render() {
  if (!hasChoice()) return;
  const chosen = readChosen();
  const keys = chosen.map(describeKey);
  const at = sets.findIndex((set) => set.sizes.length === keys.length && set.sizes.every((each) => keys.includes(describeKey(each))));
  Object.assign(find("#export-own"), { hidden: at >= 0, textContent: `Your choice, ${countSizes(chosen)}` });
  find("#export-set").value = at < 0 ? OWN : at;
  for (const each of findAll("#export-ticks input")) each.checked = keys.includes(each.value);
  find("#export-make").disabled = !chosen.length;
  find("#export-make").textContent = !chosen.length ? "Tick a size first" : chosen.length === 1 ? "Make this size" : `Make ${at < 0 ? "these" : "all"} ${chosen.length} sizes`;
  find("#export-sizes").textContent = describeSizes(chosen);
}

// Returns the chosen sizes, [{platform, size}], those that are remembered or the first set.
export function readChosen() {
  const { exportSizes } = readState();
  const known = sizes.filter((each) => exportSizes?.includes(describeKey(each)));
  return exportSizes?.length === 0 || known.length ? known : sets[0].sizes;
}

export function disableChoice(isDisabled) {
  for (const each of [find("#export-set"), ...findAll("#export-ticks input")]) each.disabled = isDisabled;
}

const countSizes = ({ length }) => (length === 1 ? "1 size" : `${length} sizes`);

const createGroup = (platform) => element("fieldset", {}, element("legend", {}, platform.title), listSizes([platform]).map(createTick));

function createTick(each) {
  return element("label", {},
    element("input", { type: "checkbox", value: describeKey(each), onchange: takeTicks }), drawShape(each.size, GLYPH), each.size.join(" × "));
}

function chooseSet(value) {
  if (value !== OWN) updateState({ exportSizes: sets[Number(value)].sizes.map(describeKey) });
}

function takeTicks() {
  updateState({ exportSizes: findAll("#export-ticks input:checked").map(({ value }) => value) });
}

// Describes sizes such as "Meta feed: 1080 × 1350, 1200 × 628. Meta stories and reels: 1080 × 1920".
const describeSizes = (shown) => [...Map.groupBy(shown, ({ platform }) => platform.title)]
  .map(([title, members]) => `${title}: ${members.map(({ size }) => size.join(" × ")).join(", ")}`).join(". ");
