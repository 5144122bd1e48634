// The ads of a campaign as they arrive: progress, gallery, what to look at, downloads.

import { addWork, measureAds } from "./ad_work.js";
import { describeAttempt } from "./attempts.js";
import { renderBrief } from "./brief.js";
import { canEdit, needsPhoto } from "./campaign_edit.js";
import { openFailures, showFailures } from "./campaign_failures.js";
import { renderLooks } from "./campaign_looks.js";
import { SEEN_THROUGH, judgeAd, readChecked, uncheck } from "./checked.js";
import { findRequest, findThumbnail, isClear } from "./campaign_requests.js";
import { announce, element, find, findAll, replaceContent } from "./dom.js";
import { plural } from "./form.js";
import { STAGES, formatPercent } from "./stages.js";
import { loadAddress, readState, subscribe } from "./store.js";
import { fetchJson } from "./stream.js";
import { createTimeLeft, describeTimeLeft } from "./time_left.js";
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
let timeLeft = null;
let clock = null;
// Numbers of the ads in the order in which they are shown, once the campaign has ended.
let order = [];

subscribe(["checked"], showChecked);

// event: the first of a campaign, with all ads. does: functions cancel, retry, replace, clear, edit,
// confirmDeletion.
export function openGallery(event, does) {
  [ads, tiles, order, actions, timeLeft] = [[], [], [], does, null];
  stopClock();
  replaceContent(find("#campaign"),
    element("div", { class: "campaign-head" },
      element("div", {}, element("h2", { class: "large", id: "campaign-title" }), element("p", { id: "campaign-status" })),
      element("div", { class: "tools" },
        element("button", { type: "button", class: "plain", id: "campaign-cancel", onclick: () => actions.cancel(campaign.id) }, "Cancel"),
        element("button", { type: "button", class: "plain", id: "campaign-delete", onclick: () => actions.confirmDeletion(campaign) }, "Delete"),
        element("a", { class: "primary", id: "campaign-zip", download: "" }))),
    element("progress", { class: "meter", max: event.total, value: 0, "aria-label": "Ads that are finished" }),
    openFailures({ retry: does.retry, replace: (ad, file) => does.replace(ad, file, findSeed(ad)), drawAd: drawPhoto, describe: describeAd }),
    element("p", { class: "promise", id: "campaign-refused" }),
    element("p", { class: "promise", id: "campaign-review" }),
    element("div", { class: "looks", id: "looks" }),
    element("div", { class: "gallery", id: "campaign-gallery" }));
}

// Shows what an event changes; its ads replace those of the same number.
export function showChange(event) {
  campaign = event;
  for (const ad of event.ads) ads[ad.at] = ad;
  for (const ad of event.ads) showTile(ad);
  const added = event.ads.map(({ at }) => tiles[at]).filter((tile) => !tile.isConnected);
  find("#campaign-gallery").append(...added);
  showHead();
  showDownload();
  for (const ad of ads) tiles[ad.at].hidden = ad.state === "failed";
  showFailures(event, ads, event.ads);
  if (event.review) showReview(event.review);
  if (event.ended) announce(`${event.succeeded} of ${event.total} ads are made.`);
}

function showHead() {
  const { id, name, total, state, succeeded, failed, ended } = campaign;
  // An ad that is made again is work of its own.
  if (ended) timeLeft = null;
  else clock ??= setInterval(showTimeLeft, 1000);
  find("#campaign-title").textContent = `${name ? `${name}: ` : ""}${succeeded} of ${total} ads made`;
  find("#campaign .meter").hidden = ended;
  showTimeLeft();
  find("#campaign-refused").textContent = describeRefused(findRequest(id)?.refused ?? []);
  find("#campaign-cancel").hidden = ended;
  find("#campaign-delete").hidden = !ended;
  find("#campaign").dataset.id = id;
}

const describeRefused = (reasons) => (reasons.length
  ? `${plural(reasons.length, "file")} ${reasons.length === 1 ? "was" : "were"} not used. ${reasons.join(". ")}.` : "");

function stopClock() {
  clearInterval(clock);
  clock = null;
}

// Shows the state each second, as the time left changes without an event.
function showTimeLeft() {
  if (!campaign || !find("#campaign-status")) return;
  const { total, ended, state } = campaign;
  if (ended) stopClock();
  const { durations } = readState();
  const work = addWork(measureAds(ads, durations, Boolean(findRequest(campaign.id)?.form.backdrop)), durations);
  if (state === "running") timeLeft ??= createTimeLeft();
  const seconds = state === "running" ? timeLeft.estimate(work) : null;
  find("#campaign .meter").value = (total * work.done) / (work.done + work.left || 1);
  find("#campaign-status").textContent = describeState(seconds).filter(Boolean).join(" · ");
}

