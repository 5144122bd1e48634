// The brand as an ad uses it: as it is set, or as it was when the version that is open was made.

import { findFontTitle } from "./fonts.js";
import { readState } from "./store.js";

// Returns the brand, {logo, color, button, font}, that an ad of a form gets.
export const readBrand = (form) => readKept(form) || readState().brand || {};

// Returns the brand of the version that is open where another one is set by now. Campaigns have none.
export const readKept = (form) => readState().mode === "ad" && form.lettering?.brand;

// Returns the form that makes a version again, with its brand where that is set otherwise by now.
export function keepBrand({ form, options }) {
  const brand = readState().brand ?? {};
  const own = options ? readUsed(form, options, brand) : brand;
  const { brand: _, ...lettering } = form.lettering ?? {};
  const isSame = JSON.stringify(listParts(own)) === JSON.stringify(listParts(brand));
  if (isSame) return form.lettering?.brand ? { ...form, lettering } : form;
  return { ...form, lettering: { ...lettering, brand: own } };
}

// Returns what a new photo changes: the brand is as it is set. What the brand leaves open stays.
export function startWithBrand({ lettering }) {
  if (!lettering) return {};
  const { brand: _, ...look } = lettering;
  const { color, button, font } = readState().brand ?? {};
  const open = { color: color ? "" : look.color, button: button ? "" : look.button, font: font ? "" : look.font };
  return { lettering: { ...look, ...open, logo: true } };
}

// Returns the brand that the options of a version have; what the ad chose itself says nothing of it,
// and platforms leave out a logo by themselves.
function readUsed(form, options, brand) {
  const own = form.lettering ?? {};
  const logo = options.logo ? findLogo(options.logo.file, brand) : own.logo === false || form.profile ? brand.logo : null;
  if (!("text_anchor" in options)) return { ...brand, logo };
  return {
    logo,
    color: own.color ? brand.color : options.text_color,
    button: own.button ? brand.button : options.button_color,
    font: own.font ? brand.font : findFont(options, brand),
  };
}

const findLogo = (file, { logo }) => (logo?.file === file ? logo : { file, name: "Logo of this version" });

function findFont({ font, font_file: own }, { font: brandFont }) {
  if (own) return brandFont?.file === own.file ? brandFont : { file: own.file, title: "Font of this version" };
  return font ? { name: font, title: findFontTitle(font) ?? font } : null;
}

const listParts = ({ logo, color, button, font }) => [logo?.file, color, button, font?.file ?? font?.name].map((each) => each || "");
