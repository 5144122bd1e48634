// The color of the stripes over what is removed: the one that is farthest from the photo's own vivid colors.

// Stripes as [red, green, blue, opacity], 0 to 255, and what they are called. Over a light and a dark line each
// stays itself on any photo; thin ones alone would take on the color below, as blue under pink turns purple.
export const PINK = { name: "Pink", stripes: [[236, 0, 140, 205], [255, 150, 205, 84]] };
const GREEN = { name: "Green", stripes: [[20, 200, 70, 205], [150, 255, 180, 84]] };
const ORANGE = { name: "Orange", stripes: [[255, 120, 0, 205], [255, 205, 140, 84]] };
const TINTS = [PINK, GREEN, ORANGE];
// Side in pixels at which a photo is looked at. Larger: straps and seams count.
const SIDE = 48;
// Levels between the strongest and the weakest channel from which on a pixel is vivid.
const VIVID = 60;
// Degrees of hue up to which stripes hardly show on a color.
const NEAR = 100;
// Share of the photo in which stripes of the first color may hardly show. Larger: fewer straps count.
const FEW = 0.004;

// Returns {name, stripes} for a photo, an image that has loaded: pink where that shows, else what shows best.
export function chooseTint(photo) {
  const hues = readVividHues(photo);
  const hidden = TINTS.map(({ stripes: [color] }) => hues.filter((each) => findAngle(each, findHue(color)) < NEAR).length);
  const few = FEW * SIDE * SIDE;
  return hidden[0] <= few ? PINK : TINTS[hidden.indexOf(Math.min(...hidden))];
}

function readVividHues(photo) {
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d");
  context.drawImage(photo, 0, 0, SIDE, SIDE);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const colors = Array.from({ length: SIDE * SIDE }, (_, at) => data.subarray(4 * at, 4 * at + 3));
  return colors.filter((color) => Math.max(...color) - Math.min(...color) > VIVID).map(findHue);
}

// Returns the hue of [red, green, blue] in degrees.
function findHue([red, green, blue]) {
  return (Math.atan2(Math.sqrt(3) * (green - blue), 2 * red - green - blue) * 180) / Math.PI;
}

function findAngle(one, other) {
  const apart = Math.abs(one - other) % 360;
  return Math.min(apart, 360 - apart);
}
