// A mask of the photo that a brush paints: opaque where the product is.

// Longest side in pixels. Larger: finer edges, and larger files.
const MAX_SIDE = 1024;

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

export const encodeMask = (canvas) => new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
