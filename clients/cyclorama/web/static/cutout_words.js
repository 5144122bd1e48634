// What the cut-out editor says: what is shown, and what a correction did.

import { isCorrected } from "./cutouts.js";

// What each view shows of what is removed, and of what is half removed.
const LEGENDS = {
  marked: ["stripes are removed, the rest is the product", "where they are faint"],
  alone: ["Only this is the product", "where the checkers show faintly"],
};
// What helps where a correction with a tool changed little.
const ADVICE = {
  point: "Zoom in and press once more, or paint with the brush.",
  brush: "Choose Keep or Remove, and paint over the part that is wrong.",
};
// Share of the cut-out's area below which a change is none. Larger: small drops that were removed count
// as none.
const NONE = 0.0001;
// Share of the cut-out that a point adds at most where the product is of glass. Larger: the advice comes
// for products of which parts were missing.
const PANE = 0.015;

// Whether a change, {added, removed}, is too small to be seen.
export const isNothing = ({ added, removed }) => added + removed < NONE;

// editor: {cutout, history, view, tint, isBefore}, as the editor has them. isClear: whether the product is see-through.
export function describeCutout({ cutout, history, view, tint, isBefore }, isClear) {
  if (isBefore) return "This is the cut-out before your corrections. Press Before once more to see yours.";
  const glass = isClear ? "" : cutout.glass;
  const doubt = isCorrected(history.at(-1)) ? "" : cutout.doubt;
  if (doubt) return `${doubt} Look closely. ${glass}`.trim();
  if (glass) return glass;
  const [legend, faint] = LEGENDS[view];
  const removed = view === "marked" ? `${tint.name} ${legend}` : legend;
  return isClear ? `${removed}; ${faint}, the scene is seen through it.` : `${removed}.`;
}

// change: {added, removed}, shares of the cut-out's area before. editor: {cutout, history, tool, action}.
export function describeCorrection(change, { cutout, history, tool, action }, isClear) {
  const [before, now] = history.slice(-2);
  const isBox = now?.box && JSON.stringify(now.box) !== JSON.stringify(before.box);
  const startsOver = isBox && (before.mask || before.points.length);
  // Points make glass opaque, so they are no way to complete it.
  const maybeGlass = tool === "point" && action === "keep" && change.added < PANE && !isClear && isWithin(cutout, now.points.at(-1));
  return [
    isBox && isNothing(change) ? "The product in the box is the one that was found." : describeChange(change, ADVICE[tool] ?? ""),
    startsOver && "The box starts over, without the points and strokes before it. Undo brings them back.",
    maybeGlass && "If it is of glass, tick “See-through, such as glass” instead.",
  ].filter(Boolean).join(" ");
}

function isWithin({ left, top, width, height, photo_width: across, photo_height: down }, point) {
  const [x, y] = [(point?.x ?? 0) / across - left, (point?.y ?? 0) / down - top];
  return x > 0 && y > 0 && x < width && y < height;
}

function describeChange({ added, removed }, advice) {
  const changed = added + removed;
  if (isNothing({ added, removed })) return `This changed nothing, so it is no correction. ${advice}`;
  const parts = [["Added", added], ["Removed", removed]].filter(([, share]) => share >= NONE && share > changed / 20);
  const what = parts.map(([verb, share], at) => `${at ? verb.toLowerCase() : verb}${formatShare(share)}`).join(" and ");
  return `${what}${changed < PERCENT ? "" : " of the cut-out"}.`;
}

// A share is worth a number from one percent on.
const PERCENT = 0.01;
const formatShare = (share) => (share < PERCENT ? "" : ` ${Math.round(100 * share)} %`);
