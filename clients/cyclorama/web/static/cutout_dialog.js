// The dialog of the cut-out editor: the photo under a canvas, the tools, and the buttons.

import { createClearTick } from "./cutout_clear.js";
import { element, find } from "./dom.js";

export const TOOLS = {
  point: ["Point", "Tap what is missing, or what is too much."],
  brush: ["Brush", "Paint over what is missing, or what is too much."],
  box: ["Box", "Draw a box around the product."],
};
const ACTIONS = { keep: "Keep", remove: "Remove" };
// Widths of the brush, in hundredths of the photo's width.
export const BRUSH = { min: 1, max: 16, value: 5 };

// Returns {canvas, photo, message, dialog}. gestures: handlers of the canvas by event. actions:
// choose(name, value) for "tool", "action" and "brush"; undoByKey(event), undo, reset, finish, close;
// update, after the tick for see-through products.
export function createDialog(gestures, actions) {
  const canvas = element("canvas", {
    tabindex: 0, role: "application", "aria-label": "The photo with its cut-out. Arrow keys move the cross, Enter uses the tool there.", ...gestures,
  });
  const photo = element("img", { alt: "" });
  const message = element("p", { class: "cutout-message", role: "status" });
  const dialog = element("dialog", { class: "cutout-dialog", id: "cutout-dialog", "aria-labelledby": "cutout-title", onkeydown: actions.undoByKey },
    element("div", { class: "cutout-head" }, element("h2", { id: "cutout-title" }, "Fix the cut-out"),
      element("button", { type: "button", class: "plain", onclick: actions.close }, "Close")),
    element("div", { class: "cutout-stage" }, element("div", { class: "cutout-photo" }, photo, canvas)),
    createTools(actions.choose), createClearTick("editor-clear", actions.update), message,
    element("div", { class: "cutout-end" },
      element("button", { type: "button", class: "plain", id: "cutout-undo", onclick: actions.undo }, "Undo"),
      element("button", { type: "button", class: "plain", id: "cutout-reset", onclick: actions.reset }, "Start over"),
      element("button", { type: "button", class: "primary", id: "cutout-use", onclick: actions.finish }, "Use this cut-out")));
  find("#cutout-editor").after(dialog);
  return { canvas, photo, message, dialog };
}

function createTools(choose) {
  const buttons = (name, entries) => entries.map(([value, text]) =>
    element("button", { type: "button", [`data-${name}`]: value, onclick: () => choose(name, value) }, text));
  const size = element("input", { type: "range", id: "brush-size", ...BRUSH, "aria-label": "Size of the brush", oninput: () => choose("brush", Number(size.value)) });
  return element("div", { class: "tools cutout-tools" },
    element("div", { class: "switch", role: "group", "aria-label": "Tool" }, buttons("tool", Object.entries(TOOLS).map(([value, [text]]) => [value, text]))),
    element("div", { class: "switch", id: "cutout-actions", role: "group", "aria-label": "What the tool does" }, buttons("action", Object.entries(ACTIONS))),
    element("label", { class: "cutout-size", id: "cutout-size" }, "Size ", size),
    element("small", { id: "cutout-hint" }));
}
