// Where the product is in a picture of its cut-out that is mirrored and turned, as the server places it.

// Longer side in pixels at which a cut-out is measured. Larger: more exact, and slower.
const SIDE = 640;
// Opacity, 0 to 255, from which on a pixel counts as the product: fainter ones come from reducing it.
const COUNTS = 8;

// Returns where the middle of the product's box is from the middle of the picture, [right, down], as
// shares of the sides that the picture has before it is turned. image: an <img> that is loaded.
// placement: as of an ad, {rotation, flipped, cut_sides}.
export function findTurnedCenter(image, { rotation, flipped, cut_sides: cutSides = [] }) {
  const scale = SIDE / Math.max(image.naturalWidth, image.naturalHeight);
  const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
  const { left, top, right, bottom } = findBounds(drawTurned(image, width, height, rotation, flipped));
  const slope = Math.abs(Math.sin((rotation * Math.PI) / 180));
  // Where the photo cut the product off, it is straight again.
  const cut = (side, length) => (cutSides.includes(side) ? slope * length : 0);
  const across = left + cut("left", height) + right - cut("right", height);
  const down = top + cut("top", width) + bottom - cut("bottom", width);
  return [across / 2 / width, down / 2 / height];
}

function drawTurned(image, width, height, rotation, flipped) {
  const side = Math.ceil(Math.hypot(width, height)) + 2;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.translate(side / 2, side / 2);
  context.rotate((rotation * Math.PI) / 180);
  context.scale(flipped ? -1 : 1, 1);
  context.drawImage(image, -width / 2, -height / 2, width, height);
  return context.getImageData(0, 0, side, side);
}

// Returns the edges of what is opaque, in pixels from the middle; those of all where nothing is.
function findBounds({ data, width: side }) {
  const edges = { left: side, top: side, right: 0, bottom: 0 };
  for (let at = 3, index = 0; at < data.length; at += 4, index++) {
    if (data[at] < COUNTS) continue;
    const [x, y] = [index % side, Math.floor(index / side)];
    edges.left = Math.min(edges.left, x);
    edges.right = Math.max(edges.right, x + 1);
    edges.top = Math.min(edges.top, y);
    edges.bottom = y + 1;
  }
  const found = edges.right ? edges : { left: 0, top: 0, right: side, bottom: side };
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, value - side / 2]));
}
