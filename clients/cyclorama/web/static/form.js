// The form: shows the state, follows what is typed and chosen, and says what the server gets.

import { element, find, findAll, replaceContent } from "./dom.js";
import { applyLight } from "./looks.js";
import { openPhoto } from "./photo.js";
import { listScenes, loadScenes, openScenes } from "./scenes.js";
import { readState, subscribe, updateForm, updateState } from "./store.js";

export const FORMATS = [
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

const parts = [];

export const mode = () => readState().mode;
const sizes = (form) => (form.profile ? [] : form.sizes.map((each) => each.split("x").map(Number)));
const variants = (form) => Math.min(16, Math.max(1, Math.round(form.variants) || 1));

// Adds a part of the form: {name, render, read, onlyAds, isBlocked}. render(form, state) shows it
// after each change; read(form) returns the options that the server gets from it, for campaigns too
// unless onlyAds is set; isBlocked(form) returns whether no ad can be made, and shows why.
export const registerPart = (part) => parts.push(part);

// Attaches all listeners before any data arrives.
export function openForm() {
  takeEarlyInput();
  replaceContent(find("#formats"), ...FORMATS.map(formatChoice));
  replaceContent(find("#anchors"), anchorChoice(["", "Automatic"]), ...ANCHORS.map(anchorChoice));
  find("#form").addEventListener("input", ({ target }) => takeField(target));
  find("#prompt").addEventListener("keydown", submitByKey);
  subscribe(["form", "photo", "mode", "seed", "campaignPhotos", "campaignTable"], renderForm);
  openPhoto();
  openScenes();
  renderForm(readState());
}

export async function loadForm() {
  const { formats } = await (await fetch("api/formats")).json();
  replaceContent(find("#format"), ...Object.entries(formats).map(fileChoice));
  await loadScenes();
  renderForm(readState());
}

// Returns the options of a form as the server reads them.
export function readForm(form = readState().form) {
  const { negative, format, anchor, scale, shadow, locked, headline, call, profile } = form;
  const options = {
    format, anchor, scale, shadow, locked, profile,
    negative: negative.trim(), headline: headline.trim(), call: call.trim(),
  };
  const light = form.backdrop ? "" : form.light;
  if (mode() === "campaign") Object.assign(options, { prompts: listScenes(form).map((prompt) => applyLight(prompt, light)), sizes: sizes(form), variants: variants(form) });
  else Object.assign(options, { prompt: applyLight(listScenes(form).join(", "), light), size: sizes(form)[0] ?? null, cutout_side: form.place?.side ?? null });
  for (const part of parts) if (mode() === "ad" || !part.onlyAds) Object.assign(options, part.read?.(form));
  return options;
}

// Shows what is missing next to its field; returns whether the form is complete.
export function validateForm() {
  const { form, photo } = readState();
  const missing = {
    photo: photo ? "" : "Choose a photo of your product first.",
    prompt: listScenes(form).length ? "" : "Describe a scene, or pick one of the pictures.",
    format: form.sizes.length || form.profile ? "" : "Pick at least one format.",
  };
  for (const [name, text] of Object.entries(missing)) if (text) find(`#${name}-wrong`).textContent = text;
  const first = Object.keys(missing).find((name) => missing[name]);
  if (first) find({ photo: "#photo", prompt: "#prompt", format: "#formats input" }[first]).focus();
  return !first && !parts.some((part) => part.isBlocked?.(form));
}

export const setMode = (wanted) => updateState({ mode: wanted });

// Takes what was typed and chosen before this script ran, all at once.
function takeEarlyInput() {
  const { form } = readState();
  const fields = findAll("[data-field]", find("#form")).filter((field) => field.type !== "radio" && readField(field) !== "");
  const typed = fields.map((field) => [field.dataset.field, readField(field)]);
  updateForm(Object.fromEntries(typed.filter(([name, value]) => value !== form[name])));
}

function takeField(field) {
  const { field: name } = field.dataset;
  if (!name) return;
  if (name === "profile") return updateForm({ profile: field.value, profileSize: "" });
  if (name !== "sizes") return updateForm({ [name]: readField(field) });
  return updateForm({ sizes: findAll("#formats input:checked").map((each) => each.value) });
}

function readField(field) {
  if (field.type === "checkbox") return field.checked;
  return field.type === "range" || field.type === "number" ? Number(field.value) : field.value;
}

function showField(field, value) {
  // Of several sizes, one ad has the first.
  if (field.type === "radio") field.checked = field.value === [value].flat()[0];
  else if (field.dataset.field === "sizes") field.checked = value.includes(field.value);
  else if (field.type === "checkbox") field.checked = value;
  // A number that is being typed stays as it is.
  else if (readField(field) !== value) field.value = value;
}

function renderForm(state) {
  const { form } = state;
  renderMode(state);
  for (const field of findAll("[data-field]", find("#form"))) showField(field, form[field.dataset.field]);
  find("#profile-hint").hidden = !form.profile;
  find("#scale-value").textContent = `${form.scale} %`;
  // A platform has sizes of its own.
  find("#formats").hidden = Boolean(form.profile);
  if (listScenes(form).length) find("#prompt-wrong").textContent = "";
  if (form.sizes.length || form.profile) find("#format-wrong").textContent = "";
  find("#count").textContent = describeCount(state);
  for (const part of parts) part.render?.(form, state);
}

function renderMode({ mode: shown }) {
  document.body.dataset.mode = shown;
  for (const each of findAll("[data-switch]")) each.setAttribute("aria-pressed", String(each.dataset.switch === shown));
  const type = shown === "campaign" ? "checkbox" : "radio";
  for (const each of findAll("#formats input")) each.type = type;
}

// Describes the ads of a campaign, such as "2 photos × 2 scenes × 1 format × 1 variant = 4 ads".
function describeCount({ form, campaignPhotos, campaignTable }) {
  if (campaignTable) return `The rows of ${campaignTable.name} are made`;
  const counts = [[campaignPhotos.length, "photo"], [listScenes(form).length, "scene"], [form.profile ? readForm().sizes?.length || 1 : form.sizes.length, "format"], [variants(form), "variant"]];
  const total = counts.reduce((product, [count]) => product * count, 1);
  return total ? `${counts.map(([count, word]) => plural(count, word)).join(" × ")} = ${plural(total, "ad")}` : "";
}

export const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

function formatChoice([name, ratio, width, height]) {
  const scale = 26 / Math.max(width, height);
  return element("label", { class: "format" },
    element("input", { type: "radio", name: "size", value: `${width}x${height}`, "data-field": "sizes" }),
    element("span", { class: "glyph", "--w": `${width * scale}px`, "--h": `${height * scale}px` }),
    element("span", {}, name, element("br"), element("small", {}, ratio)));
}

const fileChoice = ([value, title]) => element("option", { value }, title);

function anchorChoice([value, name]) {
  return element("label", { class: value ? "anchor" : "anchor auto" },
    element("input", { type: "radio", name: "anchor", value, "data-field": "anchor", "aria-label": name }),
    value ? null : name);
}

function submitByKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || mode() === "ad")) {
    event.preventDefault();
    find("#form").requestSubmit();
  }
}
