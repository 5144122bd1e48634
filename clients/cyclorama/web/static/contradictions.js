// Says while choosing what a platform does not take, and removes it; the server knows the rules.

import { renderBrandNote } from "./brand_note.js";
import { element, find, replaceContent } from "./dom.js";
import { readForm, registerPart } from "./form.js";
import { readLettering } from "./lettering.js";
import { blockMaking } from "./make_block.js";
import { readState, subscribe, updateForm } from "./store.js";
import { fetchJson } from "./stream.js";

// After the last change of a form. Longer: fewer calls while one types; shorter: said sooner.
const PAUSE_MILLISECONDS = 250;
const WORDS = ["headline", "call", "logo"];
// What one press changes about a field that is refused: its name, whether it is set, and the change.
const REMOVALS = {
  headline: ["the headline", ({ headline }) => headline.trim(), { headline: "" }],
  call: ["the button", ({ call }) => call.trim(), { call: "" }],
  backdrop: ["the backdrop", ({ backdrop }) => backdrop, { backdrop: null }],
  shadow: ["the shadow", ({ shadow }) => shadow, { shadow: "" }],
};

let timer = 0;
let checked = "";
let found = [];

export function openContradictions() {
  registerPart({ name: "contradictions", read: leaveOutLogo, isBlocked });
  subscribe(["form", "brand", "mode"], () => { clearTimeout(timer); timer = setTimeout(checkForm, PAUSE_MILLISECONDS); });
}

// Returns what contradicts the rules in options of the form, [{fields, text, rejected}].
export async function validateOptions(options) {
  const body = new FormData();
  body.append("options", JSON.stringify(options));
  const response = await fetchJson("api/validation", { method: "POST", body });
  // What may succeed later is said when the ad is made.
  return response.contradictions ?? (response.can_retry ? [] : [{ fields: [], text: response.text ?? "", rejected: true }]);
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
  renderRejection(form);
  renderBrandNote(form);
}

// Returns what an ad of the form would be rejected for. A logo alone is left out by itself.
const listRejected = (form) => found.filter(({ fields, rejected }) =>
  rejected && (hasWords(form) || !fields.some((field) => WORDS.includes(field))));

// Shows the remedy where there is something that keeps the ad from being made.
function isBlocked(form) {
  const rejected = listRejected(form);
  if (rejected.length) find("#make-remedies button")?.focus();
  return rejected.length > 0;
}

function renderRejection(form) {
  const rejected = listRejected(form);
  const platform = form.profile ? `${find("#profile").selectedOptions[0].textContent} does not take this ad. ` : "";
  const reasons = [...new Set(rejected.map(readReason))];
  blockMaking("form", rejected.length ? platform + reasons.join(" ") : "", rejected.length ? listRemedies(form, rejected) : []);
}

// Returns buttons: one removes all that is refused and set, the other does without the platform.
function listRemedies(form, rejected) {
  const fields = new Set(rejected.flatMap((each) => each.fields));
  const removals = Object.entries(REMOVALS).filter(([field, [, isSet]]) => fields.has(field) && isSet(form)).map(([, removal]) => removal);
  const names = removals.map(([name]) => name);
  const patch = Object.assign({}, ...removals.map((each) => each[2]));
  return [
    names.length ? renderRemedy(`Remove ${names.join(" and ")}`, patch) : null,
    form.profile ? renderRemedy("Choose no platform", { profile: "", profileSize: "" }) : null,
  ];
}

const renderRemedy = (text, patch) =>
  element("button", { type: "button", class: "link", onclick: () => applyRemedy(patch) }, text);

async function applyRemedy(patch) {
  updateForm(patch);
  await checkForm();
  find("#make").focus();
}

// Without the platform, which the form shows: "Amazon main image: The background must be white."
const readReason = ({ text }) => text.replace(/^[^:.]+: /, "");

function renderOne(contradiction, isLogoOnly) {
  const { rejected } = contradiction;
  const advice = `${readReason(contradiction)}${isLogoOnly ? " Your logo is left out of this ad." : ""}`;
  return element("p", { class: rejected && !isLogoOnly ? "rejected" : "" }, advice);
}
