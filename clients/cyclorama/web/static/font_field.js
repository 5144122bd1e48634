// The choice of a font or of a look, with the name of each in its own letters.

import { element, findAll, replaceContent } from "./dom.js";

// onChange gets a value. Returns {row, show(value, choices)}; choices: [{value, title, family,
// letters}], letters: how those of a look are set, one of the classes of brand.css.
export function fontField(id, onChange, label = "Font") {
  const list = element("div", { class: "font-choices", id, role: "radiogroup", "aria-label": label });
  let shown = "";
  const show = (value, choices) => {
    const key = JSON.stringify(choices);
    // Choices that stay keep the keyboard's focus.
    if (key !== shown) replaceContent(list, choices.map((choice) => renderChoice(id, choice, onChange)));
    shown = key;
    for (const each of findAll("input", list)) each.checked = each.value === value;
  };
  return { row: element("div", { class: "line" }, label, list), show };
}

function renderChoice(id, { value, title, family, letters = "" }, onChange) {
  const name = element("span", { class: letters }, title);
  if (family) name.style.fontFamily = `"${family}", sans-serif`;
  return element("label", { class: "font-choice" },
    element("input", { type: "radio", name: id, value, onchange: () => onChange(value) }), name);
}
