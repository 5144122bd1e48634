// The ads of a campaign as they arrive: progress, gallery, failures, what to look at, downloads.

import { renderBrief } from "./brief.js";
import { createRate } from "./campaign_rate.js";
import { announce, element, find, findAll, replaceContent } from "./dom.js";
import { plural } from "./form.js";
import { renderLook } from "./report.js";
import { describeTimeLeft } from "./time_left.js";
import { openViewer } from "./viewer.js";

export const STATES = {
  queued: "Waiting to start", running: "Running", succeeded: "Finished",
  partially_succeeded: "Finished with failures", failed: "Failed", cancelled: "Cancelled",
};
const TILES = { queued: "Waiting", running: "Being made", failed: "Failed", cancelled: "Cancelled" };

let ads = [];
let tiles = [];
let campaign = null;
let actions = {};
let rate = null;
// When ads were retried, by their numbers.
let retried = new Map();
// Numbers of the ads in the order in which they are shown, once the campaign has ended.
let order = [];

// event: the first of a campaign, with all ads. does: functions cancel, retry, confirmDeletion.
export function openGallery(event, does) {
  [ads, tiles, order, actions, rate, retried] = [[], [], [], does, createRate(), new Map()];
  replaceContent(find("#campaign"),
    element("div", { class: "campaign-head" },
      element("div", {}, element("h2", { class: "large", id: "campaign-title" }), element("p", { id: "campaign-status" })),
      element("div", { class: "tools" },
        element("button", { type: "button", class: "plain", id: "campaign-cancel", onclick: () => actions.cancel(campaign.id) }, "Cancel"),
        element("button", { type: "button", class: "plain", id: "campaign-delete", onclick: () => actions.confirmDeletion(campaign) }, "Delete"),
        element("a", { class: "primary", id: "campaign-zip", download: "" }))),
    element("progress", { class: "meter", max: event.total, value: 0, "aria-label": "Ads that are finished" }),
    element("section", { id: "campaign-failed", "aria-label": "Ads that failed", hidden: true }),
    element("p", { class: "promise", id: "campaign-review" }),
    element("ol", { class: "looks", id: "looks", "aria-label": "Ads to look at, worst first" }),
    element("div", { class: "gallery" }));
}

// Shows what an event changes; its ads replace those of the same number.
export function showChange(event) {
  campaign = event;
  for (const ad of event.ads) ads[ad.at] = ad;
  for (const ad of event.ads) showTile(ad);
  const added = event.ads.map(({ at }) => tiles[at]).filter((tile) => !tile.isConnected);
  find("#campaign .gallery").append(...added);
  showHead();
  showFailures();
  if (event.review) showReview(event.review);
  showDownload();
  if (event.ended) announce(`${event.succeeded} of ${event.total} ads are ready.`);
}

function showHead() {
  const { id, name, total, succeeded, failed, cancelled, ended } = campaign;
  rate.add(succeeded + failed);
  find("#campaign-title").textContent = `${name ? `${name}: ` : ""}${succeeded} of ${total} ads ready`;
  find("#campaign .meter").value = succeeded + failed + cancelled;
  find("#campaign .meter").hidden = ended;
  find("#campaign-status").textContent = [...describeState(), describeCache()].filter(Boolean).join(" · ");
  find("#campaign-cancel").hidden = ended;
  find("#campaign-delete").hidden = !ended;
  find("#campaign").dataset.id = id;
}

function describeState() {
  const { state, failed, total, succeeded, cancelled, ahead } = campaign;
  const left = total - succeeded - failed - cancelled;
  return [
    STATES[state],
    failed ? `${failed} failed` : "",
    state === "queued" && ahead ? `${plural(ahead, "ad")} of earlier campaigns ${ahead === 1 ? "comes" : "come"} first` : "",
    state === "running" ? describeTimeLeft(rate.estimate(left)) : "",
  ];
}

// Says how much was made before, and is not made again.
function describeCache() {
  const cached = Object.values(campaign.stages).reduce((sum, each) => sum + each.cached, 0);
  return cached ? `${plural(cached, "step")} reused` : "";
}

function createTile(ad) {
  const name = describeAd(ad);
  return element("figure", { class: "tile" },
    element("button", { type: "button", class: "picture", disabled: true }),
    element("label", { class: "choose", hidden: true },
      element("input", { type: "checkbox", "aria-label": `Choose ${name}`, onchange: showDownload })),
    element("figcaption", {}, element("span", { class: "photo-name" }, ad.photo || "Photo"), element("small", {}, describeSize(ad))),
    element("p", { title: ad.prompt }, ad.prompt));
}

const describeSize = ({ width, height }) => `${width} × ${height}`;

