// The choice of a font, with the name of each in its own letters.

import { element, findAll, replaceContent } from "./dom.js";

// onChange gets a value. Returns {row, show(value, choices)}; choices: [{value, title, family}].
export function fontField(id, onChange) {
  const list = element("div", { class: "font-choices", id, role: "radiogroup", "aria-label": "Font" });
  let shown = "";
  const show = (value, choices) => {
    const key = JSON.stringify(choices);
    // Choices that stay keep the keyboard's focus.
    if (key !== shown) replaceContent(list, choices.map((choice) => renderChoice(id, choice, onChange)));
    shown = key;
    for (const each of findAll("input", list)) each.checked = each.value === value;
  };
  return { row: element("div", { class: "line" }, "Font", list), show };
}

function renderChoice(id, { value, title, family }, onChange) {
  const name = element("span", {}, title);
  if (family) name.style.fontFamily = `"${family}", sans-serif`;
  return element("label", { class: "font-choice" },
    element("input", { type: "radio", name: id, value, onchange: () => onChange(value) }), name);
}
