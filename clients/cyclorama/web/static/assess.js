// Assesses a picture that somebody chose: shows it, whether it is ready, and what is wrong.

import { announce, element, find, replaceContent } from "./dom.js";
import { showError } from "./error.js";
import { mode } from "./form.js";
import { refuseFile } from "./photo.js";
import { renderQuality } from "./report.js";
import { fetchJson } from "./stream.js";

const isProof = ({ name, type }) => type === "application/json" || /\.json$/i.test(name);

let picture = null;
let proof = null;

export function openAssessment() {
  for (const id of ["#picture", "#manifest"]) {
    find(id).addEventListener("change", ({ target }) => { takeFiles([...target.files]); target.value = ""; });
  }
  document.addEventListener("files", (event) => {
    if (mode() !== "assess") return;
    event.preventDefault();
    takeFiles(event.detail.files);
  });
  find("#proof-remove").addEventListener("click", removeProof);
}

// A new picture has another proof, or none.
function takeFiles(files) {
  const [chosen] = files.filter((each) => !isProof(each));
  const [chosenProof] = files.filter(isProof);
  const refusal = chosen ? refuseFile(chosen) : "";
  find("#picture-wrong").textContent = refusal ? `${chosen.name}: ${refusal}` : "";
  if (chosen) [picture, proof] = [refusal ? null : chosen, null];
  if (chosenProof) proof = chosenProof;
  showFiles();
}

function removeProof() {
  proof = null;
  showFiles();
  find("#manifest").focus();
}

function showFiles() {
  const shown = find("#picture-shown");
  if (shown.src) URL.revokeObjectURL(shown.src);
  shown.hidden = true;
  if (picture) Object.assign(shown, { src: URL.createObjectURL(picture), onload: () => { shown.hidden = false; } });
  find("#picture-name").textContent = picture?.name ?? "Drop an ad or a product picture";
  find("#picture-hint").textContent = picture ? "Choose or drop another to change it" : "or choose a file; made here or anywhere else";
  find("#proof-name").textContent = proof?.name ?? "Add its proof";
  find("#manifest-hint").textContent = proof ? "Choose or drop another to change it" : "saved under “Your product is unchanged”; more is checked with it";
  find("#proof-remove").hidden = !proof;
}

export async function assessPicture() {
  if (!picture) {
    find("#picture-wrong").textContent ||= "Choose a picture first.";
    return find("#picture").focus();
  }
  for (const place of ["#assess-failure", "#assessment"]) replaceContent(find(place));
  find("#assess").disabled = true;
  find("#assess-empty").hidden = true;
  const chosen = picture;
  showWaiting(chosen);
  const response = await fetchJson("api/assessments", createUpload(chosen, proof));
  find("#assess").disabled = false;
  replaceContent(find("#assessment"));
  if (response.kind === "error") return showError(find("#assess-failure"), response, assessPicture);
  replaceContent(find("#assessment"), ...renderAssessment(response, chosen));
  announce(response.verdict);
}

function createUpload(file, manifest) {
  const body = new FormData();
  body.append("picture", file);
  if (manifest) body.append("manifest", manifest);
  return { method: "POST", body };
}

function showWaiting(file) {
  replaceContent(find("#assessment"), renderPicture(file), element("p", { class: "promise" }, "Looking at the picture …"));
  find("#result").scrollIntoView({ block: "start" });
  announce("The picture is assessed.");
}

// Removed where the browser cannot show it, as many cannot HEIC.
function renderPicture(file) {
  const shown = element("img", { src: URL.createObjectURL(file), alt: file.name, onerror: () => shown.remove() });
  return element("div", { class: "assessed" }, shown);
}

const renderAssessment = (assessment, file) => [renderPicture(file), renderQuality(assessment)];
