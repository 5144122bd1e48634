// The light of a chosen variant, below the scene as it was described, which stays as it is.

import { element, find, replaceContent } from "./dom.js";
import { readState, subscribe, updateForm } from "./store.js";

export function openLight() {
  subscribe(["form", "mode"], render);
  render(readState());
}

// An own backdrop has its own light.
function render({ form: { light, backdrop } }) {
  const isShown = Boolean(light) && !backdrop;
  const place = find("#light");
  place.hidden = !isShown;
  if (place.dataset.light === light) return;
  place.dataset.light = light;
  replaceContent(place, light && element("span", {}, `Light: ${light}`),
    light && element("button", { type: "button", id: "light-remove", "aria-label": `Remove the light: ${light}`, title: "Back to the light that you described", onclick: removeLight }, "\u00d7"));
}

function removeLight() {
  updateForm({ light: "" });
  find("#prompt").focus();
}
