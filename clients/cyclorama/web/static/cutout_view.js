// The picture of the cut-out editor: the photo, tinted where it is removed, or the cut-out alone on a
// checkered ground, with the corrections.

import { toWindow } from "./cutout_zoom.js";

// Colors of the checkers behind the product alone, as [red, green, blue, opacity], 0 to 255.
const GROUND = [[255, 255, 255, 255], [206, 206, 206, 255]];
// Sizes of both patterns, in pixels of the screen.
const STRIPES = 14;
const CHECKERS = 24;
// Lines that are seen on any ground: colors and widths.
const OUTLINED = [["rgb(0 0 0 / .7)", 4], ["#fff", 2]];
const MARKS = { keep: ["#1f7a55", "+"], remove: ["#b3261e", "−"] };
const AROUND = [[1, 0], [-1, 0], [0, 1], [0, -1], [0.7, 0.7], [-0.7, 0.7], [0.7, -0.7], [-0.7, -0.7]];

// Draws over the photo. context: of a canvas that covers the window. shape: null, or {draw(context),
// drawSolid(context)}, which draw the product, and where it is hardly transparent, as on a photo that
// fills the context. sight: of cutout_zoom.js.
// marks: {points, box, doubtful, cross, brush, change, busy}, in shares of the photo; change: a canvas
// over the photo; busy: whether the last point is being cut out. unit: pixels of the canvas per pixel of
// the screen. alone: whether the product is shown alone. tint: of cutout_tint.js.
export function drawCutout(context, shape, sight, marks, { unit, alone, tint }) {
  const { width, height } = context.canvas;
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  if (shape) (alone ? drawAlone : drawTint)(context, sight, shape, unit, tint);
  if (marks.change) drawOverPhoto(context, sight, () => context.drawImage(marks.change, 0, 0, width, height));
  drawMarks(context, sight, marks, unit);
}

function drawMarks(context, sight, { points, box, doubtful, cross, brush, busy }, unit) {
  const { width, height } = context.canvas;
  const place = (at) => { const { x, y } = toWindow(sight, at); return [x * width, y * height]; };
  if (doubtful) drawBox(context, place, doubtful, "#ffb020", unit);
  if (box) drawBox(context, place, box, "#ffffff", unit);
  for (const [index, { x, y, outside }] of points.entries()) {
    drawPoint(context, ...place({ x, y }), outside ? MARKS.remove : MARKS.keep, unit, busy && index === points.length - 1);
  }
  if (brush) drawBrush(context, ...place(brush), brush.size * unit, unit);
  if (cross) drawCross(context, ...place(cross), unit);
}

// Draws what is to fill the photo where the window shows it.
function drawOverPhoto(context, { zoom, x, y, across, down }, draw) {
  const { width, height } = context.canvas;
  const [wide, high] = [zoom * across, zoom * down];
  context.save();
  context.setTransform(wide, 0, 0, high, (0.5 - x * wide) * width, (0.5 - y * high) * height);
  draw(context);
  context.restore();
}

// Returns a canvas with the product as the window shows it.
function drawLayer({ canvas: { width, height } }, sight, draw) {
  const layer = new OffscreenCanvas(width, height);
  drawOverPhoto(layer.getContext("2d"), sight, draw);
  return layer;
}

function drawAlone(context, sight, { draw }, unit) {
  context.fillStyle = createCheckers(context, unit);
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  drawOverPhoto(context, sight, draw);
}

function drawTint(context, sight, { draw, drawSolid }, unit, { stripes }) {
  const { width, height } = context.canvas;
  context.fillStyle = createStripes(context, unit, stripes);
  const corners = [{ x: 0, y: 0 }, { x: 1, y: 1 }].map((each) => toWindow(sight, each));
  const [[left, top], [right, bottom]] = corners.map(({ x, y }) => [x * width, y * height]);
  context.fillRect(left, top, right - left, bottom - top);
  // A dark line around a white one is seen on any photo.
  const solid = drawLayer(context, sight, drawSolid);
  drawRim(context, solid, 2.8 * unit, "#14081a");
  drawRim(context, solid, 1.7 * unit, "#fff");
  context.globalCompositeOperation = "destination-out";
  context.drawImage(drawLayer(context, sight, draw), 0, 0);
  context.globalCompositeOperation = "source-over";
}

function drawRim(context, layer, radius, color) {
  const rim = new OffscreenCanvas(layer.width, layer.height);
  const brush = rim.getContext("2d");
  for (const [x, y] of AROUND) brush.drawImage(layer, x * radius, y * radius);
  brush.globalCompositeOperation = "source-in";
  brush.fillStyle = color;
  brush.fillRect(0, 0, rim.width, rim.height);
  context.drawImage(rim, 0, 0);
}

// Returns a pattern of two colors, [red, green, blue, opacity]: isFirst(x, y) says where which one is.
function createPattern(context, colors, size, isFirst) {
  const tile = new OffscreenCanvas(size, size);
  const own = tile.getContext("2d");
  const picture = own.createImageData(size, size);
  for (let at = 0; at < size * size; at += 1) {
    picture.data.set(colors[isFirst(at % size, Math.floor(at / size)) ? 0 : 1], 4 * at);
  }
  own.putImageData(picture, 0, 0);
  return context.createPattern(tile, "repeat");
}

function createStripes(context, unit, stripes) {
  const size = Math.round(STRIPES * unit);
  return createPattern(context, stripes, size, (x, y) => (x + y) % size < size / 2);
}

function createCheckers(context, unit) {
  const size = 2 * Math.round((CHECKERS * unit) / 2);
  return createPattern(context, GROUND, size, (x, y) => x < size / 2 === y < size / 2);
}

function drawBox(context, place, { left, top, width, height }, color, unit) {
  const [[x, y], [right, bottom]] = [place({ x: left, y: top }), place({ x: left + width, y: top + height })];
  const sides = [x, y, right - x, bottom - y];
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

// A point is small, so that what it changed is seen around it; a ring shows that it is being cut out.
function drawPoint(context, x, y, [color, sign], unit, isBusy) {
  drawCircle(context, x, y, 7 * unit, [["#fff", 2]], unit);
  context.fillStyle = color;
  context.fill();
  context.fillStyle = "#fff";
  context.font = `700 ${12 * unit}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(sign, x, y + unit / 2);
  if (isBusy) drawCircle(context, x, y, 14 * unit, OUTLINED, unit);
}

const drawBrush = (context, x, y, size, unit) => drawCircle(context, x, y, size / 2, OUTLINED, unit);

function drawCircle(context, x, y, radius, lines, unit) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  for (const [color, width] of lines) {
    context.strokeStyle = color;
    context.lineWidth = width * unit;
    context.stroke();
  }
}

function drawCross(context, x, y, unit) {
  for (const [color, width] of OUTLINED) {
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
