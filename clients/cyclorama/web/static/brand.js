// The brand kit: logo, colors and font, set once, kept in this browser, and used by every ad.

import { colorField } from "./color_field.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { fontField } from "./font_field.js";
import { findFontTitle, listFonts, showBrandFont } from "./fonts.js";
import { loadAddress, readState, saveBlob, subscribe, updateState } from "./store.js";

const LOGO_BYTES = 8 * 2 ** 20;
const FONT_BYTES = 4 * 2 ** 20;
const FONT_FILES = [".ttf", ".otf", ".woff2"];
const OWN = "own";

let parts = null;

// state.brand: {logo: {file, name}, color, button, font: {name, title} or {file, title}}, or null.
export function openBrand() {
  parts = createParts();
  const section = find("#brand-part");
  replaceContent(section, renderKit());
  section.hidden = false;
  subscribe(["brand", "fonts"], renderBrand);
  renderBrand(readState());
}

function change(patch) {
  const brand = Object.fromEntries(Object.entries({ ...readState().brand, ...patch }).filter(([, value]) => value));
  updateState({ brand: Object.keys(brand).length ? brand : null });
}

function createParts() {
  const logoFile = createFileInput("brand-logo", "image/png,image/webp,image/*", useLogo);
  const fontFile = createFileInput("brand-font-file", FONT_FILES.join(","), useFont);
  return {
    logoFile, fontFile,
    thumb: element("span", { class: "brand-thumb" }),
    logoName: element("span", { class: "brand-name" }),
    removeLogo: element("button", { type: "button", class: "link", id: "brand-logo-remove", onclick: removeLogo }, "Remove"),
    color: colorField("Text", "brand-color", (color) => change({ color })),
    button: colorField("Button", "brand-button", (button) => change({ button })),
    font: fontField("brand-font", chooseFont),
    wrong: element("p", { class: "wrong", id: "brand-wrong", role: "alert" }),
    summary: element("small", { id: "brand-summary" }),
    remove: element("button", { type: "button", class: "link", id: "brand-remove", onclick: removeBrand }, "Remove the brand"),
  };
}

function createFileInput(id, accept, use) {
  const input = element("input", { type: "file", id, accept, onchange: () => { use(input.files[0]); input.value = ""; } });
  return input;
}

function renderKit() {
  const { logoFile, fontFile, thumb, logoName, removeLogo: removal, color, button, font, wrong, summary, remove } = parts;
  return element("details", { class: "part more", id: "brand-kit" },
    element("summary", {}, "Brand ", summary),
    element("small", { class: "hint" }, "Kept in this browser, and used by every ad and campaign."),
    element("div", { class: "brand-logo" }, thumb, logoName,
      element("label", { class: "backdrop-button" }, logoFile, "Choose a logo"), removal),
    element("div", { class: "colors", role: "group", "aria-label": "Brand colors" }, color.row, button.row),
    element("div", { class: "brand-font" },
      font.row,
      element("label", { class: "backdrop-button" }, fontFile, "Own font")),
    wrong, remove);
}

function useLogo(file) {
  if (refuse(file, LOGO_BYTES, "8 MB", file?.type.startsWith("image/") || !file?.type, "This is no picture.")) return;
  change({ logo: { file: saveBlob(file), name: file.name } });
  announce("Your logo is on every ad from now on.");
}

function useFont(file) {
  const isFont = FONT_FILES.some((suffix) => file?.name.toLowerCase().endsWith(suffix));
  if (refuse(file, FONT_BYTES, "4 MB", isFont, "This is no TTF, OTF or WOFF2 file.")) return;
  change({ font: { file: saveBlob(file), title: file.name } });
  announce("Your font is used for every ad from now on.");
}

// Shows what is wrong with a file; returns whether there is something.
function refuse(file, bytes, limit, isRight, wrongKind) {
  if (!file) return true;
  const reason = !file.size ? "This file is empty." : file.size > bytes ? `This file is larger than ${limit}.` : isRight ? "" : wrongKind;
  parts.wrong.textContent = reason && `${file.name}: ${reason} Choose another one.`;
  return Boolean(reason);
}

function chooseFont(value) {
  if (value === OWN) return;
  const title = findFontTitle(value);
  change({ font: title ? { name: value, title } : null });
}

function removeLogo() {
  change({ logo: null });
  announce("The logo is removed.");
  parts.logoFile.focus();
}

function removeBrand() {
  updateState({ brand: null });
  announce("The brand is removed.");
  find("#brand-kit summary").focus();
}

async function renderBrand({ brand }) {
  const { logo, color, button, font } = brand ?? {};
  parts.summary.textContent = [logo && "logo", (color || button) && "colors", font && "font"].filter(Boolean).join(", ") || "logo, colors, font";
  parts.logoName.textContent = logo?.name ?? "No logo yet";
  parts.removeLogo.hidden = !logo;
  parts.remove.hidden = !brand;
  parts.color.show(color);
  parts.button.show(button);
  renderFonts(font);
  const address = logo ? await loadAddress(logo.file) : "";
  if (brand === readState().brand) replaceContent(parts.thumb, address ? element("img", { src: address, alt: "Your logo" }) : null);
}

function renderFonts(font) {
  const own = font?.file ? [{ value: OWN, title: font.title, family: showBrandFont(font) }] : [];
  parts.font.show(font?.file ? OWN : font?.name ?? "", [{ value: "", title: "Automatic" }, ...listFonts(), ...own]);
}
