// The card of an ad of a campaign: its picture, its state in one word, what it shows, what to do.

import { describeAttempt } from "./attempts.js";
import { fetchBrief, renderBrief } from "./brief.js";
import { canEdit } from "./campaign_edit.js";
import { findEdit, findThumbnail, isClear } from "./campaign_requests.js";
import { SEEN_THROUGH, judgeAd, readChecked } from "./checked.js";
import { element, find, findAll, replaceContent } from "./dom.js";
import { STAGES, formatPercent } from "./stages.js";
import { loadAddress } from "./store.js";

// What an ad is, by its status: to look at, ready, or its state before it is finished.
const WORDS = { look: "Look at this", ready: "Ready", queued: "Waiting", running: "Being made", failed: "Failed", cancelled: "Cancelled" };
// Longest sides in pixels in which the server has the picture of a card, and how wide cards are.
const SIDES = [480, 960];
const WIDTHS = "(max-width: 700px) 92vw, (max-width: 960px) 330px, 320px";

export const describeSize = ({ width, height }) => `${width} × ${height}`;

export const describeAd = ({ photo, prompt, width, height }) => `${photo ? `${photo}, ` : ""}${prompt}, ${width} by ${height}`;

// Names of measurements of what the user asked for, a product that the scene is seen through, and of
// what was called right before the ad was put back.
export const listWanted = (campaign, ad) => [...(isClear(campaign, ad) ? [SEEN_THROUGH] : []), ...readChecked(findEdit(campaign, ad)?.version)];

// Returns whether an ad is ready, as judgeAd does, for the campaign of an id.
export const judge = (campaign, ad) => judgeAd(ad, ad.picture, listWanted(campaign, ad));

// Returns the status of an ad: "look", "ready", "queued", "running", "failed" or "cancelled".
export const readStatus = (campaign, ad) => (ad.state === "succeeded" ? (judge(campaign, ad).ready ? "ready" : "look") : ad.state);

// does: functions open(at), edit(at), choose(), which is called after a change, and clear(at, isClear).
export function createCard(ad, does) {
  return element("figure", { class: "tile" },
    element("button", { type: "button", class: "picture", disabled: true, onclick: () => does.open(ad.at) }),
    element("figcaption", {},
      element("label", { class: "choose" },
        element("input", { type: "checkbox", hidden: true, onchange: does.choose }),
        element("span", { class: "photo-name" })),
      element("span", { class: "state" }),
      element("small", {})),
    element("p", {}),
    element("div", { class: "actions", hidden: true },
      element("button", { type: "button", class: "plain edit", onclick: () => does.edit(ad.at) }, "Edit this ad"),
      element("a", { class: "plain", download: "" }, "Download")));
}

// Shows the ad of a card once more where it has another state, or another picture.
export function showCard(tile, ad, campaign, does) {
  showState(tile, ad, campaign);
  const shown = JSON.stringify([ad.state, ad.picture, ad.photo_uri]);
  if (tile.dataset.shown === shown) return showStage(tile, ad);
  tile.dataset.shown = shown;
  nameCard(tile, ad);
  for (const each of findAll(".chips, .glass, .faults, .why", tile)) each.remove();
  find("p", tile).hidden = false;
  if (ad.state === "succeeded") return showFinished(tile, ad, campaign, does);
  return showUnfinished(tile, ad, campaign);
}

// An ad that is made again may have another photo, scene and size.
function nameCard(tile, ad) {
  const name = describeAd(ad);
  find(".photo-name", tile).textContent = ad.photo || "Photo";
  find("figcaption small", tile).textContent = describeSize(ad);
  Object.assign(find("p", tile), { textContent: ad.prompt, title: ad.prompt });
  find(".choose input", tile).ariaLabel = `Choose ${name}`;
  find(".edit", tile).ariaLabel = `Edit ${name}`;
  find(".actions a", tile).ariaLabel = `Download ${name}`;
}

