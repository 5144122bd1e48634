// The ads of a campaign as they arrive: progress, cards, what to look at, downloads.

import { addWork, measureAds } from "./ad_work.js";
import { fetchBrief } from "./brief.js";
import { makeAfterAll } from "./campaign_again.js";
import { createCard, describeAd, drawPhoto, judge, listWanted, readStatus, showCard, showState } from "./campaign_card.js";
import { isLeftOut, listChosen, addressZip, showChoice } from "./campaign_choice.js";
import { canEdit, needsPhoto } from "./campaign_edit.js";
import { openFailures, showFailures } from "./campaign_failures.js";
import { showFilter } from "./campaign_filter.js";
import { clearReview, renderLooks } from "./campaign_looks.js";
import { findRequest } from "./campaign_requests.js";
import { canCheck, check, readChecked, uncheck } from "./checked.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { plural } from "./form.js";
import { collectFaults, renderFaults, renderMeasurement } from "./report.js";
import { readState, subscribe } from "./store.js";
import { createTimeLeft, describeTimeLeft } from "./time_left.js";
import { openViewer } from "./viewer.js";

export const STATES = {
  queued: "Waiting to start", running: "Running", succeeded: "Finished",
  partially_succeeded: "Finished with failures", failed: "Failed", cancelled: "Cancelled",
};

let ads = [];
let tiles = [];
let campaign = null;
let actions = {};
let timeLeft = null;
let clock = null;
// Numbers of the ads in the order in which they are shown, once the campaign has ended.
let order = [];

const cardActions = { open: openLarge, edit, choose: showChosen, clear: (ad, isClear) => actions.clear(ad, findSeed(ad), isClear) };

subscribe(["checked"], showChecked);

// event: the first of a campaign, with all ads. does: functions cancel, retry, replace, clear, edit,
// follow, confirmDeletion, and fail(error, again), which shows an error.
export function openGallery(event, does) {
  [ads, tiles, order, actions, timeLeft] = [[], [], [], does, null];
  stopClock();
  delete find("#campaign").dataset.filter;
  replaceContent(find("#campaign"),
    element("div", { class: "campaign-head" },
      element("div", {}, element("h2", { class: "large", id: "campaign-title" }), element("p", { id: "campaign-status" }), element("p", { id: "campaign-stays" }, "You can close this page: the campaign goes on, and you find it here again.")),
      element("div", { class: "tools" },
        element("button", { type: "button", class: "plain", id: "campaign-cancel", onclick: () => actions.cancel(campaign.id) }, "Cancel"),
        element("button", { type: "button", class: "plain", id: "campaign-continue", hidden: true, onclick: makeRest }),
        element("button", { type: "button", class: "plain", id: "campaign-delete", onclick: () => actions.confirmDeletion(campaign) }, "Delete"),
        element("a", { class: "primary", id: "campaign-zip", download: "" }))),
    element("progress", { class: "meter", max: event.total, value: 0, "aria-label": "Ads that are finished" }),
    element("p", { id: "campaign-refused" }),
    openFailures({ retry: does.retry, replace: (ad, file) => does.replace(ad, file, findSeed(ad)), drawAd: (ad) => drawPhoto(ad, campaign.id), describe: describeAd }),
    element("p", { class: "promise", id: "campaign-review" }),
    element("div", { class: "filter", id: "campaign-filter", role: "group", "aria-label": "Ads that are shown", hidden: true }),
    element("p", { id: "campaign-left-out", role: "status", hidden: true }),
    element("div", { class: "all-cards" },
      element("div", { id: "looks" }),
      element("div", { class: "gallery", id: "campaign-gallery" })),
    element("div", { class: "chosen-bar", id: "campaign-chosen", role: "group", "aria-label": "Chosen ads", hidden: true }));
}

