// The tick for a product that the scene is seen through, which the form and the editor have.

import { isClear } from "./cutouts.js";
import { element } from "./dom.js";
import { readState, subscribe, updateForm } from "./store.js";

// Returns the tick with its label. onChange(): called after the form has it.
export function createClearTick(id, onChange) {
  const tick = element("input", { type: "checkbox", id, onchange: () => { updateForm({ clear: tick.checked ? readState().photo.id : null }); onChange?.(); } });
  const show = ({ form, photo }) => { tick.checked = isClear(form, photo); };
  subscribe(["form", "photo"], show);
  show(readState());
  return element("label", { class: "check" }, tick, "See-through, such as glass");
}
