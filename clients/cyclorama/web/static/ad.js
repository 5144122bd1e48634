// One ad: makes it, shows its progress, cancels it, and continues after a reload.

import { hideCanvas } from "./canvas.js";
import { announce, element, find, formatSeconds, replaceContent } from "./dom.js";
import { showError } from "./error.js";
import { mode, readForm, validateForm } from "./form.js";
import { closeStages, failStages, openStages, showEvent, showFile } from "./stages.js";
import { loadAddress, loadBlob, readState, subscribe, updateState } from "./store.js";
import { createBody, loadFiles, postForm } from "./upload.js";
import { keepAd } from "./versions.js";

const LOST_PHOTO = {
  title: "The photo is missing", text: "This browser no longer has its file.", advice: "Choose the photo again.", stage: "",
};

let controller = null;

export function openAds() {
  subscribe(["mode", "seed", "running", "form"], showButtons);
  // An error is about the settings that it was made with.
  subscribe(["form", "photo", "current"], () => replaceContent(find("#failure")));
  find("#vary").addEventListener("click", () => makeAd({ seed: pickSeed(), words_box: null }));
  find("#cancel").addEventListener("click", () => controller?.abort());
}

export const pickSeed = () => Math.floor(Math.random() * 2 ** 31);

// Makes an ad of the form; changes: options in place of those of the form.
export async function makeAd(changes = {}) {
  const { running, form, photo, seed } = readState();
  if (running || !validateForm()) return;
  // With a seed of its own, the ad can be continued after a reload.
  await runAd({ options: { ...readForm(), seed: seed ?? pickSeed(), ...changes }, form, photo });
}

// Continues the ad that a reload interrupted; its finished stages are cached.
export async function continueAd() {
  const { running } = readState();
  if (running) await runAd(running);
}

// request: {options, form, photo}, plain JSON.
async function runAd(request) {
  controller = new AbortController();
  updateState({ running: request });
  keepFocus();
  await showStart(request);
  try {
    await followAd(request);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    showCancelled();
  } finally {
    closeStages();
    controller = null;
    updateState({ running: null });
    keepFocus();
  }
}

// The buttons that start and cancel an ad disappear, and the focus with them.
function keepFocus() {
  const { activeElement } = document;
  if (activeElement === document.body || !activeElement.checkVisibility()) find("#result").focus({ preventScroll: true });
}

async function followAd({ options, form, photo }) {
  const previews = {};
  const start = performance.now();
  const [file, files] = await Promise.all([loadBlob(photo.id), loadFiles(options)]);
  if (!file || Object.values(files).includes(null)) return showAdError(LOST_PHOTO);
  for await (const event of postForm("api/ads", createBody(file, options, files), controller.signal)) {
    if (event.kind === "error") return showAdError(event);
    if (event.kind === "ad") {
      showFile(event.picture);
      updateState({ running: null });
      await keepAd({ ad: event, options, form, photo, previews, duration: formatSeconds((performance.now() - start) / 1000) });
      return announce("The ad is ready.");
    }
    if (event.preview) previews[event.stage] = event.preview;
    if (event.preview && event.stage === "segmentation") document.dispatchEvent(new CustomEvent("cutout", { detail: { photo, form, picture: event.preview } }));
    showEvent(event);
  }
}

async function showStart({ options, photo }) {
  find("#ad-empty").hidden = true;
  find("#tools").hidden = true;
  for (const place of ["#failure", "#report"]) replaceContent(find(place));
  openStages(options.size, photo.preview ? await loadAddress(photo.id) : "", options.backdrop ? ["background"] : []);
  find("#result").scrollIntoView({ block: "start" });
  announce("The ad is being made.");
}

// Nothing varies in front of an own backdrop.
function showButtons({ running, seed, form }) {
  if (mode() !== "ad") return;
  find("#cancel").hidden = !running;
  find("#make").hidden = Boolean(running);
  find("#vary").hidden = Boolean(running) || seed === null || Boolean(form.backdrop);
  find("#make").textContent = seed === null ? "Make the ad" : "Update the ad";
}

function showAdError(error) {
  failStages(error.stage);
  showLatest();
  showError(find("#failure"), error, () => makeAd());
}

function showCancelled() {
  failStages("");
  showLatest();
  replaceContent(find("#failure"), element("p", { class: "message" }, "Cancelled. Finished steps are kept, so the next try is faster."));
  announce("Cancelled.");
}

// Shows the version again that was shown before, if there is one.
function showLatest() {
  hideCanvas();
  const { current } = readState();
  updateState({ running: null, current });
}
