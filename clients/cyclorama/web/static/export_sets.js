// The sets of sizes that are exported at once, and the names of their files.

import { findScene } from "./scenes.js";

// Returns {title, sizes: [{platform, size}]}, the most sizes first: the families of platforms, then
// the platforms of families with several. platforms: as the server lists them.
export function listSets(platforms) {
  const families = Map.groupBy(platforms, ({ family }) => family);
  const listSizes = ({ name, title, sizes }) => sizes.map((size) => ({ platform: { name, title }, size }));
  const whole = [...families].map(([title, members]) => ({ title: members.length > 1 ? `All of ${title}` : title, sizes: members.flatMap(listSizes) }));
  const single = [...families.values()].filter((members) => members.length > 1).flat()
    .map((platform) => ({ title: platform.title, sizes: listSizes(platform) }));
  return [...whole, ...single].sort((one, other) => other.sizes.length - one.sizes.length);
}

// Returns a name such as "bottle_marble_meta-feed_1080x1350.jpg"; without a platform for null.
export function nameFile(ad, platform, photo) {
  const product = createSlug(photo.name.replace(/\.[^.]*$/, ""), 40) || "product";
  const scene = findScene(ad.prompt)?.name ?? createSlug(ad.prompt.split(/\s+/).slice(0, 4).join(" "), 30);
  const parts = [product, scene || "scene", platform?.name, `${ad.width}x${ad.height}`].filter(Boolean);
  return `${parts.join("_")}.${ad.picture.split(".").pop()}`;
}

const createSlug = (text, length) => text.normalize("NFC").toLowerCase().replace(/[^\p{Letter}\p{Number}]+/gu, "-").replace(/^-|-$/g, "").slice(0, length);