// Shows what an event changes; its ads replace those of the same number.
export function showChange(event) {
  campaign = event;
  for (const ad of event.ads) ads[ad.at] = ad;
  for (const ad of event.ads) showCard(tiles[ad.at] ??= createCard(ad, cardActions), ad, campaign.id, cardActions);
  const added = event.ads.map(({ at }) => tiles[at]).filter((tile) => !tile.isConnected);
  find("#campaign-gallery").append(...added);
  showHead();
  showFailures(event, ads, event.ads);
  if (event.review) showReview(event.review);
  showChosen();
  if (event.ended) announce(`${event.succeeded} of ${event.total} ads are made.`);
}

function showHead() {
  const { id, name, total, succeeded, ended } = campaign;
  // An ad that is made again is work of its own.
  if (ended) timeLeft = null;
  else clock ??= setInterval(showTimeLeft, 1000);
  find("#campaign-title").textContent = `${name ? `${name}: ` : ""}${succeeded} of ${total} ads made`;
  find("#campaign .meter").hidden = ended;
  showTimeLeft();
  find("#campaign-refused").textContent = describeRefused(findRequest(id)?.refused ?? []);
  for (const name of ["cancel", "stays"]) find(`#campaign-${name}`).hidden = ended;
  find("#campaign-delete").hidden = !ended;
  showRest();
  find("#campaign").dataset.id = id;
}

const listCancelled = () => ads.filter(({ state }) => state === "cancelled");

// What was cancelled can be made after all, where this browser knows what was asked for.
function showRest() {
  const count = campaign.ended && canEdit(campaign.id) ? listCancelled().length : 0;
  const button = find("#campaign-continue");
  button.hidden = !count;
  if (count && !button.disabled) button.textContent = `Make the other ${count}`;
}

async function makeRest({ target }) {
  const error = await makeAfterAll(campaign, listCancelled(), target);
  target.disabled = false;
  if (error) actions.fail(error, () => makeRest({ target }));
  else actions.follow();
}

const describeRefused = (reasons) => (reasons.length
  ? `${plural(reasons.length, "file")} ${reasons.length === 1 ? "was" : "were"} not used. ${reasons.join(" ")}` : "");

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

// Opens an ad in One ad; asks for its photo first where this browser does not keep it.
function edit(at) {
  const ad = ads[at];
  if (!needsPhoto(campaign.id, ad)) return actions.edit(campaign, ad, null);
  const input = element("input", { type: "file", accept: "image/*,.heic,.heif,.hif", onchange: () => actions.edit(campaign, ad, input.files[0]) });
  input.click();
}

// Returns the seed of the first variant of a photo's ads.
const findSeed = ({ photo_uri: uri }) => Math.min(...ads.filter((each) => each.photo_uri === uri).map(({ seed }) => seed));

function openLarge(at) {
  const shown = listFinished().filter((ad) => tiles[ad.at].checkVisibility());
  openViewer(shown.map(describeView), ads[at].picture);
}

function describeView(ad) {
  const judged = () => judge(campaign.id, ad);
  return {
    address: ad.picture, brief: () => fetchBrief(ad), name: describeAd(ad), edit: canEdit(campaign.id) ? () => edit(ad.at) : null,
    state: () => element("span", { class: "state", "data-status": readStatus(campaign.id, ad) }, find(".state", tiles[ad.at]).textContent),
    report: () => renderMeasured(limitAdvice(ad)),
    check: () => (canCheck(judged()) ? { text: "It looks right", act: () => check(ad.picture, judged().looks.map(({ name }) => name)) } : null),
  };
}

function renderMeasured(ad) {
  const checked = readChecked(ad.picture);
  const faults = collectFaults(ad).filter(({ name }) => !checked.includes(name));
  return element("ul", { class: "measurements" }, faults.map((each) => renderMeasurement(each)));
}