// seconds: that are left; null when they are not known.
function describeState(seconds) {
  const { state, failed, ahead } = campaign;
  return [
    STATES[state],
    failed ? `${failed} failed` : "",
    state === "queued" && ahead ? `${plural(ahead, "ad")} of earlier campaigns ${ahead === 1 ? "comes" : "come"} first` : "",
    state === "running" ? describeTimeLeft(seconds) || "the time left is known soon" : "",
  ];
}

function createTile(ad) {
  const name = describeAd(ad);
  return element("figure", { class: "tile" },
    element("button", { type: "button", class: "picture", disabled: true }),
    element("figcaption", {},
      element("label", { class: "choose" },
        element("input", { type: "checkbox", hidden: true, "aria-label": `Choose ${name}`, onchange: showDownload }),
        element("span", { class: "photo-name" })),
      element("small", {})),
    element("p", { title: ad.prompt }, ad.prompt),
    element("button", { type: "button", class: "link edit", hidden: true, "aria-label": `Edit ${name}`, onclick: () => edit(ad.at) }, "Edit this ad"));
}

// Opens an ad in One ad; asks for its photo first where this browser does not keep it.
function edit(at) {
  const ad = ads[at];
  if (!needsPhoto(campaign.id, ad)) return actions.edit(campaign, ad, null);
  const input = element("input", { type: "file", accept: "image/*,.heic,.heif,.hif", onchange: () => actions.edit(campaign, ad, input.files[0]) });
  input.click();
}

const describeSize = ({ width, height }) => `${width} × ${height}`;

const describeAd = ({ photo, prompt, width, height }) => `${photo ? `${photo}, ` : ""}${prompt}, ${width} by ${height}`;

// Shows a tile again when its ad has another state, or another picture of a replaced photo.
function showTile(ad) {
  const tile = tiles[ad.at] ??= createTile(ad);
  const shown = JSON.stringify([ad.state, ad.picture, ad.photo_uri]);
  if (tile.dataset.shown === shown) return showStage(tile, ad);
  Object.assign(tile.dataset, { shown, state: ad.state });
  find(".photo-name", tile).textContent = ad.photo || "Photo";
  find("figcaption small", tile).textContent = describeSize(ad);
  for (const each of findAll(".chips, .glass, .faults", tile)) each.remove();
  if (ad.state === "succeeded") showFinished(tile, ad);
  else showUnfinished(tile, ad);
}

function showFinished(tile, ad) {
  const button = find(".picture", tile);
  button.disabled = false;
  button.classList.remove("pulse");
  find(".choose input", tile).hidden = false;
  button.onclick = () => openViewer(listFinished().map(describeView), ad.picture);
  find(".edit", tile).hidden = !canEdit(campaign.id);
  replaceContent(button, element("img", { src: ad.preview || ad.picture, alt: describeAd(ad), loading: "lazy" }));
  if (!canEdit(campaign.id)) return briefs.observe(tile);
  if (isClear(campaign.id, ad)) find("p", tile).after(renderClear(ad));
  else if (ad.glass) find("p", tile).after(renderGlass(ad));
  briefs.observe(tile);
}

// Shows what an ad shows of its prompt as soon as its tile is in view, as campaigns have many.
const briefs = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    briefs.unobserve(target);
    showBrief(target, ads[tiles.indexOf(target)]);
  }
}, { rootMargin: "200px" });

async function showBrief(tile, ad) {
  if (!ad?.brief) return;
  const { understood = [], left_out: leftOut = ad.left_out, in_part: inPart = [] } = await fetchJson(ad.brief);
  const chips = renderBrief(understood, leftOut, inPart);
  if (!chips || ads[tiles.indexOf(tile)]?.brief !== ad.brief || find(".chips", tile)) return;
  // The chips have the words of the scene.
  find("p", tile).hidden = understood.length > 0;
  find("p", tile).after(chips);
}

const renderGlass = (ad) => element("div", { class: "glass" }, element("span", {}, "It looks like glass. "),
  element("button", { type: "button", class: "link", "aria-label": `Make ${describeAd(ad)} see-through`, onclick: ({ target }) => { target.disabled = true; actions.clear(ad, findSeed(ad)); } }, "Make it see-through"));

const renderClear = (ad) => element("div", { class: "glass" }, element("span", {}, "The scene shows through it. "),
  element("button", { type: "button", class: "link", "aria-label": `Make ${describeAd(ad)} opaque again`, onclick: ({ target }) => { target.disabled = true; actions.clear(ad, findSeed(ad), false); } }, "Make it opaque again"));

