// What a correction changed in the cut-out: how much, and where, to be shown for a moment.

// Longer side in pixels at which cut-outs are compared. Larger: smaller changes count, slowly.
const SIDE = 320;
// Opacity, 0 to 255, from which on a pixel counts as changed, so that softer edges do not.
const CHANGED = 90;
const COLORS = { added: [46, 204, 113], removed: [255, 209, 0] };

// Compares two cut-outs that draw themselves. ratio: of the photo, width by height. Returns {added,
// removed, picture}: shares of the area before, and a canvas over the photo with what changed.
export function compareCutouts(drawBefore, drawNow, ratio) {
  const [before, now] = [drawBefore, drawNow].map((draw) => readOpacity(draw, ratio));
  const { canvas, context } = createCanvas(ratio);
  const picture = context.createImageData(canvas.width, canvas.height);
  const counts = { area: 0, added: 0, removed: 0 };
  for (let at = 0; at < before.length; at += 4) {
    counts.area += before[at + 3] / 255;
    const by = now[at + 3] - before[at + 3];
    if (Math.abs(by) < CHANGED) continue;
    const kind = by > 0 ? "added" : "removed";
    counts[kind] += Math.abs(by) / 255;
    picture.data.set([...COLORS[kind], 190], at);
  }
  context.putImageData(picture, 0, 0);
  const area = Math.max(1, counts.area);
  return { added: counts.added / area, removed: counts.removed / area, picture: canvas };
}

function readOpacity(draw, ratio) {
  const { canvas, context } = createCanvas(ratio);
  draw(context);
  return context.getImageData(0, 0, canvas.width, canvas.height).data;
}

function createCanvas(ratio) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(SIDE * Math.min(1, ratio)));
  canvas.height = Math.max(1, Math.round(SIDE / Math.max(1, ratio)));
  return { canvas, context: canvas.getContext("2d", { willReadFrequently: true }) };
}