// Advice is about One ad: it says so where the ad can be edited, and is left out elsewhere.
function limitAdvice(ad) {
  const isWanted = ({ name }) => !listWanted(campaign.id, ad).includes(name);
  const word = ({ remedy, ...each }) => ({ ...each, remedy: remedy && canEdit(campaign.id) ? `Edit this ad: ${remedy[0].toLowerCase()}${remedy.slice(1)}` : "" });
  return { ...ad, quality: ad.quality.filter(isWanted).map(word), profile: ad.profile && { ...ad.profile, rules: ad.profile.rules.map(word) } };
}

// Puts the ads that need a person first, with reasons, then the others by rank.
function showReview(review) {
  const judged = ads.map((ad) => judge(campaign.id, ad));
  const looks = review.look_at.filter((at) => !judged[at].ready);
  const passed = review.look_at.filter((at) => judged[at].ready);
  const rest = [...passed, ...review.rest];
  order = [...looks, ...rest];
  const text = passed.length ? describeReview(looks.length, rest.length) : review.text;
  find("#campaign-review").textContent = order.length ? text.replace(" %", "\u00a0%") : "";
  replaceContent(find("#looks"), renderLooks(looks.map((at) => ({ ad: limitAdvice(ads[at]), tile: tiles[at], judged: judged[at] }))));
  const unfinished = tiles.filter((_, at) => !order.includes(at));
  replaceContent(find("#campaign-gallery"), rest.map((at) => tiles[at]), unfinished);
  for (const at of rest) showReady(tiles[at], ads[at]);
  for (const at of order) showState(tiles[at], ads[at], campaign.id);
}

// Says what is left to look at after some ads were called right.
function describeReview(looks, rest) {
  const ready = rest === 1 ? "is ready" : "are ready";
  if (!looks) return `All ${rest + looks} ads are ready.`.replace("All 1 ads are", "This ad is");
  return `Look at ${looks} of ${looks + rest} ads first. ${rest === 1 ? "The other one" : `The other ${rest}`} ${ready}.`;
}

function showReady(tile, ad) {
  clearReview(tile);
  const small = renderFaults(collectFaults(limitAdvice(ad)).filter(({ name }) => !readChecked(ad.picture).includes(name)));
  if (small) {
    small.classList.add("faults");
    find(".actions", tile).before(small);
  }
  if (!readChecked(ad.picture).length) return;
  find(".edit", tile).after(element("button", { type: "button", class: "plain check-off", "data-name": ad.picture, "aria-label": `Undo: ${describeAd(ad)} looks right`, onclick: () => uncheck(ad.picture) }, "Undo"));
}

// Keeps the focus at the ad that was called right, or no longer.
function showChecked() {
  if (!campaign?.review || !find("#looks")) return;
  const { name } = document.activeElement?.dataset ?? {};
  showReview(campaign.review);
  showChosen();
  const at = order.find((each) => ads[each].picture === name);
  if (at === undefined) return;
  find(".check-off", tiles[at])?.focus();
  announce(find("#campaign-review").textContent);
}

const listFinished = () => {
  const shown = order.length ? order.map((at) => ads[at]) : ads;
  return shown.filter((ad) => ad.state === "succeeded");
};

// Failed ads are listed above, and what is left out is nowhere.
function showChosen() {
  const isOut = (ad) => isLeftOut(campaign.id, ad);
  for (const ad of ads) tiles[ad.at].hidden = ad.state === "failed" || isOut(ad);
  showFilter(ads.filter((ad) => !isOut(ad)).map((ad) => readStatus(campaign.id, ad)));
  showChoice({ campaign, ads, tiles, show: showChosen, follow: actions.follow });
  showDownload(isOut);
}

// The link downloads all ads but those that are left out.
function showDownload(isOut) {
  const finished = ads.filter((ad) => ad.state === "succeeded");
  const kept = finished.filter((ad) => !isOut(ad)).map(({ at }) => at);
  const link = find("#campaign-zip");
  link.hidden = !kept.length || listChosen(tiles).length > 0;
  link.textContent = kept.length > 1 ? `Download all ${kept.length}` : "Download";
  link.href = addressZip(campaign.id, kept.length < finished.length ? kept : null);
}
