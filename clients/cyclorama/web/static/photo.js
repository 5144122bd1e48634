// The product photo: chosen, dropped or pasted, shown, kept, or refused.

import { startWithBrand } from "./brand_use.js";
import { element, find, replaceContent } from "./dom.js";
import { DAMAGED, isDamaged } from "./picture_files.js";
import { loadAddress, loadBlob, readState, saveBlob, subscribe, updateForm, updateState } from "./store.js";
import { undoVariation } from "./variations.js";

const PHOTO_BYTES = 48 * 2 ** 20;
const INVITATION = "Drop it here, or choose a file";

// The photo that was in use before the newest file.
let previous = null;

export function openPhoto() {
  const input = find("#photo");
  input.addEventListener("change", () => { takeFiles(input.files); input.value = ""; });
  acceptDrops();
  subscribe(["photo"], showPhoto);
  // Chosen before this script ran.
  if (input.files.length) takeFiles(input.files);
}

// Makes a file the product photo. A file that is refused takes the place of the old one all the
// same, so that no ad shows a product that nobody sees any more.
export function usePhoto(file) {
  const refusal = refuseFile(file);
  previous = readState().photo ?? previous;
  if (refusal) return refusePhoto(file, refusal);
  showRefusal("");
  const { name, type, size } = file;
  const photo = { id: saveBlob(file), name, type, size, preview: true };
  updateState({ photo, seed: null });
  // What a variant changed was chosen for the product before, and so was the brand of its version.
  updateForm(undoVariation(readState().form));
  updateForm(startWithBrand(readState().form));
  refuseDamaged(file, photo);
  // The form may have been scrolled past it.
  find("#photo-part").scrollIntoView({ block: "nearest" });
}

function refusePhoto({ name }, reason) {
  updateState({ photo: null, seed: null });
  showRefusal(`${name}: ${reason}`);
}

async function refuseDamaged(file, { id }) {
  if ((await isDamaged(file)) && readState().photo?.id === id) refusePhoto(file, DAMAGED);
}

// Returns why a file cannot be a photo, or "". The server decides about all that may be a picture.
export function refuseFile(file) {
  if (!file.size) return "This file is empty. Choose another one.";
  if (file.size > PHOTO_BYTES) return "This file is larger than 48 MB. Use a smaller one.";
  if (file.type && !file.type.startsWith("image/")) return "This is no picture. Choose a photo of your product.";
  return "";
}

function showRefusal(text) {
  const back = previous && element("button", { type: "button", class: "link", id: "photo-back", onclick: usePrevious }, `Use ${previous.name} again`);
  replaceContent(find("#photo-wrong"), ...(text ? [text, back] : []));
}

function usePrevious() {
  showRefusal("");
  updateState({ photo: previous });
  find("#photo").focus();
}

async function showPhoto({ photo }) {
  const file = photo && (await loadBlob(photo.id));
  const address = photo?.preview ? await loadAddress(photo.id) : "";
  if (photo !== readState().photo) return;
  if (photo && !file) return reportLoss(photo);
  const shown = find("#photo-shown");
  shown.hidden = !address;
  shown.onerror = () => updateState({ photo: { ...photo, preview: false } });
  if (address) shown.src = address;
  find("#sample").hidden = Boolean(photo);
  find("#photo-name").textContent = photo?.name ?? "Add a product photo";
  find("#photo-hint").textContent = describePhoto(photo);
  if (photo) showRefusal("");
}

// As after a reload that came before the file was written.
function reportLoss({ name }) {
  updateState({ photo: null });
  showRefusal(`${name}: This browser has not kept the file. Choose it again.`);
}

function describePhoto(photo) {
  if (!photo) return INVITATION;
  return photo.preview ? "Change the photo" : "This browser has no preview of this type; it is checked when the ad is made";
}

// Others may take the files: `files` is an event that they can prevent. items: what was dropped,
// which may be folders.
function takeFiles(list, items = []) {
  const files = [...list];
  if (!files.length) return;
  const event = new CustomEvent("files", { detail: { files, items }, cancelable: true });
  if (document.dispatchEvent(event)) usePhoto(files[0]);
}

function acceptDrops() {
  const drop = find("#drop");
  const over = (event, is) => { event.preventDefault(); drop.classList.toggle("over", is); };
  document.addEventListener("dragover", (event) => over(event, true));
  document.addEventListener("dragleave", (event) => over(event, event.relatedTarget !== null));
  document.addEventListener("drop", (event) => { over(event, false); takeFiles(event.dataTransfer.files, event.dataTransfer.items); });
  document.addEventListener("paste", (event) => takeFiles(event.clipboardData.files));
}
