// The fonts of the services, and the brand's own, each with a face in which the page can show it.

import { loadBlob } from "./store.js";
import { fetchJson } from "./stream.js";

let fonts = [];
// Families of own fonts by file.
const ownFamilies = new Map();

// Asks the server for the fonts, once.
export async function loadFonts() {
  const response = await fetchJson("api/fonts");
  fonts = response.fonts ?? [];
  for (const { name } of fonts) loadFace(familyOf(name), `url("static/font_samples/${name}.woff2")`);
  announceFonts();
}

const announceFonts = () => document.dispatchEvent(new CustomEvent("state", { detail: { keys: ["fonts"] } }));

export const familyOf = (name) => `sample-${name}`;

// A font that cannot be loaded is shown in that of the page.
async function loadFace(family, source) {
  try {
    document.fonts.add(await new FontFace(family, source).load());
  } catch {
    document.fonts.forEach((face) => { if (face.family === family) document.fonts.delete(face); });
  }
}

// Returns {value, title, family} of each.
export const listFonts = () => fonts.map(({ name, title }) => ({ value: name, title, family: familyOf(name) }));

export const findFontTitle = (name) => fonts.find((font) => font.name === name)?.title;

// Returns the family of a brand's font, {name} or {file}; loads the face of a file first.
export function showBrandFont(font) {
  if (!font?.file) return font ? familyOf(font.name) : "";
  if (!ownFamilies.has(font.file)) {
    ownFamilies.set(font.file, `own-${ownFamilies.size}`);
    loadOwnFace(font.file);
  }
  return ownFamilies.get(font.file);
}

async function loadOwnFace(file) {
  const blob = await loadBlob(file);
  if (blob) await loadFace(ownFamilies.get(file), await blob.arrayBuffer());
}

// Returns the options of a font: the ad's own by name, else the brand's, {name, title} or {file, title}.
export function readBrandFont(own, brandFont) {
  if (own || !brandFont) return { font: own };
  return brandFont.file ? { font_file: { file: brandFont.file } } : { font: brandFont.name };
}
