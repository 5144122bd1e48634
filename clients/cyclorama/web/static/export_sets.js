// The sets of sizes that are exported at once, and the names of their files.

import { findScene, removeType } from "./scenes.js";

// Characters of a photo's and a scene's part of a name, as the server has them.
const MAX_NAME_LENGTH = 48;
const MAX_NAME_BYTES = 96;

// Returns {family, single}, lists of {title, sizes: [{platform, size}]}: all sizes of the families of
// several platforms, the quickest first, and those of each platform. platforms: as the server lists
// them.
export function listSets(platforms) {
  const families = [...Map.groupBy(platforms, ({ family }) => family)];
  const listSizes = ({ name, title, sizes }) => sizes.map((size) => ({ platform: { name, title }, size }));
  const hasSeveral = ([, members]) => members.length > 1;
  const family = families.filter(hasSeveral).map(([title, members]) => ({ title: `All of ${title}`, sizes: members.flatMap(listSizes) }));
  const single = families.flatMap(([title, members]) => members.map((each) => ({ title: members.length > 1 ? each.title : title, sizes: listSizes(each) })));
  return { family: family.sort((one, other) => one.sizes.length - other.sizes.length), single };
}

// Returns a name such as "bottle_marble_meta-feed_1080x1350.jpg"; without a platform for null. The
// server names the ads of campaigns by the same rule. version: {photo, prompt, number} that the ad is one of;
// prompt: its scene as it was described, or "" for that of the ad; number: of the version, which the names of later ones have, as "bottle_marble_2_1080x1350.jpg".
export function nameFile(ad, platform, { photo, prompt, number }) {
  const product = simplifyText(removeType(photo.name)) || "photo";
  const described = prompt || ad.prompt;
  const scene = findScene(described)?.name ?? simplifyText(described.toLowerCase());
  const parts = [product, scene || "scene", number > 1 && number, platform?.name, `${ad.width}x${ad.height}`].filter(Boolean);
  return `${parts.join("_")}.${ad.picture.split(".").pop()}`;
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
