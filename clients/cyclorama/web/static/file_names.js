// The names of files that are downloaded: product, scene, light, version, platform and size.

import { findScene, removeType } from "./scenes.js";

// Characters of a photo's and a scene's part of a name, as the server has them.
const MAX_NAME_LENGTH = 48;
const MAX_NAME_BYTES = 96;
// Names that cameras, phones and browsers give files, which say nothing of the product.
const CAMERA_WORDS = /^(img|image|images|dsc|dscn|dscf|dji|gopr|pxl|mvimg|p|photo|foto|bild|picture|pic|scan|screenshot|screen-shot|whatsapp-image|signal|received|unnamed|untitled|download|at|am|pm|copy|edited)$/i;
const HASH = /^(?=.*\d)[0-9a-f]{8,}$/i;

// Returns a name such as "bottle_marble_meta-feed_1080x1350.jpg"; without a platform for null. The
// server names the ads of campaigns by the same rule. version: {photo, prompt, light, number} that the
// ad is one of; prompt: its scene as it was described, or "" for that of the ad; light: of a variant,
// or ""; number: of the version, which later ones have, as "bottle_marble_2_1080x1350.jpg".
export function nameFile(ad, platform, { photo, prompt, light = "", number }) {
  const described = prompt || ad.prompt;
  const scene = findScene(described)?.name ?? simplifyText(described.toLowerCase());
  const parts = [nameProduct(photo.name), scene || "scene", simplifyText(light), number > 1 && number, platform?.name, `${ad.width}x${ad.height}`].filter(Boolean);
  return `${parts.join("_")}.${ad.picture.split(".").pop()}`;
}

// Returns the name of a product by its photo's, such as "bottle"; "product" for those of cameras.
export function nameProduct(file) {
  const name = simplifyText(removeType(file));
  const says = name.split("-").some((word) => !/^\d*$/.test(word) && !CAMERA_WORDS.test(word.replace(/\d+$/, "")) && !HASH.test(word));
  return says && !isUnique(removeType(file)) ? name : "product";
}

const isUnique = (name) => /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(name);

// Returns the name of a zip, such as "bottle_sizes_2026-04-30.zip", or "3-products_…" for several.
// photos: names of the photos. kind: what it has of them.
export function nameZip(photos, kind) {
  const products = [...new Set(photos.map(nameProduct))];
  const now = new Date();
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((each) => String(each).padStart(2, "0")).join("-");
  return `${products.length === 1 ? products[0] : `${products.length}-products`}_${kind}_${day}.zip`;
}

// Returns the letters and digits of a text with hyphens between words, cut off after a word.
export function simplifyText(text) {
  const words = text.normalize("NFC").replace(/[^\p{Letter}\p{Number}]+/gu, "-").replace(/^-|-$/g, "");
  const short = cutBytes(words.slice(0, MAX_NAME_LENGTH));
  const isWhole = short === words || !short.includes("-") || words[short.length] === "-";
  return isWhole ? short : short.slice(0, short.lastIndexOf("-"));
}

// A character of which only a part is left over is left out.
const cutBytes = (text) => new TextDecoder().decode(new TextEncoder().encode(text).slice(0, MAX_NAME_BYTES)).replace(/\ufffd$/, "");
