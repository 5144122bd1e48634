// The form: its choices, its values, and its validation.

import { element, find, findAll, replaceContent } from "./dom.js";

const FORMATS = [
  ["Square", "1:1", 1024, 1024],
  ["Portrait", "4:5", 1024, 1280],
  ["Story", "9:16", 1080, 1920],
  ["Wide", "16:9", 1600, 900],
  ["Banner", "1.91:1", 1200, 628],
];
const ANCHORS = [
  ["top_left", "Top left"], ["top", "Top"], ["top_right", "Top right"],
  ["left", "Left"], ["center", "Center"], ["right", "Right"],
  ["bottom_left", "Bottom left"], ["bottom", "Bottom"], ["bottom_right", "Bottom right"],
];
const PHOTO_BYTES = 48 * 2 ** 20;

let photo = null;
let address = "";
let scenes = [];

export const mode = () => document.body.dataset.mode;
export const photoFile = () => photo;
// Where the browser finds the photo; empty for a format that it cannot show, as many cannot HEIC.
export const photoAddress = () => address;
const prompts = () => find("#prompt").value.split("\n").map((line) => line.trim()).filter(Boolean);
const sizes = () => findAll("#formats input:checked").map((each) => each.value.split("x").map(Number));
const variants = () => Math.min(16, Math.max(1, Math.round(Number(find("#variant-count").value)) || 1));

export async function openForm() {
  replaceContent(find("#formats"), ...FORMATS.map(formatChoice));
  replaceContent(find("#anchors"), anchorChoice(["", "Automatic"]), ...ANCHORS.map(anchorChoice));
  const { formats } = await (await fetch("api/formats")).json();
  replaceContent(find("#format"), ...Object.entries(formats).map(fileChoice));
  scenes = await (await fetch("static/scenes.json")).json();
  replaceContent(find("#scenes"), ...scenes.map(sceneChoice));
  find("#photo").addEventListener("change", (event) => usePhoto(event.target.files[0]));
  find("#sample").addEventListener("click", useSample);
  find("#prompt").addEventListener("input", refresh);
  find("#form").addEventListener("input", refresh);
  find("#prompt").addEventListener("keydown", submitByKey);
  acceptDrops();
  refresh();
}

// Returns the options of the form as the server reads them.
export function readForm() {
  const profile = find("#profile").value;
  const options = {
    negative: find("#negative").value.trim(),
    format: find("#format").value,
    anchor: find("#anchors input:checked").value,
    scale: Number(find("#scale").value),
    shadow: find("#shadow").value,
    locked: find("#locked").checked,
    headline: find("#headline").value.trim(),
    call: find("#call").value.trim(),
    profile,
  };
  if (mode() === "campaign") {
    return { ...options, prompts: prompts(), sizes: profile ? [] : sizes(), variants: variants() };
  }
  return { ...options, prompt: prompts().join(", "), size: profile ? null : sizes()[0] };
}

// Shows what is missing next to its field; returns whether the form is complete.
export function validateForm() {
  const missing = {
    photo: photo ? "" : "Choose a photo of your product first.",
    prompt: prompts().length ? "" : "Describe a scene, or pick one of the pictures.",
    format: sizes().length || find("#profile").value ? "" : "Pick at least one format.",
  };
  for (const [name, text] of Object.entries(missing)) find(`#${name}-wrong`).textContent = text;
  const first = Object.keys(missing).find((name) => missing[name]);
  if (first) find({ photo: "#photo", prompt: "#prompt", format: "#formats input" }[first]).focus();
  return !first;
}

export function setMode(wanted) {
  document.body.dataset.mode = wanted;
  for (const each of findAll("[data-switch]")) {
    each.setAttribute("aria-pressed", String(each.dataset.switch === wanted));
  }
  if (wanted === "assess") return;
  const chosen = findAll("#formats input:checked").map((each) => each.value);
  for (const each of findAll("#formats input")) {
    each.type = wanted === "campaign" ? "checkbox" : "radio";
    each.checked = wanted === "campaign" ? chosen.includes(each.value) : each.value === chosen[0];
  }
  refresh();
}

