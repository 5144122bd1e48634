// Finds, creates and fills elements.

export const find = (selector, within = document) => within.querySelector(selector);
export const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

// element("p", {class: "x", onclick: act}, "text", child): attributes by name, handlers by on…,
// custom properties by --…; children that are null or false are left out.
export function element(tag, attributes = {}, ...children) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    if (name.startsWith("on")) created.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) created.style.setProperty(name, value);
    else if (name === "value" || name === "checked" || name === "disabled") created[name] = value;
    else created.setAttribute(name, value === true ? "" : value);
  }
  created.append(...listShown(children));
  return created;
}

// Leaves out what a condition left empty, such as `ad && element(...)`.
const listShown = (children) => children.flat().filter((child) => (child ?? false) !== false);

export const replaceContent = (place, ...children) =>
  place.replaceChildren(...listShown(children));

// Announces a text to screen readers.
export const announce = (text) => { find("#announcement").textContent = text; };

export function formatSeconds(value) {
  if (value < 0.05) return "under 0.1 s";
  return value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

export function formatBytes(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
