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
export function nameFile(ad, platform, photo) {
  const product = createSlug(photo.name.replace(/\.[^.]*$/, ""), 40) || "product";
  const scene = findScene(ad.prompt)?.name ?? createSlug(ad.prompt.split(/\s+/).slice(0, 4).join(" "), 30);
  const parts = [product, scene || "scene", platform?.name, `${ad.width}x${ad.height}`].filter(Boolean);
  return `${parts.join("_")}.${ad.picture.split(".").pop()}`;
}

const createSlug = (text, length) => text.normalize("NFC").toLowerCase().replace(/[^\p{Letter}\p{Number}]+/gu, "-").replace(/^-|-$/g, "").slice(0, length);
