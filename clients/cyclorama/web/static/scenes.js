// The pictures of scenes, each of which fills in its description.

import { element, find, findAll, replaceContent } from "./dom.js";
import { readState, subscribe, updateForm } from "./store.js";

let scenes = [];

export function openScenes() {
  subscribe(["form", "mode"], renderScenes);
  find("#scenes").addEventListener("keydown", moveFocus);
  find("#scenes").addEventListener("focusin", ({ target }) => setStop(target));
}

export async function loadScenes() {
  scenes = await (await fetch("static/scenes.json")).json();
  replaceContent(find("#scenes"), ...scenes.map(sceneChoice));
  renderScenes(readState());
  setStop(find('.swatch[aria-pressed="true"]') ?? find(".swatch"));
}

// One stop of the tabulator for all scenes; the arrow keys go from one to the next.
function setStop(swatch) {
  for (const each of findAll(".swatch")) each.tabIndex = each === swatch ? 0 : -1;
}

function moveFocus(event) {
  const swatches = findAll(".swatch");
  const at = swatches.indexOf(event.target);
  const last = swatches.length - 1;
  const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  swatches[Math.min(last, Math.max(0, to))].focus();
}

function sceneChoice(scene) {
  return element("button", { type: "button", class: "swatch", title: scene.prompt, "aria-pressed": "false", onclick: () => pickScene(scene) },
    element("img", { src: `static/scenes/${scene.name}.webp`, alt: "", width: 160, height: 160 }),
    element("span", {}, scene.label));
}

function renderScenes({ form, mode }) {
  const chosen = mode === "campaign" ? splitPrompts(form) : [splitPrompts(form).join(", ")];
  for (const [at, button] of findAll(".swatch").entries()) {
    button.setAttribute("aria-pressed", String(chosen.includes(scenes[at].prompt)));
  }
}

// Returns the scene with a description, {name, label, prompt}, or undefined.
export const findScene = (prompt) => scenes.find((each) => each.prompt === prompt);

// Returns the descriptions of scenes, one a line of the field.
export const splitPrompts = (form) => form.prompt.split("\n").map((line) => line.trim()).filter(Boolean);

// Returns the scenes of a form: the descriptions, or the name of the own backdrop in their place.
export const listScenes = (form) => (form.backdrop ? [nameBackdrop(form.backdrop)] : splitPrompts(form));

const nameBackdrop = ({ color, name }) => (color ? `color ${color}` : removeType(name) || "backdrop");

// Returns the name of a file without its type.
export const removeType = (name) => name.replace(/\.[^.]*$/, "");

// In a campaign every scene is a line of its own, and picking it once more removes it.
function pickScene({ prompt }) {
  const { form, mode } = readState();
  if (mode !== "campaign") return updateForm({ prompt, light: "" });
  const lines = splitPrompts(form);
  const others = lines.filter((line) => line !== prompt);
  return updateForm({ prompt: (others.length < lines.length ? others : [...lines, prompt]).join("\n") });
}
