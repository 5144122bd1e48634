// The pictures of scenes, each of which fills in its description: a row, and all of them at a press.

import { element, find, findAll, replaceContent } from "./dom.js";
import { readState, subscribe, updateForm } from "./store.js";

let scenes = [];
// The user's own words that a picked scene has replaced, and the scene's.
let replaced = null;

export function openScenes() {
  subscribe(["form", "mode"], renderScenes);
  find("#prompt-back").addEventListener("click", restoreWords);
  find("#scenes").addEventListener("keydown", moveFocus);
  find("#scenes").addEventListener("focusin", ({ target }) => setStop(target));
}

export async function loadScenes() {
  scenes = await (await fetch("static/scenes.json")).json();
  replaceContent(find("#scenes"), ...scenes.map(sceneChoice), createMore());
  renderScenes(readState());
  setStop(find('.swatch[aria-pressed="true"]') ?? find(".swatch"));
}

// One stop of the tabulator for all scenes; the arrow keys go from one to the next.
function setStop(swatch) {
  for (const each of findAll(".swatch")) each.tabIndex = each === swatch ? 0 : -1;
}

// The last place of the row: all scenes, with four of those that are not seen.
function createMore() {
  const samples = scenes.slice(-4).map(({ name }) => element("img", { src: `static/scenes/${name}.webp`, alt: "", width: 80, height: 80 }));
  return element("button", { type: "button", class: "scenes-more", id: "scenes-more", "aria-expanded": "false", "aria-controls": "scenes", onclick: switchMore },
    element("span", { class: "scenes-samples" }, samples), element("span", { class: "scenes-words" }, `All ${scenes.length}`));
}

function switchMore({ currentTarget }) {
  const isOpen = find("#scenes").classList.toggle("open");
  currentTarget.setAttribute("aria-expanded", String(isOpen));
  find(".scenes-words", currentTarget).textContent = isOpen ? "Fewer" : `All ${scenes.length}`;
  setStop(listVisible().find((each) => each.ariaPressed === "true") ?? listVisible()[0]);
}

const listVisible = () => findAll(".swatch").filter((each) => each.checkVisibility());

function moveFocus(event) {
  const swatches = listVisible();
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
    button.setAttribute("aria-pressed", String(chosen.some((prompt) => isOf(prompt, scenes[at]))));
  }
  find("#prompt-back").hidden = mode === "campaign" || replaced?.scene !== form.prompt;
}

// Whether a description is a scene's, also one that the user has added to.
const isOf = (prompt, scene) => prompt.startsWith(scene.prompt);

// Returns the scene with a description, {name, label, prompt}, or undefined.
export const findScene = (prompt) => scenes.find((each) => each.prompt === prompt);

// Returns the descriptions of scenes, one a line of the field.
export const splitPrompts = (form) => form.prompt.split("\n").map((line) => line.trim()).filter(Boolean);

// Returns the scenes of a form: the descriptions, or the name of the own backdrop in their place.
export const listScenes = (form) => (form.backdrop ? [nameBackdrop(form.backdrop)] : splitPrompts(form));

const nameBackdrop = ({ color, name }) => (color ? `color ${color}` : removeType(name) || "backdrop");

// Returns the name of a file without its type.
export const removeType = (name) => name.replace(/\.[^.]*$/, "");

function restoreWords() {
  updateForm({ prompt: replaced.words });
  find("#prompt").focus();
}

// In a campaign every scene is a line of its own, and picking it once more removes it.
function pickScene({ prompt }) {
  const { form, mode } = readState();
  if (mode !== "campaign") {
    if (form.prompt.trim() && !findScene(form.prompt)) replaced = { words: form.prompt, scene: prompt };
    else if (replaced) replaced.scene = prompt;
    return updateForm({ prompt, light: "" });
  }
  const lines = splitPrompts(form);
  const others = lines.filter((line) => line !== prompt);
  return updateForm({ prompt: (others.length < lines.length ? others : [...lines, prompt]).join("\n") });
}
