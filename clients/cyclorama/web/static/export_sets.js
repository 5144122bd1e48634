// The sets of sizes that are exported at once, and the names of their files.

import { findScene } from "./scenes.js";

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

// Returns a name such as "bottle_marble_meta-feed_1080x1350.jpg"; without a platform for null.
// version: {photo, backdrop, number} that the ad is one of; backdrop: that of its form; number: of
// the version, which the names of later ones have, as "bottle_marble_2_1080x1350.jpg".
export function nameFile(ad, platform, { photo, backdrop, number }) {
  const product = createSlug(removeType(photo.name), 40) || "product";
  const parts = [product, nameScene(ad, backdrop) || "scene", number > 1 && number, platform?.name, `${ad.width}x${ad.height}`].filter(Boolean);
  return `${parts.join("_")}.${ad.picture.split(".").pop()}`;
}

// An own backdrop takes the place of the scene that the words describe.
function nameScene({ prompt }, backdrop) {
  if (backdrop) return createSlug(backdrop.color ? `color ${backdrop.color}` : removeType(backdrop.name), 30);
  return findScene(prompt)?.name ?? createSlug(prompt.split(/\s+/).slice(0, 4).join(" "), 30);
}

const removeType = (name) => name.replace(/\.[^.]*$/, "");

const createSlug = (text, length) => text.normalize("NFC").toLowerCase().replace(/[^\p{Letter}\p{Number}]+/gu, "-").replace(/^-|-$/g, "").slice(0, length);
