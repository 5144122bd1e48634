// Makes the ad in every size of some platforms, and one zip of all.

import { validateOptions } from "./contradictions.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { readForm, validateForm } from "./form.js";
import { findScene } from "./scenes.js";
import { STAGES } from "./stages.js";
import { loadBlob, readState, subscribe } from "./store.js";
import { createBody, loadFiles, postForm } from "./upload.js";
import { createZip } from "./zip.js";

const LOST = "The connection was lost.";

let sets = [];
let rows = [];
let controller = null;

export function openExport() {
  subscribe(["current", "mode"], showPart);
}

// platforms: as the server lists them.
export function renderExport(platforms) {
  sets = listSets(platforms);
  const choice = element("select", { id: "export-set", onchange: showCount }, sets.map(({ title, sizes }, at) =>
    element("option", { value: at }, `${title}, ${sizes.length} ${sizes.length === 1 ? "size" : "sizes"}`)));
  replaceContent(find("#export-part"),
    element("h2", { class: "details" }, "All sizes of a platform"),
    element("div", { class: "export-choice" },
      element("label", { class: "hidden", for: "export-set" }, "Platform"), choice,
      element("button", { type: "button", class: "plain", id: "export-make", onclick: startExport }, "Make all sizes"),
      element("button", { type: "button", class: "plain", id: "export-cancel", hidden: true, onclick: () => controller?.abort() }, "Cancel")),
    element("progress", { id: "export-progress", "aria-label": "Sizes that are made", value: 0, hidden: true }),
    element("ul", { class: "export-rows", id: "export-rows" }),
    element("div", { class: "tools", id: "export-files" }));
  showCount();
  showPart(readState());
}

function showPart({ current, mode }) {
  find("#export-part").hidden = !current || mode !== "ad" || !sets.length;
}

// Returns the families of several sizes, then the platforms of families with several platforms.
function listSets(platforms) {
  const families = Map.groupBy(platforms, ({ family }) => family);
  const listSizes = (platform) => platform.sizes.map((size) => ({ platform, size }));
  const whole = [...families].map(([title, members]) => ({ title: members.length > 1 ? `All of ${title}` : title, sizes: members.flatMap(listSizes) }));
  const single = [...families.values()].filter((members) => members.length > 1).flat()
    .map((platform) => ({ title: platform.title, sizes: listSizes(platform) }));
  return [...whole, ...single].sort((one, other) => other.sizes.length - one.sizes.length);
}

function showCount() {
  const { sizes } = sets[Number(find("#export-set").value)];
  find("#export-make").textContent = sizes.length === 1 ? "Make this size" : `Make all ${sizes.length} sizes`;
}

async function startExport() {
  if (controller || !validateForm()) return;
  const { sizes } = sets[Number(find("#export-set").value)];
  rows = sizes.map(createRow);
  replaceContent(find("#export-rows"), rows.map(({ item }) => item));
  await runExport();
}

