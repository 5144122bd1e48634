// One ad: made, watched, cancelled, changed, kept beside its earlier versions.

import { compare } from "./compare.js";
import { el, fill, one, seconds, tell } from "./dom.js";
import { showFailure } from "./failure.js";
import { complete, mode, photoFile, wishes } from "./form.js";
import { report } from "./report.js";
import { failStages, openStages, showEvent, showFile } from "./stages.js";
import { facts, posted } from "./stream.js";

let seed = null;
let running = null;
let photo = null;
const versions = [];

export function openAds() {
  // Another product starts anew, with a look of its own.
  document.addEventListener("photo", () => { seed = null; photo = URL.createObjectURL(photoFile()); ready(); });
  document.addEventListener("turned", () => (running ? working() : ready()));
  one("#vary").addEventListener("click", () => { seed = Math.floor(Math.random() * 2 ** 31); make(); });
}

export const cancel = () => running?.abort();

export async function make() {
  if (running || !complete()) return;
  running = new AbortController();
  const asked = { ...wishes(), seed };
  const [width, height] = asked.size ?? [1, 1];
  begin(width / height);
  try {
    await follow(asked, performance.now());
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    stopped();
  } finally {
    running = null;
    ready();
  }
}

async function follow(asked, start) {
  const warnings = [];
  for await (const fact of facts("api/ads", posted(photoFile(), asked, running.signal))) {
    if (fact.kind === "failure") return failed(fact);
    if (fact.kind === "ad") return finished({ fact, warnings, photo, took: seconds((performance.now() - start) / 1000) });
    if (fact.kind === "finished") warnings.push(...fact.warnings);
    showEvent(fact);
  }
}

function begin(ratio) {
  one("#ad-empty").hidden = true;
  for (const place of ["#failure", "#report"]) fill(one(place));
  openStages(ratio, photo);
  working();
  one("#result").scrollIntoView({ block: "start" });
  tell("The ad is being made.");
}

function working() {
  for (const [id, hidden] of [["#make", true], ["#vary", true], ["#cancel", false]]) one(id).hidden = hidden;
}

function ready() {
  if (mode() !== "ad") return;
  one("#cancel").hidden = true;
  one("#make").hidden = false;
  one("#make").textContent = seed === null ? "Make the ad" : "Update the ad";
  one("#vary").hidden = seed === null;
}

function failed(failure) {
  failStages(failure.stage);
  fill(one("#canvas"));
  showFailure(one("#failure"), failure, make);
}

function stopped() {
  failStages("");
  fill(one("#canvas"));
  fill(one("#report"), el("p", { class: "notice" }, "Cancelled. The stages that were finished are kept, so the next try is shorter."));
  tell("Cancelled.");
}

function finished(version) {
  seed = version.fact.seed;
  versions.push(version);
  showFile(version.fact.picture);
  show(version);
  tell("The ad is ready.");
}

function show(version) {
  fill(one("#canvas"), compare(version.fact, version.photo));
  fill(one("#report"), ...report(version.fact, version.warnings, version.took));
  fill(one("#versions"), ...(versions.length > 1 ? strip(version) : []));
}

function strip(current) {
  const keys = versions.map((each) => `key=${each.fact.key}`).join("&");
  return [el("div", { class: "versions" },
    el("div", { class: "deliver" }, el("h2", { class: "facts" }, `${versions.length} versions`),
      el("a", { class: "plain", href: `ads.zip?${keys}`, download: "ads.zip" }, "Download all")),
    el("div", { class: "strip" }, versions.map((each, at) =>
      el("button", { type: "button", "aria-pressed": String(each === current), "aria-label": `Version ${at + 1}`, onclick: () => show(each) },
        el("img", { src: each.fact.picture, alt: "" })))))];
}
