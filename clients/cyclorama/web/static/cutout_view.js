// The picture of the cut-out editor: the photo, dark where it is not product, with the corrections.

const OUTSIDE = "rgb(16 12 24 / .66)";
const MARKS = { keep: ["#1f7a55", "+"], remove: ["#b3261e", "−"] };

// Draws over the photo. context: of a canvas that covers it. drawShape(context): draws the product,
// opaque where it is kept. marks: {points, box, doubtful, cross}, in shares of the canvas; box and
// doubtful: {left, top, width, height}. unit: pixels of the canvas per pixel of the screen.
export function drawCutout(context, drawShape, { points, box, doubtful, cross }, unit) {
  const { width, height } = context.canvas;
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  if (drawShape) dimOutside(context, drawShape, unit);
  if (doubtful) drawBox(context, doubtful, "#ffb020", unit);
  if (box) drawBox(context, box, "#ffffff", unit);
  for (const { x, y, outside } of points) drawPoint(context, x * width, y * height, outside ? MARKS.remove : MARKS.keep, unit);
  if (cross) drawCross(context, cross.x * width, cross.y * height, unit);
}

function dimOutside(context, drawShape, unit) {
  const { width, height } = context.canvas;
  context.fillStyle = OUTSIDE;
  context.fillRect(0, 0, width, height);
  // A white rim, which shows the edge on any photo.
  context.save();
  context.shadowColor = "#fff";
  context.shadowBlur = 4 * unit;
  drawShape(context);
  context.restore();
  context.globalCompositeOperation = "destination-out";
  drawShape(context);
  context.globalCompositeOperation = "source-over";
}

function drawBox(context, { left, top, width, height }, color, unit) {
  const { width: across, height: down } = context.canvas;
  const sides = [left * across, top * down, width * across, height * down];
  context.lineWidth = 4 * unit;
  context.strokeStyle = "rgb(0 0 0 / .55)";
  context.setLineDash([]);
  context.strokeRect(...sides);
  context.lineWidth = 2 * unit;
  context.strokeStyle = color;
  context.setLineDash([8 * unit, 5 * unit]);
  context.strokeRect(...sides);
  context.setLineDash([]);
}

function drawPoint(context, x, y, [color, sign], unit) {
  context.beginPath();
  context.arc(x, y, 10 * unit, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 2 * unit;
  context.strokeStyle = "#fff";
  context.stroke();
  context.fillStyle = "#fff";
  context.font = `700 ${15 * unit}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(sign, x, y + unit);
}

function drawCross(context, x, y, unit) {
  for (const [color, width] of [["rgb(0 0 0 / .7)", 4], ["#fff", 2]]) {
    context.strokeStyle = color;
    context.lineWidth = width * unit;
    context.beginPath();
    for (const [across, down] of [[14, 0], [0, 14]]) {
      context.moveTo(x - across * unit, y - down * unit);
      context.lineTo(x + across * unit, y + down * unit);
    }
    context.stroke();
  }
}
