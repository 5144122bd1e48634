// The advertising platforms, as the server lists them, and the sizes of the chosen one.

import { element, find, replaceContent } from "./dom.js";
import { renderExport } from "./export.js";
import { mode, registerPart } from "./form.js";
import { readState } from "./store.js";
import { fetchJson } from "./stream.js";

// The choice of all sizes, which campaigns have.
const ALL = "all";

let platforms = [];

export const openPlatforms = () => registerPart({ name: "platform sizes", render: renderSizes, read: readSizes });

// Fills the choice of a platform; without an answer, those of the page stay.
export async function loadPlatforms() {
  ({ platforms = [] } = await fetchJson("api/platforms"));
  if (!platforms.length) return;
  const field = find("#profile");
  replaceContent(field, element("option", { value: "" }, "Any"),
    platforms.map(({ name, title }) => element("option", { value: name }, title)));
  const { form } = readState();
  field.value = form.profile;
  renderSizes(form);
  renderExport(platforms);
}

// Returns the sizes of the form's platform, the first one its default; none without a platform.
const listSizes = ({ profile }) => platforms.find(({ name }) => name === profile)?.sizes ?? [];

// Returns the sizes that the form asks the platform for: the chosen one, the first, or all.
export function chooseSizes(form) {
  const known = listSizes(form);
  if (form.profileSize === ALL && mode() === "campaign") return known;
  const chosen = known.find((size) => size.join("x") === form.profileSize) ?? known[0];
  return chosen ? [chosen] : [];
}

function readSizes(form) {
  if (!form.profile) return {};
  const sizes = chooseSizes(form);
  return mode() === "campaign" ? { sizes } : { size: sizes[0] ?? null };
}

function renderSizes(form) {
  const sizes = listSizes(form);
  const options = sizes.map((size) => [size.join("x"), size.join(" × ")]);
  if (mode() === "campaign") options.push([ALL, `All ${sizes.length} sizes`]);
  find("#profile-size-line").hidden = !sizes.length;
  replaceContent(find("#profile-size"), options.map(([value, text]) => element("option", { value }, text)));
  const chosen = chooseSizes(form);
  find("#profile-size").value = chosen.length > 1 ? ALL : chosen[0]?.join("x") ?? "";
}
