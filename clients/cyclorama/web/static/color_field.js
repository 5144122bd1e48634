// A color that is chosen, or left to the brand or to the services.

import { element } from "./dom.js";

// onChange gets "#rrggbb", or "" for automatic. Returns {row, show(color, brandColor)}.
export function colorField(name, id, onChange) {
  const input = element("input", { type: "color", id, "aria-label": `${name} color`, oninput: () => onChange(input.value) });
  const state = element("span", { class: "color-state" });
  const reset = element("button", { type: "button", class: "link", "aria-label": `${name} color: automatic`, onclick: () => { onChange(""); input.focus(); } }, "Reset");
  const swatch = element("label", { class: "color-swatch" }, input, element("span", {}, name), state);
  const show = (color, brandColor = "") => {
    const shown = color || brandColor;
    swatch.style.setProperty("--color", shown || "transparent");
    if (shown) input.value = shown;
    state.textContent = color ? color : brandColor ? "Brand" : "Automatic";
    reset.hidden = !color;
  };
  show("");
  return { row: element("div", { class: "color-row" }, swatch, reset), show };
}
