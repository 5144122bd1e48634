// The color of the stripes over what is removed: pink, or green where the photo is pink or purple itself.

// Stripes as [red, green, blue, opacity], 0 to 255, and what they are called.
export const PINK = { name: "Pink", stripes: [[225, 0, 145, 140], [225, 0, 145, 84]] };
const GREEN = { name: "Green", stripes: [[40, 240, 90, 150], [40, 240, 90, 84]] };
// Side in pixels at which a photo is looked at.
const SIDE = 24;
// Levels by which red and blue of a pink pixel are above its green.
const PINKNESS = 40;
// Share of pink pixels from which on pink stripes hardly show. Larger: fewer photos get green ones.
const MANY = 0.2;

// Returns {name, stripes} for a photo, an image that has loaded.
export function chooseTint(photo) {
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d");
  context.drawImage(photo, 0, 0, SIDE, SIDE);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  let pink = 0;
  for (let at = 0; at < data.length; at += 4) pink += Math.min(data[at], data[at + 2]) > data[at + 1] + PINKNESS;
  return pink < MANY * SIDE * SIDE ? PINK : GREEN;
}
