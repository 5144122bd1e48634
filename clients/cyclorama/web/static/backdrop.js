// The own backdrop: a picture or a color in place of the scene.

import { announce, element, find, replaceContent } from "./dom.js";
import { registerPart } from "./form.js";
import { loadAddress, readState, saveBlob, updateForm } from "./store.js";

const PICTURE_BYTES = 24 * 2 ** 20;
const FIRST_COLOR = "#e8d9c0";

let parts = null;

// form.backdrop: {file, name} of a picture, {color}, or null.
export function openBackdrop() {
  parts = createParts();
  const section = find("#backdrop-part");
  replaceContent(section, parts.choice, parts.chosen, parts.wrong);
  section.hidden = false;
  registerPart({ name: "backdrop", render: renderBackdrop, read: readBackdrop });
}

function readBackdrop({ backdrop }) {
  return { backdrop: backdrop?.color ?? (backdrop ? { file: backdrop.file } : null) };
}

function createParts() {
  const file = element("input", { type: "file", id: "backdrop-file", accept: "image/*", onchange: () => { usePicture(file.files[0]); file.value = ""; } });
  const color = element("input", { type: "color", id: "backdrop-color", value: FIRST_COLOR, oninput: () => updateForm({ backdrop: { color: color.value } }) });
  return {
    color,
    choice: element("div", { class: "backdrop-choice aside" },
      element("label", { class: "backdrop-button" }, file, "Own picture"),
      element("label", { class: "backdrop-button" }, color, "Color")),
    wrong: element("p", { class: "wrong", role: "alert" }),
    ...createChosen(),
  };
}

function createChosen() {
  const thumb = element("span", { class: "backdrop-thumb" });
  const name = element("span", { class: "backdrop-name" });
  const remove = element("button", { type: "button", class: "link", id: "backdrop-remove", onclick: removeBackdrop }, "Remove");
  const text = element("span", { class: "backdrop-words" }, name, element("small", {}, "It takes the place of the scene."));
  return { thumb, name, chosen: element("div", { class: "backdrop-chosen", hidden: true }, thumb, text, remove) };
}

function usePicture(file) {
  if (!file) return;
  const refusal = refuseFile(file);
  parts.wrong.textContent = refusal && `${file.name}: ${refusal}`;
  if (refusal) return;
  updateForm({ backdrop: { file: saveBlob(file), name: file.name } });
  announce("Your backdrop takes the place of the scene.");
}

function refuseFile({ size, type }) {
  if (!size) return "This file is empty. Choose another one.";
  if (size > PICTURE_BYTES) return "This file is larger than 24 MB. Use a smaller one.";
  return type && !type.startsWith("image/") ? "This is no picture." : "";
}

function removeBackdrop() {
  updateForm({ backdrop: null });
  announce("The scene is made from your words again.");
  find("#backdrop-file").focus();
}

async function renderBackdrop({ backdrop }) {
  find("#form").classList.toggle("has-backdrop", Boolean(backdrop));
  parts.chosen.hidden = !backdrop;
  if (!backdrop) return;
  parts.wrong.textContent = "";
  parts.name.textContent = backdrop.name ?? `Color ${backdrop.color}`;
  if (backdrop.color) parts.color.value = backdrop.color;
  const address = backdrop.file ? await loadAddress(backdrop.file) : "";
  if (backdrop !== readState().form.backdrop) return;
  parts.thumb.style.background = backdrop.color ?? "";
  replaceContent(parts.thumb, address ? element("img", { src: address, alt: "" }) : null);
}