// One word and its color; what was checked by a person says so.
export function showState(tile, ad, campaign) {
  const status = readStatus(campaign, ad);
  Object.assign(tile.dataset, { status, state: ad.state });
  const isChecked = status === "ready" && readChecked(ad.picture).length > 0;
  find(".state", tile).textContent = isChecked ? "Ready, checked by you" : WORDS[status];
}

function showFinished(tile, ad, campaign, does) {
  const button = find(".picture", tile);
  button.disabled = false;
  button.classList.remove("pulse");
  button.ariaLabel = `Open ${describeAd(ad)}`;
  find(".choose input", tile).hidden = find(".actions", tile).hidden = false;
  find(".edit", tile).hidden = !canEdit(campaign);
  find(".actions a", tile).href = ad.picture;
  replaceContent(button, drawAd(ad));
  briefs.set(tile, ad);
  inView.observe(tile);
  if (canEdit(campaign) && (ad.glass || isClear(campaign, ad))) find("p", tile).after(renderGlass(ad, isClear(campaign, ad), does));
}

// As sharp as the display, and loaded when it is near the window.
const drawAd = (ad) => element("img", {
  src: `${ad.card}?side=${SIDES[0]}`, srcset: SIDES.map((side) => `${ad.card}?side=${side} ${side}w`).join(", "), sizes: WIDTHS,
  alt: describeAd(ad), loading: "lazy", decoding: "async",
});

// What an ad shows of its prompt is asked for as soon as its card is in view, as campaigns have many.
const briefs = new WeakMap();
const inView = new IntersectionObserver((entries) => {
  for (const { target } of entries.filter(({ isIntersecting }) => isIntersecting)) {
    inView.unobserve(target);
    showBrief(target, briefs.get(target));
  }
}, { rootMargin: "200px" });

async function showBrief(tile, ad) {
  if (!ad.brief) return;
  const { understood, left_out: leftOut, in_part: inPart } = await fetchBrief(ad);
  const chips = renderBrief(understood, leftOut, inPart);
  if (!chips || briefs.get(tile) !== ad || find(".chips", tile)) return;
  // The chips have the words of the scene.
  find("p", tile).hidden = understood.length > 0;
  find("p", tile).after(chips);
}

const GLASS = {
  false: { says: "It looks like glass. ", offer: "Make it see-through", label: "see-through" },
  true: { says: "The scene shows through it. ", offer: "Make it opaque again", label: "opaque again" },
};

function renderGlass(ad, isSeenThrough, does) {
  const { says, offer, label } = GLASS[isSeenThrough];
  const press = ({ target }) => { target.disabled = true; does.clear(ad, !isSeenThrough); };
  return element("div", { class: "glass" }, element("span", {}, says),
    element("button", { type: "button", class: "link", "aria-label": `Make ${describeAd(ad)} ${label}`, onclick: press }, offer));
}

function showUnfinished(tile, ad, campaign) {
  const button = find(".picture", tile);
  button.disabled = true;
  button.classList.toggle("pulse", ad.state === "running");
  find(".choose input", tile).hidden = find(".actions", tile).hidden = true;
  find(".choose input", tile).checked = false;
  replaceContent(button, drawPhoto(ad, campaign), element("span", { class: "doing" }));
  showStage(tile, ad);
}

// Shows what an ad that is not finished is at, such as "Scene 40 %".
function showStage(tile, { state, stage, stage_fraction: fraction, attempt, retry_cause: cause }) {
  const place = find(".doing", tile);
  if (!place) return;
  const at = state === "running" && STAGES[stage];
  place.textContent = at ? `${at[0]}${fraction ? ` ${formatPercent(fraction)}` : ""}` : WORDS[state];
  if (at && attempt > 1) place.append(` · ${describeAttempt(attempt, cause)}`);
}

// Returns a picture of the photo of an ad; null where this browser has none.
export function drawPhoto({ photo_uri: uri }, campaign) {
  const id = findThumbnail(campaign, uri);
  if (!id) return null;
  const picture = element("img", { class: "waiting-photo", alt: "", hidden: true });
  loadAddress(id).then((address) => { if (address) { picture.src = address; picture.hidden = false; } });
  return picture;
}
