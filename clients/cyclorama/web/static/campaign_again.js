// Makes chosen ads of a campaign again with other words or in another format, each in its place.

import { findEdit, findRequest, isClear, keepEdit } from "./campaign_requests.js";
import { createRequest, createUuid } from "./campaign_request.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { FORMATS, plural } from "./form.js";
import { fetchJson } from "./stream.js";
import { postJson } from "./upload.js";

// What of the form a row of a table has for itself.
const OWN = ["headline", "call"];

// ads: the chosen ones. done(): is called when all of them are submitted.
export function askAgain(campaign, ads, done) {
  const dialog = find("#again-dialog");
  const form = element("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); makeAgain(campaign, ads, form, done); } },
    element("h2", { id: "again-title" }, `Make ${plural(ads.length, "ad")} again`),
    element("p", {}, "Each takes the place of the one before. What you leave empty stays as it is."),
    line("Scene", element("textarea", { name: "prompt", rows: 2, maxlength: 2000 })),
    line("Headline", element("textarea", { name: "headline", rows: 1, maxlength: 120 })),
    line("Button", element("input", { type: "text", name: "call", maxlength: 40 })),
    line("Format", element("select", { name: "size" }, element("option", { value: "" }, "As it is"),
      FORMATS.map(([title, ratio, width, height]) => element("option", { value: `${width}x${height}` }, `${title}, ${ratio}`)))),
    element("p", { class: "wrong", role: "alert" }),
    element("div", { class: "tools" },
      element("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Cancel"),
      element("button", { type: "submit", class: "primary", id: "again-make" }, "Make again")));
  replaceContent(dialog, form);
  dialog.showModal();
}

const line = (text, field) => element("label", { class: "line" }, text, field);

async function makeAgain(campaign, ads, form, done) {
  const changed = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
  const [wrong, button] = [find(".wrong", form), find("#again-make", form)];
  wrong.textContent = Object.keys(changed).length ? "" : "Change the scene, the words or the format.";
  if (wrong.textContent) return;
  const error = await submitAll(campaign, ads, changed, button);
  if (error) { wrong.textContent = error.text; return; }
  find("#again-dialog").close();
  done();
}

// Makes ads that were cancelled after all. button: what was pressed. Returns the error, or null.
export const makeAfterAll = (campaign, ads, button) => submitAll(campaign, ads, {}, button);

// Says on a button which ad is sent. Returns the error, with the name of its photo, or null.
async function submitAll(campaign, ads, changed, button) {
  button.disabled = true;
  for (const [at, ad] of ads.entries()) {
    button.textContent = `Sending ${at + 1} of ${ads.length} …`;
    const error = await submitAgain(campaign, ad, changed);
    if (!error) continue;
    [button.disabled, button.textContent] = [false, "Try again"];
    return { ...error, text: [`${ad.photo}:`, error.text, error.advice].filter(Boolean).join(" ") };
  }
  announce(`${plural(ads.length, "ad")} ${ads.length === 1 ? "is" : "are"} made again.`);
  return null;
}

// changed: of the form, without what stays. Returns the error, or null.
async function submitAgain(campaign, ad, changed) {
  const { name } = findRequest(campaign.id);
  const edit = findEdit(campaign.id, ad);
  const before = edit?.options ?? (await readOptions(campaign.id, ad));
  if (before.kind === "error") return before;
  const options = change(before, ad, changed);
  const place = { id: campaign.id, number: ad.at };
  const photos = [{ uri: ad.photo_uri, names: [ad.photo || "photo"], clear: isClear(campaign.id, ad) }];
  const response = await postJson("api/campaigns", await createRequest({ photos, table: null, id: createUuid(), name, options: { ...options, place } }));
  if (response.kind === "error") return response;
  keepEdit(campaign.id, { ...edit, number: ad.at, uri: ad.photo_uri, options, words: { ...edit?.words, ...changed }, version: null });
  return null;
}

// Returns the options that made an ad; the words of a row of a table are asked for.
async function readOptions(id, ad) {
  const { options, table } = findRequest(id);
  if (!table) return options;
  const made = await fetchJson(`api/campaigns/${ad.job}/ads/${ad.position}`);
  if (made.kind !== "ad") return made;
  return { ...options, ...Object.fromEntries(OWN.filter((each) => each in made.words).map((each) => [each, made.words[each]])) };
}

// A platform's sizes are its own, so another format is made for any.
function change(options, ad, { prompt, size, ...words }) {
  const sizes = [size ? size.split("x").map(Number) : [ad.width, ad.height]];
  const hasBackdrop = options.backdrop && !prompt;
  return { ...options, ...words, ...(size ? { profile: "" } : {}), backdrop: hasBackdrop ? options.backdrop : null, prompts: [prompt ?? ad.prompt], sizes, variants: 1, seed: ad.seed };
}