function refresh() {
  const many = mode() === "campaign";
  const chosen = many ? prompts() : [prompts().join(", ")];
  for (const [at, button] of findAll(".swatch").entries()) {
    button.setAttribute("aria-pressed", String(chosen.includes(scenes[at].prompt)));
  }
  find("#scale-value").textContent = `${find("#scale").value} %`;
  const platform = Boolean(find("#profile").value);
  for (const each of findAll("#formats input")) each.disabled = platform;
  const shapes = platform ? 1 : sizes().length;
  const total = prompts().length * shapes * variants();
  find("#count").textContent = total
    ? `${plural(prompts().length, "scene")} × ${plural(shapes, "format")} × ${plural(variants(), "variant")} = ${plural(total, "ad")}`
    : "";
}

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function formatChoice([name, ratio, width, height], at) {
  const scale = 26 / Math.max(width, height);
  return element("label", { class: "format" },
    element("input", { type: "radio", name: "size", value: `${width}x${height}`, checked: at === 0 }),
    element("span", { class: "glyph", "--w": `${width * scale}px`, "--h": `${height * scale}px` }),
    element("span", {}, name, element("br"), element("small", {}, ratio)));
}

const fileChoice = ([value, title]) => element("option", { value }, title);

function anchorChoice([value, name]) {
  return element("label", { class: value ? "anchor" : "anchor auto" },
    element("input", { type: "radio", name: "anchor", value, checked: !value, "aria-label": name }),
    value ? null : name);
}

function sceneChoice(scene) {
  return element("button", { type: "button", class: "swatch", title: scene.prompt, "aria-pressed": "false", onclick: () => pick(scene) },
    element("img", { src: `static/scenes/${scene.name}.webp`, alt: "", width: 160, height: 160 }),
    element("span", {}, scene.label));
}

function pick(scene) {
  const field = find("#prompt");
  if (mode() === "campaign") {
    const lines = prompts();
    const others = lines.filter((line) => line !== scene.prompt);
    field.value = (others.length < lines.length ? others : [...lines, scene.prompt]).join("\n");
  } else {
    field.value = scene.prompt;
  }
  find("#prompt-wrong").textContent = "";
  refresh();
}

function usePhoto(file) {
  if (!file) return;
  const wrong = file.size > PHOTO_BYTES ? "This file is larger than 48 MB. Use a smaller one."
    : file.size ? "" : "This file is empty. Choose another one.";
  find("#photo-wrong").textContent = wrong;
  if (wrong) return;
  photo = file;
  address = URL.createObjectURL(file);
  const shown = find("#photo-shown");
  shown.hidden = false;
  shown.onerror = () => {
    shown.hidden = true;
    address = "";
    find("#photo-hint").textContent = "This browser has no preview of it; ads are made from it all the same";
  };
  shown.src = address;
  find("#sample").hidden = true;
  find("#photo-name").textContent = file.name;
  find("#photo-hint").textContent = "Choose or drop another to change it";
  document.dispatchEvent(new CustomEvent("photo"));
}

async function useSample() {
  const sample = await (await fetch("static/sample.jpg")).blob();
  usePhoto(new File([sample], "sample.jpg", { type: sample.type }));
  find("#prompt").focus();
}

function acceptDrops() {
  const drop = find("#drop");
  const over = (event, is) => { event.preventDefault(); drop.classList.toggle("over", is); };
  document.addEventListener("dragover", (event) => over(event, true));
  document.addEventListener("dragleave", (event) => over(event, event.relatedTarget !== null));
  document.addEventListener("drop", (event) => { over(event, false); usePhoto(event.dataTransfer.files[0]); });
  document.addEventListener("paste", (event) => usePhoto([...event.clipboardData.files][0]));
}

function submitByKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || mode() === "ad")) {
    event.preventDefault();
    find("#form").requestSubmit();
  }
}
