// The spot of the product on an ad: moved and resized, as shares of the ad's width and height.

// Widths beyond which the product is lost, or hides the whole scene.
const MIN_WIDTH = 0.04;
const MAX_WIDTH = 1.6;
// Steps of the keys, as shares of the ad, and the growth of one step of the size.
const STEP = 0.01;
const LARGE_STEP = 0.05;
const GROWTH = 1.05;
// What may be beyond an edge without being missed, as a share of the product's side. Larger: a
// product that is cut off a little is not said; smaller: rounded pixels are.
const UNSEEN = 0.01;
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

// Returns how far the product is beyond each edge of the ad, as shares of its own sides; negative
// where it is within.
const measureOverhang = ({ center_x, center_y, width, height }) => ({
  left: 0.5 - center_x / width,
  right: 0.5 - (1 - center_x) / width,
  top: 0.5 - center_y / height,
  bottom: 0.5 - (1 - center_y) / height,
});

// Returns whether an edge of the ad cuts off what it does not in another place of the product. A
// side that the photo cut off lacks nothing.
export function isCutFurther(box, reference) {
  const [now, before] = [box, reference].map(measureOverhang);
  return Object.keys(now).some((side) => !reference.cut_sides?.includes(side) && now[side] > Math.max(0, before[side]) + UNSEEN);
}

// Returns the box of the product in an ad of another shape: as wide, in shares, and with the sides
// that the photo cut off at the edges where they are in its ad. stretch: of its height, in shares.
export function reshapeBox(placement, stretch) {
  const overhang = measureOverhang(placement);
  const [top, bottom] = ["top", "bottom"].map((side) => placement.cut_sides?.includes(side) && overhang[side] > -UNSEEN);
  const { center_x } = placement;
  // From edge to edge, it stays as high.
  const growth = top && bottom ? 1 : stretch;
  const [width, height] = [placement.width * growth / stretch, placement.height * growth];
  const [highest, lowest] = [(0.5 - overhang.top) * height, 1 - (0.5 - overhang.bottom) * height];
  const center_y = top === bottom ? placement.center_y : clamp(top ? highest : lowest, 0, 1);
  return { center_x, center_y, width, height };
}

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
