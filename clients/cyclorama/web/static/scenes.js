// The pictures of scenes, each of which fills in its description.

import { element, find, findAll, replaceContent } from "./dom.js";
import { readState, subscribe, updateForm } from "./store.js";

let scenes = [];

export const openScenes = () => subscribe(["form", "mode"], renderScenes);

export async function loadScenes() {
  scenes = await (await fetch("static/scenes.json")).json();
  replaceContent(find("#scenes"), ...scenes.map(sceneChoice));
  renderScenes(readState());
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

// In a campaign every scene is a line of its own, and picking it once more removes it.
function pickScene({ prompt }) {
  const { form, mode } = readState();
  if (mode !== "campaign") return updateForm({ prompt });
  const lines = splitPrompts(form);
  const others = lines.filter((line) => line !== prompt);
  return updateForm({ prompt: (others.length < lines.length ? others : [...lines, prompt]).join("\n") });
}
