// Says while choosing what a platform does not take; the server knows the rules.

import { element, find, replaceContent } from "./dom.js";
import { readForm, registerPart } from "./form.js";
import { readLettering } from "./lettering.js";
import { readState, subscribe } from "./store.js";
import { CONNECTION_ERROR, fetchJson } from "./stream.js";

// After the last change of a form. Longer: fewer calls while one types; shorter: said sooner.
const PAUSE_MILLISECONDS = 250;
const WORDS = ["headline", "call", "logo"];

let timer = 0;
let checked = "";
let found = [];

export function openContradictions() {
  registerPart({ name: "contradictions", read: leaveOutLogo });
  subscribe(["form", "brand", "mode"], () => { clearTimeout(timer); timer = setTimeout(checkForm, PAUSE_MILLISECONDS); });
}

// Returns what contradicts the rules in options of the form, [{fields, text, rejected}].
export async function validateOptions(options) {
  const body = new FormData();
  body.append("options", JSON.stringify(options));
  const response = await fetchJson("api/validation", { method: "POST", body });
  return response.contradictions ?? (response === CONNECTION_ERROR ? [] : [{ fields: [], text: response.text ?? "", rejected: true }]);
}

async function checkForm() {
  const { form, mode } = readState();
  if (mode === "assess") return;
  // The logo as well where the ad leaves it out.
  const options = { ...readForm(), ...readLettering(form), seed: null, prompt: "", prompts: [] };
  const content = JSON.stringify(options);
  if (content === checked) return;
  checked = content;
  const contradictions = await validateOptions(options);
  if (content !== checked) return;
  found = contradictions;
  renderContradictions(form);
}

// The brand's logo is on every ad; where the platform takes none, it is left out.
function leaveOutLogo(form) {
  const refusesLogo = found.some(({ fields, rejected }) => rejected && fields.includes("logo"));
  return refusesLogo && !hasWords(form) && form.profile ? { logo: null, font_file: null } : {};
}

const hasWords = ({ headline, call }) => Boolean(headline.trim() || call.trim());

function renderContradictions(form) {
  const aboutWords = found.filter(({ fields }) => fields.some((field) => WORDS.includes(field)));
  const others = found.filter((each) => !aboutWords.includes(each));
  replaceContent(find("#words-advice"), aboutWords.map((each) => renderOne(each, !hasWords(form))));
  replaceContent(find("#platform-advice"), others.map((each) => renderOne(each, false)));
  const isRejected = found.some((each) => each.rejected && !(aboutWords.includes(each) && !hasWords(form)));
  const platform = form.profile ? find("#profile").selectedOptions[0].textContent : "Cyclorama";
  find("#make-wrong").textContent = isRejected ? `${platform} does not take this ad: change what is red above.` : "";
}

function renderOne({ text, rejected }, isLogoOnly) {
  const advice = isLogoOnly ? `${text} Your logo is left out of this ad.` : text;
  return element("p", { class: rejected && !isLogoOnly ? "rejected" : "" }, advice);
}
