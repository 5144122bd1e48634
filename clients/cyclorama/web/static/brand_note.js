// Says next to the button what the brand adds to the next ad.

import { readBrand, readKept, startWithBrand } from "./brand_use.js";
import { element, find, replaceContent } from "./dom.js";
import { readForm, registerPart } from "./form.js";
import { readState, subscribe, updateForm } from "./store.js";

export function openBrandNote() {
  registerPart({ name: "brand note", render: renderBrandNote });
  subscribe(["brand"], ({ form }) => renderBrandNote(form));
}

export function renderBrandNote(form) {
  const names = listNames(form).join(", ").replace(/, (?=\w+$)/, " and ");
  const kept = readKept(form);
  if (!kept) return replaceContent(find("#brand-note"), names && `With your ${names}`);
  return replaceContent(find("#brand-note"), `As this version was made: ${names ? `with its ${names}` : "without your brand"}. `,
    element("button", { type: "button", class: "link", id: "brand-back", onclick: useBrand }, "Use your brand"));
}

// Returns what the brand adds: what the ad has not chosen itself and the platform takes.
function listNames(form) {
  const { color, button, font } = readBrand(form);
  const own = form.lettering ?? {};
  const hasWords = form.headline.trim() || form.call.trim() || (readState().mode === "campaign" && readState().campaignTable);
  const hasColors = (color && !own.color) || (button && !own.button && form.call.trim());
  return [readForm(form).logo && "logo", hasWords && hasColors && "colors", hasWords && font && !own.font && "font"].filter(Boolean);
}

function useBrand() {
  updateForm(startWithBrand(readState().form));
  find("#make").focus();
}
