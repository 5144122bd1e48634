// Assesses a picture that somebody chose: shows it, its expected mark, and what is wrong.

import { announce, element, find, replaceContent } from "./dom.js";
import { showError } from "./error.js";
import { renderQuality } from "./report.js";
import { fetchJson } from "./stream.js";

export async function assessPicture() {
  const [picture] = find("#picture").files;
  find("#picture-wrong").textContent = picture ? "" : "Choose a picture first.";
  if (!picture) return find("#picture").focus();
  for (const place of ["#assess-failure", "#assessment"]) replaceContent(find(place));
  find("#assess").disabled = true;
  find("#assess-empty").hidden = true;
  const response = await fetchJson("api/assessments", createUpload(picture, find("#manifest").files[0]));
  find("#assess").disabled = false;
  if (response.kind === "error") return showError(find("#assess-failure"), response, assessPicture);
  replaceContent(find("#assessment"), ...renderAssessment(response, picture));
  find("#result").scrollIntoView({ block: "start" });
  announce(`The expected mark is ${response.score} of 10.`);
}

function createUpload(picture, manifest) {
  const body = new FormData();
  body.append("picture", picture);
  if (manifest) body.append("manifest", manifest);
  return { method: "POST", body };
}

function renderAssessment(assessment, picture) {
  // Removed where the browser cannot show it, as many cannot HEIC.
  const shown = element("img", { src: URL.createObjectURL(picture), alt: picture.name, onerror: () => shown.remove() });
  return [element("div", { class: "assessed" }, shown), element("p", { class: "promise" }, assessment.text), renderQuality(assessment)];
}
