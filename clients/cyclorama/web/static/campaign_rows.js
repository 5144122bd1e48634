// The rows of a campaign's table, whose scenes and words are changed before it is started.

import { element, find, findAll, replaceContent } from "./dom.js";
import { loadAddress, readState } from "./store.js";

// Columns that can be changed, by the server's names, with their headings and what is in the file.
const COLUMNS = [["prompt", "Scene", "scene"], ["headline", "Headline", "headline"], ["call", "Button", "button"]];
const EMPTY = "That of the form";
// The file of a table that the page itself has made.
export const OWN_TABLE = "photos.csv";

// Returns the rows of a table, {photo, prompt, ...}. cells: as the server has them. photos: names of
// those that no row names, which get a row each.
export const listRows = (cells, photos) => [...cells, ...photos.map((photo) => ({ photo }))];

// Shows rows in a dialog. use(file): takes the table that they become, of a name.
export function editRows(rows, use, name = OWN_TABLE) {
  const dialog = find("#rows-dialog");
  const take = (event) => {
    event.preventDefault();
    const changed = findAll("tbody tr", dialog).map((line, at) => ({ ...rows[at], ...readLine(line) }));
    use(new File([writeTable(changed)], name.replace(/\.\w+$/, ".csv"), { type: "text/csv" }));
    dialog.close();
  };
  replaceContent(dialog, element("form", { method: "dialog", onsubmit: take },
    element("h2", { id: "rows-title" }, "Scene and words of each photo"),
    element("p", {}, "What you leave empty is that of the form."),
    element("div", { class: "rows" }, element("table", {},
      element("thead", {}, element("tr", {}, ["Photo", ...COLUMNS.map(([, title]) => title)].map((title) => element("th", { scope: "col" }, title)))),
      element("tbody", {}, rows.map(renderLine)))),
    element("div", { class: "tools" },
      element("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Cancel"),
      element("button", { type: "submit", class: "primary", id: "rows-use" }, "Use these"))));
  dialog.showModal();
}

function renderLine(row) {
  const photo = row.photo ?? "";
  const field = ([name, title]) => element("td", {}, element("small", { class: "column", "aria-hidden": "true" }, title),
    element(name === "prompt" ? "textarea" : "input", { name, rows: name === "prompt" ? 2 : null, value: row[name] ?? "", placeholder: EMPTY, "aria-label": `${title} of ${photo}` }));
  return element("tr", {}, element("th", { scope: "row" }, drawPhoto(photo), element("span", {}, photo)), COLUMNS.map(field));
}

// Rows name photos with or without folder and suffix.
function drawPhoto(name) {
  const simple = (path) => path.split("/").pop().replace(/\.\w+$/, "").toLowerCase();
  const thumb = readState().campaignPhotos.find(({ names }) => names.some((each) => simple(each) === simple(name)))?.thumb;
  if (!thumb) return null;
  const picture = element("img", { alt: "", width: 44, height: 44 });
  loadAddress(thumb).then((address) => { picture.src = address; });
  return picture;
}

const readLine = (line) => Object.fromEntries(findAll("[name]", line).map(({ name, value }) => [name, value.trim()]));

// Writes rows as a table of all their columns, each cell in quotes.
export function writeTable(rows) {
  const known = ["photo", ...COLUMNS.map(([name]) => name)];
  const names = [...new Set([...known, ...rows.flatMap(Object.keys)])];
  const titles = new Map(COLUMNS.map(([name, , title]) => [name, title]));
  const quote = (text = "") => `"${text.replaceAll('"', '""')}"`;
  const lines = [names.map((name) => titles.get(name) ?? name), ...rows.map((row) => names.map((name) => row[name]))];
  return lines.map((cells) => cells.map((cell) => quote(cell)).join(",")).join("\r\n");
}
