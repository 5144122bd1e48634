// The ads of a campaign that failed, with the whole reason: retried, or made of another photo.

import { findRequest } from "./campaign_requests.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { plural } from "./form.js";

const UNDER_WAY = { queued: "Waiting for its turn …", running: "Being made again …" };

let section = null;
let actions = {};
let campaign = null;
let ads = [];
// By the number of the ad: its element; what is being done, until the gateway reports about it; what
// to say of another attempt if it fails; and why its photo was not replaced.
let rows = new Map();
let pending = new Map();
let retried = new Map();
let refused = new Map();

// does: functions retry(id, position) and replace(ad, file), which return null or an error; drawAd(ad)
// returns a picture of its photo, and describe(ad) its name.
export function openFailures(does) {
  [actions, rows, pending, retried, refused] = [does, new Map(), new Map(), new Map(), new Map()];
  section = element("section", { id: "campaign-failed", "aria-label": "Ads that failed", hidden: true },
    element("div", { class: "tools" }, element("h3", { class: "details" }),
      element("button", { type: "button", class: "plain", id: "retry-all", onclick: () => retry(listFailed(), campaign.id) })),
    element("ul", {}));
  return section;
}

// Shows what the gateway reports. changed: the ads that it reports about.
export function showFailures(event, all, changed) {
  [campaign, ads] = [event, all];
  for (const { at } of changed) pending.delete(at);
  render();
}

const isListed = ({ at, state }) => state === "failed" || pending.has(at) || (retried.has(at) && state in UNDER_WAY);
const listFailed = () => ads.filter(({ at, state }) => state === "failed" && !pending.has(at));

function render() {
  const listed = ads.filter(isListed);
  const failed = listFailed();
  for (const at of rows.keys()) if (!listed.includes(ads[at])) removeRow(at);
  for (const ad of listed) {
    if (!rows.has(ad.at)) addRow(ad);
    showRow(rows.get(ad.at), ad);
  }
  const again = listed.length - failed.length;
  find("h3", section).textContent = [failed.length && `${plural(failed.length, "ad")} failed`, again && `${plural(again, "ad")} ${again === 1 ? "is" : "are"} being made again`].filter(Boolean).join(", ");
  const button = find("#retry-all", section);
  button.textContent = `Retry all ${failed.length}`;
  const hadFocus = document.activeElement === button;
  button.hidden = failed.length < 2;
  section.hidden = !listed.length;
  section.dataset.state = failed.length ? "failed" : "running";
  if (hadFocus && button.hidden) focusNext(find("li", section));
}

function addRow(ad) {
  const row = createRow(ad);
  const after = [...rows.keys()].filter((at) => at < ad.at).sort((one, other) => other - one)[0];
  if (after === undefined) find("ul", section).prepend(row);
  else rows.get(after).after(row);
  rows.set(ad.at, row);
}

function createRow({ at }) {
  const input = element("input", { type: "file", accept: "image/*,.heic,.heif,.hif", hidden: true, onchange: () => { if (input.files.length) replace(ads[at], input.files[0]); input.value = ""; } });
  return element("li", {},
    element("span", { class: "thumb" }),
    element("div", {}, element("strong", {}), element("small", {}), element("p", {})),
    element("span", { class: "tools" },
      element("button", { type: "button", class: "plain retry", onclick: () => retry([ads[at]], ads[at].job, ads[at].position) }, "Retry"),
      element("button", { type: "button", class: "plain replace", onclick: (event) => { if (event.currentTarget.ariaDisabled !== "true") input.click(); } }, "Replace photo"), input));
}

// Buttons are not disabled, so that they keep the focus.
function showRow(row, ad) {
  const isUnderWay = ad.state !== "failed" || pending.has(ad.at);
  row.dataset.state = isUnderWay ? "running" : "failed";
  if (row.dataset.photo !== ad.photo_uri) replaceContent(find(".thumb", row), actions.drawAd(ad));
  row.dataset.photo = ad.photo_uri;
  find("strong", row).textContent = ad.photo || "Photo";
  find("small", row).textContent = `${ad.prompt} · ${ad.width} × ${ad.height}`;
  replaceContent(find("p", row), isUnderWay ? (pending.get(ad.at) ?? UNDER_WAY[ad.state]) : renderReason(ad));
  find(".retry", row).ariaLabel = `Retry ${actions.describe(ad)}`;
  find(".replace", row).ariaLabel = `Replace photo of ${actions.describe(ad)}`;
  find(".replace", row).hidden = !findRequest(campaign.id);
  for (const each of row.querySelectorAll("button")) each.setAttribute("aria-disabled", String(isUnderWay));
}

function renderReason({ at, error: { title, text, advice } }) {
  const before = [refused.get(at), retried.get(at)].filter(Boolean).map((each) => `${each} `);
  return [element("strong", { class: "refused" }, ...before), element("span", { class: "bad" }, `${title}. `), `${text} ${advice.replaceAll("`", "")}`];
}

// The focus goes to the next row, or else to what the ad has become.
function removeRow(at) {
  const row = rows.get(at);
  const hadFocus = row.contains(document.activeElement);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  rows.delete(at);
  if (hadFocus) focusNext(next);
}

function focusNext(row) {
  const target = row ? find(".retry", row) : find("#campaign-zip:not([hidden])") ?? find("#result");
  target.focus({ preventScroll: true });
}

async function retry(tried, job, position = null) {
  if (!tried.length || tried.some(({ at, state }) => state !== "failed" || pending.has(at))) return;
  const time = new Date().toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false });
  for (const { at } of tried) { retried.set(at, `Tried again at ${time}, and it failed again.`); refused.delete(at); }
  announce(`${plural(tried.length, "ad")} ${tried.length === 1 ? "is" : "are"} made again.`);
  await follow(tried, "Being made again …", () => actions.retry(job, position));
}

// All ads of the photo are made of the new one.
async function replace(ad, file) {
  const tried = ads.filter(({ photo_uri: uri, state }) => uri === ad.photo_uri && state === "failed");
  for (const { at } of tried) { retried.delete(at); refused.delete(at); }
  announce(`${file.name} is sent.`);
  const error = await follow(tried, "Sending the new photo …", () => actions.replace(ad, file));
  if (error) for (const { at } of tried) refused.set(at, [error.title && `${error.title}.`, error.text, error.advice].filter(Boolean).join(" ").replaceAll("`", ""));
  else for (const { at } of tried) retried.set(at, `${file.name} failed as well.`);
  render();
}

// Shows what is being done until the gateway reports about the ads; returns null or its error.
async function follow(tried, text, work) {
  for (const { at } of tried) pending.set(at, text);
  render();
  const error = await work();
  if (error) for (const { at } of tried) { pending.delete(at); retried.delete(at); }
  if (error) render();
  return error;
}
