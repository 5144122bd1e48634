// The dialog of the cut-out editor: the photo under a canvas, the tools, and the buttons.

import { createClearTick } from "./cutout_clear.js";
import { element, find } from "./dom.js";
import { attachSwitch } from "./press_switch.js";

export const TOOLS = {
  point: ["Point", "Keep adds a part that is missing, Remove takes off what is too much: press in its middle.", "arrows move the cross, Enter presses there."],
  brush: ["Brush", "Keep paints what is missing, Remove wipes off what is too much.", "arrows move the cross, Enter paints a dot."],
  box: ["Box", "Draw a box around the product. It is searched there from the start.", "arrows move the cross, Enter sets one corner, then the other."],
  hand: ["Move", "Drag the photo to see another part of it.", "arrows move the cross, + and − zoom."],
};
const ACTIONS = { keep: "Keep", remove: "Remove" };
const VIEWS = { marked: "Photo", alone: "Cut-out" };
const ZOOMS = { out: ["−", "Zoom out"], in: ["+", "Zoom in"], fit: ["Fit", "Show the whole photo"] };
// Widths of the brush, in pixels of the screen.
export const BRUSH = { min: 4, max: 120, value: 16 };

// Returns {canvas, photo, message, dialog}. gestures: handlers of the canvas by event. actions:
// choose(name, value) for "tool", "action", "view" and "brush"; zoom(name) of ZOOMS; takeShortcut(event),
// undo, reset, finish, close; update, after the tick for see-through products; compare(isBefore), for the
// cut-out before the corrections.
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

// A button that switches between before and after; while it is held, before is shown.
function createCompare(compare) {
  const button = element("button", { type: "button", class: "plain", id: "cutout-before", "aria-pressed": "false", title: "The cut-out before your corrections: press to switch, or hold" }, "Before");
  attachSwitch(button, { isOn: () => button.getAttribute("aria-pressed") === "true", set: compare });
  return button;
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
    element("small", { id: "cutout-hint" }, element("span", { id: "hint-tool" }), element("span", { class: "place-keys", id: "hint-keys" })));
}
