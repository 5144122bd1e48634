// The form: what it offers, what it says, and what is missing in it.

import { all, el, fill, one } from "./dom.js";

const FORMATS = [
  ["Square", "1:1", 1024, 1024],
  ["Portrait", "4:5", 1024, 1280],
  ["Story", "9:16", 1080, 1920],
  ["Wide", "16:9", 1600, 900],
  ["Banner", "1.91:1", 1200, 628],
];
const ANCHORS = [
  ["top_left", "Top left"], ["top", "Top"], ["top_right", "Top right"],
  ["left", "Left"], ["center", "Centre"], ["right", "Right"],
  ["bottom_left", "Bottom left"], ["bottom", "Bottom"], ["bottom_right", "Bottom right"],
];
const PHOTO_BYTES = 48 * 2 ** 20;

let photo = null;
let scenes = [];

export const mode = () => document.body.dataset.mode;
export const photoFile = () => photo;
const prompts = () => one("#prompt").value.split("\n").map((line) => line.trim()).filter(Boolean);
const sizes = () => all("#formats input:checked").map((each) => each.value.split("x").map(Number));
const variants = () => Math.min(16, Math.max(1, Math.round(Number(one("#variants").value)) || 1));

export async function openForm() {
  fill(one("#formats"), ...FORMATS.map(formatChoice));
  fill(one("#anchors"), anchorChoice(["", "Automatic"]), ...ANCHORS.map(anchorChoice));
  const { formats } = await (await fetch("api/formats")).json();
  fill(one("#format"), ...Object.entries(formats).map(fileChoice));
  scenes = await (await fetch("static/scenes.json")).json();
  fill(one("#scenes"), ...scenes.map(sceneChoice));
  one("#photo").addEventListener("change", (event) => takePhoto(event.target.files[0]));
  one("#sample").addEventListener("click", takeSample);
  one("#prompt").addEventListener("input", refresh);
  one("#form").addEventListener("input", refresh);
  one("#prompt").addEventListener("keydown", submitByKey);
  acceptDrops();
  refresh();
}

// What the form says, as the server reads it.
export function wishes() {
  const profile = one("#profile").value;
  const said = {
    negative: one("#negative").value.trim(),
    format: one("#format").value,
    anchor: one("#anchors input:checked").value,
    scale: Number(one("#scale").value),
    shadow: one("#shadow").value,
    locked: one("#locked").checked,
    headline: one("#headline").value.trim(),
    call: one("#call").value.trim(),
    profile,
  };
  if (mode() === "campaign") {
    return { ...said, prompts: prompts(), sizes: profile ? [] : sizes(), variants: variants() };
  }
  return { ...said, prompt: prompts().join(", "), size: profile ? null : sizes()[0] };
}

// Tells what is missing, at its place; true when nothing is.
export function complete() {
  const missing = {
    photo: photo ? "" : "Choose a photo of your product first.",
    prompt: prompts().length ? "" : "Describe a scene, or pick one of the pictures.",
    format: sizes().length || one("#profile").value ? "" : "Pick at least one format.",
  };
  for (const [name, text] of Object.entries(missing)) one(`#${name}-wrong`).textContent = text;
  const first = Object.keys(missing).find((name) => missing[name]);
  if (first) one({ photo: "#photo", prompt: "#prompt", format: "#formats input" }[first]).focus();
  return !first;
}

export function setMode(wanted) {
  document.body.dataset.mode = wanted;
  for (const each of all("[data-switch]")) {
    each.setAttribute("aria-pressed", String(each.dataset.switch === wanted));
  }
  const chosen = all("#formats input:checked").map((each) => each.value);
  for (const each of all("#formats input")) {
    each.type = wanted === "campaign" ? "checkbox" : "radio";
    each.checked = wanted === "campaign" ? chosen.includes(each.value) : each.value === chosen[0];
  }
  refresh();
}

function refresh() {
  const many = mode() === "campaign";
  const chosen = many ? prompts() : [prompts().join(", ")];
  for (const [at, button] of all(".swatch").entries()) {
    button.setAttribute("aria-pressed", String(chosen.includes(scenes[at].prompt)));
  }
  one("#scale-told").textContent = `${one("#scale").value} %`;
  const platform = Boolean(one("#profile").value);
  for (const each of all("#formats input")) each.disabled = platform;
  const shapes = platform ? 1 : sizes().length;
  const total = prompts().length * shapes * variants();
  one("#count").textContent = total
    ? `${plural(prompts().length, "scene")} × ${plural(shapes, "format")} × ${plural(variants(), "variant")} = ${plural(total, "ad")}`
    : "";
}

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function formatChoice([name, ratio, width, height], at) {
  const scale = 26 / Math.max(width, height);
  return el("label", { class: "format" },
    el("input", { type: "radio", name: "size", value: `${width}x${height}`, checked: at === 0 }),
    el("span", { class: "glyph", "--w": `${width * scale}px`, "--h": `${height * scale}px` }),
    el("span", {}, name, el("br"), el("small", {}, ratio)));
}

const fileChoice = ([value, title]) => el("option", { value }, title);

function anchorChoice([value, name]) {
  return el("label", { class: value ? "anchor" : "anchor auto" },
    el("input", { type: "radio", name: "anchor", value, checked: !value, "aria-label": name }),
    value ? null : name);
}

function sceneChoice(scene) {
  return el("button", { type: "button", class: "swatch", title: scene.prompt, "aria-pressed": "false", onclick: () => pick(scene) },
    el("img", { src: `static/scenes/${scene.name}.webp`, alt: "", width: 160, height: 160 }),
    el("span", {}, scene.label));
}

function pick(scene) {
  const field = one("#prompt");
  if (mode() === "campaign") {
    const lines = prompts();
    const others = lines.filter((line) => line !== scene.prompt);
    field.value = (others.length < lines.length ? others : [...lines, scene.prompt]).join("\n");
  } else {
    field.value = scene.prompt;
  }
  one("#prompt-wrong").textContent = "";
  refresh();
}

function takePhoto(file) {
  if (!file) return;
  const wrong = file.size > PHOTO_BYTES ? "This file is larger than 48 MB. Use a smaller one."
    : file.size ? "" : "This file is empty. Choose another one.";
  one("#photo-wrong").textContent = wrong;
  if (wrong) return;
  photo = file;
  const shown = one("#photo-shown");
  if (shown.src) URL.revokeObjectURL(shown.src);
  shown.hidden = false;
  shown.onerror = () => { shown.hidden = true; };
  shown.src = URL.createObjectURL(file);
  one("#sample").hidden = true;
  one("#photo-name").textContent = file.name;
  one("#photo-hint").textContent = "Choose or drop another to change it";
  document.dispatchEvent(new CustomEvent("photo"));
}

async function takeSample() {
  const sample = await (await fetch("static/sample.jpg")).blob();
  takePhoto(new File([sample], "sample.jpg", { type: sample.type }));
  one("#prompt").focus();
}

function acceptDrops() {
  const drop = one("#drop");
  const over = (event, is) => { event.preventDefault(); drop.classList.toggle("over", is); };
  document.addEventListener("dragover", (event) => over(event, true));
  document.addEventListener("dragleave", (event) => over(event, event.relatedTarget !== null));
  document.addEventListener("drop", (event) => { over(event, false); takePhoto(event.dataTransfer.files[0]); });
  document.addEventListener("paste", (event) => takePhoto([...event.clipboardData.files][0]));
}

function submitByKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || mode() === "ad")) {
    event.preventDefault();
    one("#form").requestSubmit();
  }
}
