// The dialog of the cut-out editor: the photo under a canvas, the tools, and the buttons.

import { createClearTick } from "./cutout_clear.js";
import { element, find } from "./dom.js";

export const TOOLS = {
  point: ["Point", "Press a part that is missing, or too much: the area of its color changes."],
  brush: ["Brush", "Paint over what is missing, or what is too much."],
  box: ["Box", "Draw a box around the product. It is searched there from the start."],
  hand: ["Move", "Drag the photo to see another part of it."],
};
const ACTIONS = { keep: "Keep", remove: "Remove" };
const VIEWS = { marked: "Photo", alone: "Cut-out" };
const ZOOMS = { out: ["−", "Zoom out"], in: ["+", "Zoom in"], fit: ["Fit", "Show the whole photo"] };
// Widths of the brush, in pixels of the screen.
export const BRUSH = { min: 4, max: 120, value: 16 };

// Returns {canvas, photo, message, dialog}. gestures: handlers of the canvas by event. actions:
// choose(name, value) for "tool", "action", "view" and "brush"; zoom(name) of ZOOMS; takeShortcut(event),
// undo, reset, finish, close; update, after the tick for see-through products; compare(isHeld), while the
// cut-out before the corrections is wanted.
export function createDialog(gestures, actions) {
  const canvas = element("canvas", {
    tabindex: 0, role: "application", "aria-label": "The photo with its cut-out. Arrow keys move the cross, Enter uses the tool there, plus and minus zoom, zero shows the whole photo.", ...gestures,
  });
  const photo = element("img", { alt: "" });
  const message = element("p", { class: "cutout-message", role: "status" });
  const dialog = element("dialog", { class: "cutout-dialog", id: "cutout-dialog", "aria-labelledby": "cutout-title", onkeydown: actions.takeShortcut },
    element("div", { class: "cutout-head" }, element("h2", { id: "cutout-title" }, "Fix the cut-out"), createViews(actions.choose), createCompare(actions.compare),
      element("button", { type: "button", class: "plain", onclick: actions.close }, "Close")),
    element("div", { class: "cutout-stage" },
      element("div", { class: "cutout-photo" }, element("div", { class: "cutout-window" }, photo), canvas, createZooms(actions.zoom))),
    createTools(actions.choose), message,
    element("div", { class: "cutout-end" },
      element("button", { type: "button", class: "plain", id: "cutout-undo", title: "Control and Z", onclick: actions.undo }, "Undo"),
      element("button", { type: "button", class: "plain", id: "cutout-reset", onclick: actions.reset }, "Start over"),
      createClearTick("editor-clear", actions.update),
      element("button", { type: "button", class: "primary", id: "cutout-use", onclick: actions.finish }, "Use this cut-out")));
  find("#cutout-editor").after(dialog);
  return { canvas, photo, message, dialog };
}

const createChoice = (name, entries, choose) => entries.map(([value, text]) =>
  element("button", { type: "button", [`data-${name}`]: value, onclick: () => choose(name, value) }, text));

const createViews = (choose) =>
  element("div", { class: "switch", role: "group", "aria-label": "What is shown" }, createChoice("view", Object.entries(VIEWS), choose));

// A button that is held, with the pointer or a key.
function createCompare(compare) {
  const isKey = ({ key }) => key === "Enter" || key === " ";
  const [hold, release] = [() => compare(true), () => compare(false)];
  return element("button", {
    type: "button", class: "plain", id: "cutout-before", title: "Hold to see the cut-out before your corrections",
    onpointerdown: hold, onpointerup: release, onpointerleave: release, onpointercancel: release, onblur: release,
    onkeydown: (event) => isKey(event) && hold(), onkeyup: (event) => isKey(event) && release(),
    oncontextmenu: (event) => event.preventDefault(),
  }, "Hold: before");
}

const createZooms = (zoom) => element("div", { class: "cutout-zooms", role: "group", "aria-label": "Zoom" },
  Object.entries(ZOOMS).map(([name, [text, label]]) => element("button", { type: "button", "data-zoom": name, "aria-label": label, title: label, onclick: () => zoom(name) }, text)),
  element("output", { id: "cutout-zoom" }));

function createTools(choose) {
  const size = element("input", { type: "range", id: "brush-size", ...BRUSH, "aria-label": "Size of the brush in pixels of the screen", oninput: () => choose("brush", Number(size.value)) });
  const width = element("output", { id: "brush-width", for: "brush-size" });
  return element("div", { class: "tools cutout-tools" },
    element("div", { class: "switch", role: "group", "aria-label": "Tool" }, createChoice("tool", Object.entries(TOOLS).map(([value, [text]]) => [value, text]), choose)),
    element("div", { class: "switch", id: "cutout-actions", role: "group", "aria-label": "What the tool does" }, createChoice("action", Object.entries(ACTIONS), choose)),
    element("label", { class: "cutout-size", id: "cutout-size" }, "Brush size ", size, width),
    element("small", { id: "cutout-hint" }));
}
