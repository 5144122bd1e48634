// Puts an ad that was edited back into its campaign, in the place of the one that was opened.

import { createRequest, createUuid } from "./campaign_request.js";
import { findRequest, keepEdit } from "./campaign_requests.js";
import { element, find, replaceContent } from "./dom.js";
import { showError } from "./error.js";
import { cutPhoto } from "./mask.js";
import { loadBlob, readState, subscribe, updateState } from "./store.js";
import { postJson } from "./upload.js";

const LOST = { title: "The photo is missing", text: "This browser no longer has its file.", advice: "Choose the photo again, and update the ad." };

// show(id): shows the campaign.
export function openReturn(show) {
  subscribe(["current", "versions", "running", "campaignRequests"], (state) => render(state, show));
}

// A version of another photo has no place in the campaign.
function render({ versions, current, running }, show) {
  const version = versions.find(({ id }) => id === current);
  const place = version?.form.place;
  const isShown = Boolean(place) && !running && place.photo === version.photo.id && Boolean(findRequest(place.campaign));
  find("#return").hidden = !isShown;
  replaceContent(find("#return"), isShown ? renderPlace(version, place, show) : []);
}

// Whether a version is the last that was put back in its place.
const isInCampaign = ({ id }, { campaign, number }) =>
  (findRequest(campaign).edits ?? []).some((edit) => edit.number === number && edit.version === id);

function renderPlace(version, place, show) {
  const isBack = isInCampaign(version, place);
  const put = element("button", { type: "button", class: "primary", id: "return-put", onclick: () => putBack(version, put, show) }, "Put it back in the campaign");
  return [
    element("p", {}, element("strong", {}, `${place.title || "Campaign"}.`), ` ${isBack ? "It is in the campaign." : describe(version, place)}`),
    element("div", { class: "tools" },
      element("button", { type: "button", class: "plain", id: "return-leave", onclick: () => leave(place.campaign, show) }, "Back to the campaign"),
      version.isCopy || isBack ? null : put),
    element("div", { id: "return-failure", role: "alert" }),
  ];
}

const describe = ({ isCopy }, { name }) => (isCopy
  ? `This is its ad${name ? ` of ${name}` : ""}. Change it and press Update the ad; then you can put it back.`
  : `This ad can take the place of the one${name ? ` of ${name}` : ""} that you opened.`);

function leave(campaign, show) {
  updateState({ mode: "campaign" });
  show(campaign);
  find("#result").scrollIntoView({ block: "start" });
}

async function putBack(version, button, show) {
  button.disabled = true;
  const { place } = version.form;
  const error = await submitAd(version, place);
  if (!error) return leave(place.campaign, show);
  button.disabled = false;
  showError(find("#return-failure"), error, () => putBack(version, button, show));
}

// The gateway makes the ad once more as a job; its stages are cached. Returns the error, or null.
async function submitAd({ id, options, form, photo, seed }, { campaign, number, name }) {
  const file = await loadBlob(photo.id);
  if (!file) return LOST;
  const sent = await sendPhoto(file, options.mask && (await loadBlob(options.mask.file)));
  if (sent.kind !== "photo") return sent;
  const { name: title } = findRequest(campaign);
  // Jobs have no mask; the photo that is sent is cut out with it.
  const cutout = options.mask ? { mask: null, points: null, box: null } : {};
  const own = { ...options, ...cutout, prompts: [options.prompt].filter(Boolean), sizes: options.size ? [options.size] : [], variants: 1, seed, place: { id: campaign, number } };
  const response = await postJson("api/campaigns", await createRequest({
    photos: [{ uri: sent.uri, names: [name || photo.name] }], table: null, id: createUuid(), name: title, options: own,
  }));
  if (response.kind === "error") return response;
  keepEdit(campaign, { number, uri: sent.uri, form, photo, version: id, options: own });
  return null;
}

async function sendPhoto(file, mask) {
  const body = new FormData();
  body.append("photo", mask ? await cutPhoto(file, mask) : file);
  return postJson("api/photos", body);
}
