// The sets of sizes that are exported at once, and how a size is named and drawn.

import { element } from "./dom.js";

// Returns {family, single}, lists of {title, sizes: [{platform, size}]}: all sizes of the families of
// several platforms, the quickest first, and those of each platform. platforms: as the server lists
// them.
export function listSets(platforms) {
  const families = [...Map.groupBy(platforms, ({ family }) => family)];
  const hasSeveral = ([, members]) => members.length > 1;
  const family = families.filter(hasSeveral).map(([title, members]) => ({ title: `All of ${title}`, sizes: listSizes(members) }));
  const single = families.flatMap(([title, members]) => members.map((each) => ({ title: members.length > 1 ? each.title : title, sizes: listSizes([each]) })));
  return { family: family.sort((one, other) => one.sizes.length - other.sizes.length), single };
}

// Returns all sizes of platforms, [{platform: {name, title}, size}].
export const listSizes = (platforms) => platforms.flatMap(({ name, title, sizes }) => sizes.map((size) => ({ platform: { name, title }, size })));

// Returns what a size is known by, such as "meta-feed 1080x1350".
export const describeKey = ({ platform, size }) => `${platform.name} ${size.join("x")}`;

// Returns the small shape of a size. side: pixels of its longer side.
export function drawShape([width, height], side) {
  const scale = side / Math.max(width, height);
  return element("span", { class: "glyph", "aria-hidden": "true", "--w": `${width * scale}px`, "--h": `${height * scale}px` });
}
