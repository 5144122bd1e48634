// Makes and finds elements.

export const one = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// el("p", {class: "x", onclick: act}, "text", child): attributes by name, handlers by on…,
// custom properties by --…; children that are null or false are left out.
export function el(tag, told = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(told)) {
    if (value === null || value === false || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) made.style.setProperty(name, value);
    else if (name === "value" || name === "checked" || name === "disabled") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== false));
  return made;
}

export const fill = (place, ...children) =>
  place.replaceChildren(...children.flat().filter((child) => child !== null && child !== false));

export const tell = (text) => { one("#told").textContent = text; };

export function seconds(value) {
  if (value < 0.05) return "under 0.1 s";
  return value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

export function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