const describeAd = ({ photo, prompt, width, height }) => `${photo ? `${photo}, ` : ""}${prompt}, ${width} by ${height}`;

function showTile(ad) {
  const tile = tiles[ad.at] ??= createTile(ad);
  if (tile.dataset.state === ad.state) return;
  tile.dataset.state = ad.state;
  const button = find(".picture", tile);
  const ready = ad.state === "succeeded";
  button.disabled = !ready;
  button.classList.toggle("pulse", ad.state === "running");
  find(".choose", tile).hidden = !ready;
  if (!ready) return replaceContent(button, TILES[ad.state]);
  button.onclick = () => openViewer(listFinished().map(describeView), ad.picture);
  replaceContent(button, element("img", { src: ad.preview || ad.picture, alt: describeAd(ad), loading: "lazy" }));
  const chips = renderBrief([], ad.left_out);
  if (chips) tile.append(chips);
}

const describeView = (ad) => ({ address: ad.picture, left_out: ad.left_out, name: describeAd(ad) });

// Ads that failed are in a list of their own, with the whole reason.
function showFailures() {
  const failed = ads.filter((ad) => ad.state === "failed");
  const section = find("#campaign-failed");
  const shown = failed.map(({ at, job }) => `${at} ${job} ${retried.get(at)}`).join();
  for (const ad of ads) tiles[ad.at].hidden = ad.state === "failed";
  section.hidden = !failed.length;
  if (section.dataset.shown === shown && section.dataset.ended === String(campaign.ended)) return;
  Object.assign(section.dataset, { shown, ended: campaign.ended });
  replaceContent(section,
    element("div", { class: "tools" }, element("h3", { class: "details" }, `${plural(failed.length, "ad")} failed`),
      element("button", { type: "button", class: "plain", id: "retry-all", onclick: () => { noteRetry(failed); actions.retry(campaign.id); } }, failed.length > 1 ? `Retry all ${failed.length}` : "Retry")),
    element("ul", {}, failed.map((ad) => renderFailure(ad, failed.length > 1))));
}

function noteRetry(tried) {
  const time = new Date().toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false });
  for (const { at } of tried) retried.set(at, time);
  announce(`${plural(tried.length, "ad")} ${tried.length === 1 ? "is" : "are"} made again.`);
}

const describeRetry = ({ at }) => (retried.has(at) ? `Tried again at ${retried.get(at)}, and it failed again. ` : "");

function renderFailure(ad, hasButton) {
  const { title, text, advice } = ad.error;
  return element("li", {},
    element("div", {}, element("strong", {}, ad.photo || "Photo"), element("small", {}, `${ad.prompt} · ${describeSize(ad)}`),
      element("p", {}, element("span", { class: "bad" }, `${title}. `), `${describeRetry(ad)}${text} ${advice.replaceAll("`", "")}`)),
    hasButton && element("button", { type: "button", class: "plain", "aria-label": `Retry ${describeAd(ad)}`, onclick: () => { noteRetry([ad]); actions.retry(ad.job, ad.position); } }, "Retry"));
}

// Puts the ads that need a person first, with reasons, then the others by rank.
function showReview(review) {
  order = [...review.look_at, ...review.rest];
  find("#campaign-review").textContent = order.length ? review.text.replace(" %", "\u00a0%") : "";
  replaceContent(find("#looks"), review.look_at.map((at) => renderLook(ads[at].photo || `Ad ${at + 1}`, ads[at], tiles[at])));
  const unfinished = tiles.filter((_, at) => !order.includes(at));
  replaceContent(find("#campaign .gallery"), review.rest.map((at) => tiles[at]), unfinished);
  for (const at of review.rest) find("small", tiles[at]).textContent = `${describeSize(ads[at])} · ${ads[at].score} of 10`;
}

const listFinished = () => {
  const shown = order.length ? order.map((at) => ads[at]) : ads;
  return shown.filter((ad) => ad.state === "succeeded");
};

// The link downloads the chosen ads, or all of them.
function showDownload() {
  const chosen = tiles.flatMap((tile, at) => (find(".choose input", tile).checked ? [at] : []));
  const link = find("#campaign-zip");
  link.hidden = !campaign.succeeded;
  link.textContent = chosen.length ? `Download ${chosen.length} chosen` : campaign.succeeded > 1 ? `Download all ${campaign.succeeded}` : "Download";
  link.href = `campaigns/${campaign.id}/ads.zip${chosen.length ? `?ads=${formatRanges(chosen)}` : ""}`;
  for (const each of findAll(".tile")) each.classList.toggle("chosen", find("input", each).checked);
}

// Formats ascending numbers such as 0, 1, 2, 5 as "0-2,5".
function formatRanges(numbers) {
  const ranges = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join();
}
