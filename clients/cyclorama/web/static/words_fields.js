// The fields of headline and button: as high as their text, and what is said of long ones.

import { find, findAll } from "./dom.js";
import { registerPart } from "./form.js";

// Characters from which words lose: by field, its name, the most that stay large, and why. 40 is what
// Meta shows whole of a headline; a button of more than 20 is as wide as the ad.
const LENGTHS = [["headline", "Headline", 40, "stay large"], ["call", "Button", 20, "look like a button"]];

export function openWordsFields() {
  registerPart({ name: "words", render: renderWords });
  find("#call").addEventListener("keydown", keepOneLine);
}

// A button has one line, which the field may break; Enter makes the ad, as in other fields of a line.
function keepOneLine(event) {
  if (event.key !== "Enter") return;
  event.preventDefault();
  find("#form").requestSubmit();
}

function renderWords(form) {
  find("#words-length").textContent = LENGTHS.map(([field, name, most, why]) => describeLength(name, form[field].trim().length, most, why)).filter(Boolean).join(" ");
  if (!CSS.supports("field-sizing", "content")) for (const each of findAll(".words .short")) fitHeight(each);
}

const describeLength = (name, length, most, why) => (length > most ? `${name}: ${length} characters; up to ${most} ${why}.` : "");

function fitHeight(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}
