// A mask of the photo that a brush paints: opaque where the product is.

// Longest side in pixels: a product on half of the photo has as many as its cut-out. Larger: finer edges,
// and larger files.
const MAX_SIDE = 2048;

// Returns a mask of a size in pixels; draw(context) draws the product to start from.
export function createMask({ width, height }, draw) {
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  draw(context);
  // White, so that the brush and the product do not differ.
  context.globalCompositeOperation = "source-in";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

// Returns a canvas that is white where a picture has at least an opacity, 0 to 255, and clear elsewhere.
export function hardenPicture(picture, opacity) {
  const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < pixels.data.length; at += 4) pixels.data.fill(pixels.data[at + 3] < opacity ? 0 : 255, at, at + 4);
  context.putImageData(pixels, 0, 0);
  return canvas;
}

// Paints a line between points, in shares of the mask; size: its width, as a share of the width.
export function paintLine(canvas, from, to, { size, outside }) {
  const context = canvas.getContext("2d");
  context.globalCompositeOperation = outside ? "destination-out" : "source-over";
  context.strokeStyle = "#fff";
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = Math.max(1, size * canvas.width);
  context.beginPath();
  context.moveTo(from.x * canvas.width, from.y * canvas.height);
  // A line without length shows nothing.
  context.lineTo(to.x * canvas.width + 0.01, to.y * canvas.height);
  context.stroke();
}

// Returns the upright photo as PNG, opaque where a mask is light. mask: a file of gray levels.
export async function cutPhoto(photo, mask) {
  const [picture, shape] = await Promise.all([createImageBitmap(photo), createImageBitmap(mask)]);
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(shape, 0, 0, canvas.width, canvas.height);
  const alpha = context.getImageData(0, 0, canvas.width, canvas.height);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  // Red, as all levels are equal, of what the mask itself does not leave out.
  for (let at = 0; at < pixels.data.length; at += 4) pixels.data[at + 3] = (alpha.data[at] * alpha.data[at + 3]) / 255;
  context.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

export const encodeMask = (canvas) => new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
