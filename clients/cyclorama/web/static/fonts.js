// The fonts of the services, and the brand's own.

import { fetchJson } from "./stream.js";

let fonts = [];

// Asks the server for the fonts, once.
export async function loadFonts() {
  const response = await fetchJson("api/fonts");
  fonts = response.fonts ?? [];
  document.dispatchEvent(new CustomEvent("state", { detail: { keys: ["fonts"] } }));
}

// Returns [name, title] of each.
export const listFonts = () => fonts.map(({ name, title }) => [name, title]);

// Returns the options of a font: the ad's own by name, else the brand's, {name, title} or {file, title}.
export function readBrandFont(own, brandFont) {
  if (own || !brandFont) return { font: own };
  return brandFont.file ? { font_file: { file: brandFont.file } } : { font: brandFont.name };
}