function showUnfinished(tile, ad) {
  const button = find(".picture", tile);
  button.disabled = true;
  button.classList.toggle("pulse", ad.state === "running");
  find(".choose input", tile).hidden = find(".edit", tile).hidden = true;
  find(".choose input", tile).checked = false;
  replaceContent(button, drawPhoto(ad), element("span", { class: "doing" }));
  showStage(tile, ad);
}

// Shows what an ad that is not finished is at, such as "Scene 40 %", and why it is made again.
function showStage(tile, { state, stage, stage_fraction: fraction, attempt, retry_cause: cause }) {
  const place = find(".doing", tile);
  if (!place) return;
  const at = state === "running" && STAGES[stage];
  place.textContent = at ? `${at[0]}${fraction ? ` ${formatPercent(fraction)}` : ""}` : TILES[state];
  if (at && attempt > 1) place.append(` · ${describeAttempt(attempt, cause)}`);
}

// Returns a picture of the photo of an ad; null where this browser has none.
function drawPhoto({ photo_uri: uri }) {
  const id = findThumbnail(campaign.id, uri);
  if (!id) return null;
  const picture = element("img", { class: "waiting-photo", alt: "", hidden: true });
  loadAddress(id).then((address) => { if (address) { picture.src = address; picture.hidden = false; } });
  return picture;
}

// Returns the seed of the first variant of a photo's ads.
const findSeed = ({ photo_uri: uri }) => Math.min(...ads.filter((each) => each.photo_uri === uri).map(({ seed }) => seed));

const describeView = (ad) => ({ address: ad.picture, left_out: ad.left_out, name: describeAd(ad), edit: canEdit(campaign.id) ? () => edit(ad.at) : null });

// Advice is about One ad: it says so where the ad can be edited, and is left out elsewhere.
function limitAdvice(ad) {
  const isWanted = ({ name }) => !listWanted(ad).includes(name);
  const word = ({ remedy, ...each }) => ({ ...each, remedy: remedy && canEdit(campaign.id) ? `Edit this ad: ${remedy[0].toLowerCase()}${remedy.slice(1)}` : "" });
  return { ...ad, quality: ad.quality.filter(isWanted).map(word), profile: ad.profile && { ...ad.profile, rules: ad.profile.rules.map(word) } };
}

// Puts the ads that need a person first, with reasons, then the others by rank.
function showReview(review) {
  const judged = ads.map((ad) => judgeAd(ad, ad.picture, listWanted(ad)));
  const looks = review.look_at.filter((at) => !judged[at].ready);
  const passed = review.look_at.filter((at) => judged[at].ready);
  const rest = [...passed, ...review.rest];
  order = [...looks, ...rest];
  const text = passed.length ? describeReview(looks.length, rest.length) : review.text;
  find("#campaign-review").textContent = order.length ? text.replace(" %", "\u00a0%") : "";
  replaceContent(find("#looks"), renderLooks(looks.map((at) => ({ ad: limitAdvice(ads[at]), tile: tiles[at], judged: judged[at] }))));
  const unfinished = tiles.filter((_, at) => !order.includes(at));
  replaceContent(find("#campaign-gallery"), rest.map((at) => tiles[at]), unfinished);
  for (const at of rest) showReady(tiles[at], ads[at], judged[at].verdict);
}

// Says what is left to look at after some ads were called right.
function describeReview(looks, rest) {
  const ready = rest === 1 ? "is ready" : "are ready";
  if (!looks) return `All ${rest + looks} ads are ready.`.replace("All 1 ads are", "This ad is");
  return `Look at ${looks} of ${looks + rest} ads first. ${rest === 1 ? "The other one" : `The other ${rest}`} ${ready}.`;
}

function showReady(tile, ad, verdict) {
  find("figcaption small", tile).textContent = `${describeSize(ad)} · ${verdict}`;
  for (const each of findAll(".faults, .check-off", tile)) each.remove();
  if (readChecked(ad.picture).length) tile.append(element("button", { type: "button", class: "link check-off", "data-name": ad.picture, "aria-label": `Undo: ${describeAd(ad)} looks right`, onclick: () => uncheck(ad.picture) }, "Undo"));
}

// Keeps the focus at the ad that was called right, or no longer.
function showChecked() {
  if (!campaign?.review || !find("#looks")) return;
  const { name } = document.activeElement?.dataset ?? {};
  showReview(campaign.review);
  const at = order.find((each) => ads[each].picture === name);
  if (at === undefined) return;
  find(".check-off", tiles[at])?.focus();
  announce(find("#campaign-review").textContent);
}

// Names of measurements of what the user asked for: a product that the scene is seen through.
const listWanted = (ad) => (isClear(campaign.id, ad) ? [SEEN_THROUGH] : []);

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
