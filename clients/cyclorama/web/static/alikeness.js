// How much two pictures differ, as one sees them side by side at the size of a thumbnail.

// Side in pixels at which pictures are compared. Larger: grain counts, and small moves.
const SIDE = 24;
// Mean difference of the colors, 0 to 1, up to which pictures look the same: two renderings of one
// scene with other seeds differ by 0.01 to 0.03.
const ALIKE = 0.03;

// Returns whether two pictures look the same; addresses: of both, as an <img> has them.
export async function lookAlike(first, second) {
  const [one, other] = await Promise.all([readColors(first), readColors(second)]);
  return measureDifference(one, other) <= ALIKE;
}

// Returns the mean difference of two lists of levels, 0 to 255, as a share.
export function measureDifference(one, other) {
  return one.reduce((sum, level, at) => sum + Math.abs(level - other[at]), 0) / (255 * one.length);
}

async function readColors(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, SIDE, SIDE);
  return [...context.getImageData(0, 0, SIDE, SIDE).data].filter((_, at) => at % 4 < 3);
}
