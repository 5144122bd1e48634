// The spot of the product on an ad: moved and resized, as shares of the ad's width and height.

// Widths beyond which the product is lost, or hides the whole scene.
const MIN_WIDTH = 0.04;
const MAX_WIDTH = 1.6;
// Steps of the keys, as shares of the ad, and the growth of one step of the size.
const STEP = 0.01;
const LARGE_STEP = 0.05;
const GROWTH = 1.05;
// What the shares of a product that touches an edge may be off.
const ROUNDING = 1e-6;
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Returns the spot that the form has for a photo, or null.
export const findSpot = (form, photo) => (form.spot && form.spot.photo === photo?.id ? form.spot : null);

// Returns the options that the server gets from the spot.
export function readSpot(form, { photo }) {
  const spot = findSpot(form, photo);
  if (!spot) return {};
  const { center_x, center_y, width, stance } = spot;
  return { spot: { center_x, center_y, width }, stance };
}

// Returns the box of the product: {center_x, center_y, width, height}, at the spot or as the ad has it.
export function placeBox(placement, spot) {
  if (!spot) return placement;
  return { center_x: spot.center_x, center_y: spot.center_y, width: spot.width, height: spot.width * ratioOf(placement) };
}

// Returns the spot of a box. A product whose foot is above the horizon has no ground to stand on.
export function spotFromBox(box, placement, photo) {
  const floats = isAboveGround({ ...placement, center_y: box.center_y, height: box.width * ratioOf(placement) });
  const [center_x, center_y, width] = [box.center_x, box.center_y, box.width].map((each) => Number(each.toFixed(4)));
  return { photo: photo.id, center_x, center_y, width, stance: floats ? "floating" : "" };
}

// Returns whether an edge of the ad cuts the product off.
export const isOutside = ({ center_x, center_y, width, height }) =>
  Math.max(Math.abs(center_x - 0.5) + width / 2, Math.abs(center_y - 0.5) + height / 2) > 0.5 + ROUNDING;

// Returns whether a product that stands has its foot above the horizon, where there is no ground.
export const isAboveGround = ({ center_y, height, stands, horizon }) =>
  stands && horizon !== null && center_y + height / 2 <= horizon;

// Returns whether the product is on a box of the ad, {left, top, width, height}.
export const overlaps = ({ center_x, center_y, width, height }, box) =>
  Math.abs(center_x - box.left - box.width / 2) < (width + box.width) / 2
  && Math.abs(center_y - box.top - box.height / 2) < (height + box.height) / 2;

export function moveBox(box, right, down) {
  return { ...box, center_x: clamp(box.center_x + right, 0, 1), center_y: clamp(box.center_y + down, 0, 1) };
}

// Resizes a box by a factor; its point at `fixed`, as shares of the box, stays: [0.5, 0.5] the middle.
export function resizeBox(box, factor, fixed = [0.5, 0.5]) {
  const by = clamp(box.width * factor, MIN_WIDTH, MAX_WIDTH) / box.width;
  const [across, down] = fixed.map((each) => (0.5 - each) * (by - 1));
  const grown = { ...box, width: box.width * by, height: box.height * by };
  return moveBox(grown, across * box.width, down * box.height);
}

// Returns the box after a key of the keyboard, or null for other keys.
export function moveByKey(box, { key, shiftKey }) {
  const step = shiftKey ? LARGE_STEP : STEP;
  if (DIRECTIONS[key]) return moveBox(box, ...DIRECTIONS[key].map((each) => each * step));
  if (key === "+" || key === "=") return resizeBox(box, GROWTH);
  if (key === "-" || key === "_") return resizeBox(box, 1 / GROWTH);
  return null;
}

export const growBox = (box) => resizeBox(box, GROWTH ** 2);
export const shrinkBox = (box) => resizeBox(box, 1 / GROWTH ** 2);

export function describeBox({ center_x, center_y, width }) {
  const [x, y, wide] = [center_x, center_y, width].map((each) => Math.round(100 * each));
  return `The middle is at ${x} % from the left and ${y} % from the top; ${wide} % wide.`;
}

const ratioOf = ({ width, height }) => height / width;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