// Makes what is not made yet, one after the other, so that later sizes find cached steps.
async function runExport() {
  controller = new AbortController();
  showRunning(true);
  const { photo, seed } = readState();
  const base = { ...readForm(), seed };
  try {
    for (const row of rows.filter(({ blob }) => !blob)) {
      await makeSize(row, base, photo);
      find("#export-progress").value = rows.filter(({ blob }) => blob).length;
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    for (const row of rows.filter(({ state }) => state !== "done" && state !== "failed")) showState(row, "waiting", "Cancelled");
  }
  controller = null;
  showRunning(false);
  showFiles();
}

function showRunning(isRunning) {
  find("#export-make").hidden = isRunning;
  find("#export-cancel").hidden = !isRunning;
  find("#export-progress").hidden = !isRunning;
  find("#export-progress").max = rows.length;
  find("#export-set").disabled = isRunning;
  if (isRunning) { replaceContent(find("#export-files")); announce(`${rows.length} sizes are being made.`); }
}

function createRow({ platform, size }) {
  const text = element("span", { class: "export-state" }, "Waiting");
  const item = element("li", { "data-state": "waiting" },
    element("span", { class: "export-thumb" }), element("span", { class: "export-name" }, size.join(" × "),
      element("small", {}, platform.title)), text);
  return { platform, size, item, text, state: "waiting", blob: null, name: "" };
}

function showState(row, state, text) {
  row.state = state;
  row.item.dataset.state = state;
  row.text.textContent = text;
}

async function makeSize(row, base, photo) {
  const { platform, size } = row;
  const { options, note } = await fitOptions({ ...base, profile: platform.name, size, format: "" });
  const [file, files] = await Promise.all([loadBlob(photo.id), loadFiles(options)]);
  if (!file || Object.values(files).includes(null)) return showState(row, "failed", "A file is missing; choose it again.");
  showState(row, "running", "Starting …");
  for await (const event of postForm("api/ads", createBody(file, options, files), controller.signal)) {
    if (event.kind === "error") return showState(row, "failed", `${event.text} ${event.advice}`);
    if (event.kind === "started") showState(row, "running", `${STAGES[event.stage][1]} …`);
    if (event.kind === "ad") return keepFile(row, event, note, photo);
  }
  return showState(row, "failed", LOST);
}

// Leaves out what the platform refuses, such as words; note: what was left out.
async function fitOptions(options) {
  const rejected = (await validateOptions(options)).filter((each) => each.rejected).flatMap(({ fields }) => fields);
  const fitted = { ...options };
  for (const field of rejected) fitted[field] = field === "headline" || field === "call" || field === "shadow" ? "" : null;
  const hadWords = options.headline || options.call || options.logo;
  if (rejected.includes("logo")) fitted.font_file = null;
  return { options: fitted, note: rejected.includes("headline") && hadWords ? ", without words" : "" };
}

async function keepFile(row, ad, note, photo) {
  const response = await fetch(ad.picture);
  if (!response.ok) return showState(row, "failed", LOST);
  row.blob = await response.blob();
  row.name = nameFile(ad, row.platform, photo);
  const address = URL.createObjectURL(row.blob);
  replaceContent(row.item.firstChild, element("img", { src: address, alt: "" }));
  row.text.replaceChildren(element("a", { href: address, download: row.name }, "Download"), note);
  row.state = "done";
  row.item.dataset.state = "done";
  return undefined;
}

// Returns a name such as "bottle_marble_meta-feed_1080x1350.jpg".
function nameFile(ad, platform, photo) {
  const product = createSlug(photo.name.replace(/\.[^.]*$/, ""), 40) || "product";
  const scene = findScene(ad.prompt)?.name ?? createSlug(ad.prompt.split(/\s+/).slice(0, 4).join(" "), 30);
  return `${product}_${scene || "scene"}_${platform.name}_${ad.width}x${ad.height}.${ad.picture.split(".").pop()}`;
}

const createSlug = (text, length) => text.normalize("NFC").toLowerCase().replace(/[^\p{Letter}\p{Number}]+/gu, "-").replace(/^-|-$/g, "").slice(0, length);

function showFiles() {
  const done = rows.filter(({ blob }) => blob);
  const missing = rows.length - done.length;
  replaceContent(find("#export-files"),
    done.length ? element("button", { type: "button", class: "primary", id: "export-download", onclick: downloadZip }, `Download ${done.length} as zip`) : null,
    missing ? element("button", { type: "button", class: "plain", id: "export-retry", onclick: runExport }, `Try ${missing} again`) : null);
  announce(missing ? `${done.length} sizes are ready, ${missing} are not.` : `All ${done.length} sizes are ready.`);
}

async function downloadZip() {
  const zip = await createZip(rows.filter(({ blob }) => blob).map(({ name, blob }) => ({ name, blob })));
  const first = rows.find(({ name }) => name).name;
  const link = element("a", { href: URL.createObjectURL(zip), download: `${first.split("_").slice(0, 2).join("_")}.zip` });
  link.click();
  URL.revokeObjectURL(link.href);
}
