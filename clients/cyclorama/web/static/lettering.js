// The look of the words: where they are, how large, in which colors and font, and the brand's logo.

import { readBrand } from "./brand_use.js";
import { colorField } from "./color_field.js";
import { element, find, findAll, replaceContent } from "./dom.js";
import { fontField } from "./font_field.js";
import { findFontTitle, listFonts, readBrandFont, showBrandFont } from "./fonts.js";
import { registerPart } from "./form.js";
import { readState, subscribe, updateForm } from "./store.js";
import { TEXT_LOOKS, findLookTitle } from "./text_looks.js";

const PLACES = [
  ["top_left", "Top left"], ["top", "Top"], ["top_right", "Top right"],
  ["left", "Left"], null, ["right", "Right"],
  ["bottom_left", "Bottom left"], ["bottom", "Bottom"], ["bottom_right", "Bottom right"],
];
// Font sizes as shares of the picture's shorter side.
const SIZES = [["", "As large as fits"], ["0.05", "Small"], ["0.08", "Medium"], ["0.12", "Large"], ["0.18", "Very large"]];
// form.lettering: {anchor, size, look, color, button, font} as texts, empty where automatic; logo; veil:
// whether the backdrop may change behind words that are hard to read; brand: as readBrand returns it,
// of a version that was made with another one than is set.
const EMPTY = { anchor: "", size: "", look: "", color: "", button: "", font: "", logo: true, veil: true };

let fields = null;

export function openLettering() {
  fields = createFields();
  const section = find("#lettering-part");
  replaceContent(section, renderLook());
  section.hidden = false;
  registerPart({ name: "lettering", render: renderLettering, read: readLettering });
  subscribe(["brand", "fonts"], (state) => renderLettering(state.form));
}

const settings = (form) => ({ ...EMPTY, ...form.lettering });

export const changeLettering = (patch) => updateForm({ lettering: { ...settings(readState().form), ...patch } });

// Returns the options of the words; the brand's where the ad has none of its own.
export function readLettering(form) {
  const { anchor, size, look, color, button, font, logo, veil } = settings(form);
  const brand = readBrand(form);
  const shown = logo && brand.logo ? { file: brand.logo.file } : null;
  if (!shown && !form.headline.trim() && !form.call.trim()) return {};
  return {
    text_anchor: anchor, text_size: size && Number(size), text_look: look,
    text_color: color || brand.color || "", button_color: button || brand.button || "",
    ...readBrandFont(font, brand.font), logo: shown, without_veil: !veil,
  };
}

// A version that was made without the logo gets it with the tick, and nothing else of the brand.
function changeLogo(logo) {
  const { brand, form } = readState();
  const own = form.lettering?.brand;
  changeLettering(logo && own && !own.logo ? { logo, brand: { ...own, logo: brand?.logo } } : { logo });
}

function createFields() {
  return {
    size: element("select", { id: "text-size", onchange: ({ target }) => changeLettering({ size: target.value }) },
      SIZES.map(([value, name]) => element("option", { value }, name))),
    look: fontField("text-look", (look) => changeLettering({ look }), "Style"),
    font: fontField("text-font", (font) => changeLettering({ font }), "Font of this ad"),
    fontState: element("small", { id: "text-font-state" }),
    color: colorField("Text", "text-color", (color) => changeLettering({ color })),
    button: colorField("Button", "button-color", (button) => changeLettering({ button })),
    veil: element("input", { type: "checkbox", id: "text-veil", onchange: ({ target }) => changeLettering({ veil: target.checked }) }),
    logo: element("input", { type: "checkbox", id: "text-logo", onchange: ({ target }) => changeLogo(target.checked) }),
  };
}

function renderLook() {
  const { size, look, font, fontState, color, button, veil, logo } = fields;
  return element("details", { class: "words-look" }, element("summary", {}, "Look of the words ", element("small", { id: "words-look-state" })),
    element("div", { class: "placing" },
      element("div", { class: "anchors", role: "radiogroup", "aria-label": "Where the words go" },
        placeChoice(["", "Automatic"]), PLACES.map((place) => (place ? placeChoice(place) : element("span")))),
      element("div", { class: "placing-words" },
        element("label", { class: "line" }, "Size", size))),
    look.row,
    element("details", { class: "own-font" }, element("summary", {}, "Font ", fontState), font.row),
    element("div", { class: "colors", role: "group", "aria-label": "Colors" }, color.row, button.row),
    element("label", { class: "check" }, veil, "Darken or lighten the backdrop behind words that are hard to read"),
    element("label", { class: "check", id: "text-logo-line" }, logo, "The brand's logo is on this ad"));
}

// Says what is chosen, also while the part is closed.
function describeLook(form) {
  const { anchor, size, look, color, button, font, veil } = settings(form);
  const name = (entries, value) => entries.find((each) => each?.[0] === value)?.[1];
  return [
    anchor && name(PLACES, anchor), size && name(SIZES, size), findLookTitle(look), font && (findFontTitle(font) ?? font),
    color && `text ${color}`, button && `button ${button}`, !veil && "backdrop unchanged",
  ].filter(Boolean).join(", ");
}

function placeChoice([value, name]) {
  return element("label", { class: value ? "anchor" : "anchor auto" },
    element("input", { type: "radio", name: "text-anchor", value, "aria-label": name, onchange: () => changeLettering({ anchor: value }) }),
    value ? null : name);
}

function renderLettering(form) {
  const { anchor, size, look, color, button, font, logo, veil } = settings(form);
  const brand = readBrand(form);
  for (const each of findAll("#lettering-part [name=text-anchor]")) each.checked = each.value === anchor;
  fields.size.value = size;
  fields.look.show(look, TEXT_LOOKS);
  const automatic = brand.font ? "Brand font" : "Automatic";
  fields.fontState.textContent = font ? findFontTitle(font) ?? font : [automatic, brand.font?.title].filter(Boolean).join(": ");
  fields.font.show(font, [{ value: "", title: automatic, family: showBrandFont(brand.font) }, ...listFonts()]);
  fields.color.show(color, brand.color);
  fields.button.show(button, brand.button);
  fields.veil.checked = veil;
  fields.logo.checked = logo && Boolean(brand.logo);
  find("#words-look-state").textContent = describeLook(form);
  find("#text-logo-line").hidden = !brand.logo && !readState().brand?.logo;
}
