// One ad: makes it, shows its progress, cancels it, and keeps its earlier versions.

import { renderComparison, renderPicture } from "./compare.js";
import { announce, element, find, formatSeconds, replaceContent } from "./dom.js";
import { showError } from "./error.js";
import { mode, photoAddress, photoFile, readForm, validateForm } from "./form.js";
import { renderReport } from "./report.js";
import { failStages, openStages, showEvent, showFile } from "./stages.js";
import { createPost, streamJson } from "./stream.js";

let seed = null;
let running = null;
const versions = [];

export function openAds() {
  // Another product starts over, with a random seed.
  document.addEventListener("photo", () => { seed = null; showReadyButtons(); });
  document.addEventListener("mode", () => (running ? showRunningButtons() : showReadyButtons()));
  find("#vary").addEventListener("click", () => { seed = Math.floor(Math.random() * 2 ** 31); makeAd(); });
}

export const cancelAd = () => running?.abort();

export async function makeAd() {
  if (running || !validateForm()) return;
  running = new AbortController();
  const options = { ...readForm(), seed };
  const [width, height] = options.size ?? [1, 1];
  showStart(width / height);
  try {
    await followAd(options, performance.now());
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    showCancelled();
  } finally {
    running = null;
    showReadyButtons();
  }
}

async function followAd(options, start) {
  const warnings = [];
  const photo = photoAddress();
  for await (const event of streamJson("api/ads", createPost(photoFile(), options, running.signal))) {
    if (event.kind === "error") return showAdError(event);
    if (event.kind === "ad") return addVersion({ ad: event, warnings, photo, duration: formatSeconds((performance.now() - start) / 1000) });
    if (event.kind === "finished") warnings.push(...event.warnings);
    showEvent(event);
  }
}

function showStart(ratio) {
  find("#ad-empty").hidden = true;
  for (const place of ["#failure", "#report"]) replaceContent(find(place));
  openStages(ratio, photoAddress());
  showRunningButtons();
  find("#result").scrollIntoView({ block: "start" });
  announce("The ad is being made.");
}

function showRunningButtons() {
  for (const [id, hidden] of [["#make", true], ["#vary", true], ["#cancel", false]]) find(id).hidden = hidden;
}

function showReadyButtons() {
  if (mode() !== "ad") return;
  find("#cancel").hidden = true;
  find("#make").hidden = false;
  find("#make").textContent = seed === null ? "Make the ad" : "Update the ad";
  find("#vary").hidden = seed === null;
}

function showAdError(error) {
  failStages(error.stage);
  replaceContent(find("#canvas"));
  showError(find("#failure"), error, makeAd);
}

function showCancelled() {
  failStages("");
  replaceContent(find("#canvas"));
  replaceContent(find("#report"), element("p", { class: "message" }, "Cancelled. Finished stages are cached, so the next try is faster."));
  announce("Cancelled.");
}

function addVersion(version) {
  seed = version.ad.seed;
  versions.push(version);
  showFile(version.ad.picture);
  showVersion(version);
  announce("The ad is ready.");
}

function showVersion(version) {
  replaceContent(find("#canvas"), version.photo ? renderComparison(version.ad, version.photo) : renderPicture(version.ad));
  replaceContent(find("#report"), ...renderReport(version.ad, version.warnings, version.duration));
  replaceContent(find("#versions"), ...(versions.length > 1 ? renderVersions(version) : []));
}

function renderVersions(current) {
  const keys = versions.map((each) => `key=${each.ad.key}`).join("&");
  return [element("div", { class: "versions" },
    element("div", { class: "deliver" }, element("h2", { class: "details" }, `${versions.length} versions`),
      element("a", { class: "plain", href: `ads.zip?${keys}`, download: "ads.zip" }, "Download all")),
    element("div", { class: "strip" }, versions.map((each, at) =>
      element("button", { type: "button", "aria-pressed": String(each === current), "aria-label": `Version ${at + 1}`, onclick: () => showVersion(each) },
        element("img", { src: each.ad.picture, alt: "" })))))];
}
