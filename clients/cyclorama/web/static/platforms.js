// The advertising platforms, as the server lists them.

import { element, find, replaceContent } from "./dom.js";
import { renderExport } from "./export.js";
import { readState } from "./store.js";
import { fetchJson } from "./stream.js";

// Fills the choice of a platform; without an answer, those of the page stay.
export async function loadPlatforms() {
  const { platforms = [] } = await fetchJson("api/platforms");
  if (!platforms.length) return;
  const field = find("#profile");
  replaceContent(field, element("option", { value: "" }, "Any"),
    platforms.map(({ name, title }) => element("option", { value: name }, title)));
  field.value = readState().form.profile;
  renderExport(platforms);
}
