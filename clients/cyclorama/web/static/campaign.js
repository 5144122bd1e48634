// Campaigns: starts, follows, cancels, retries and deletes them.

import { editAd } from "./campaign_edit.js";
import { openGallery, showChange } from "./campaign_gallery.js";
import { findFolder, listRefused, listSentPhotos, noteCampaign, renewPhotos } from "./campaign_photos.js";
import { clearPhoto, replacePhoto } from "./campaign_replacement.js";
import { openReturn } from "./campaign_return.js";
import { createRequest, createUuid } from "./campaign_request.js";
import { OWN_TABLE } from "./campaign_rows.js";
import { dropRequest, keepRequest } from "./campaign_requests.js";
import { loadTable, renderErrors } from "./campaign_table.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { showError } from "./error.js";
import { plural, readForm } from "./form.js";
import { listRecent } from "./recent_campaigns.js";
import { listScenes } from "./scenes.js";
import { readState, updateState } from "./store.js";
import { fetchJson, streamJson } from "./stream.js";
import { postJson } from "./upload.js";

let following = null;
// The last submission that the server did not answer: it is repeated with the same id.
let lost = { request: "", id: "" };

export function openCampaigns() {
  find("#delete-no").addEventListener("click", () => find("#delete-dialog").close());
  openReturn(followCampaign);
}

export async function startCampaign() {
  if (!validateCampaign()) return;
  const make = find("#make");
  make.disabled = true;
  replaceContent(find("#campaign-failure"));
  const response = await submitCampaign();
  make.disabled = false;
  if (response.kind === "error") return showError(find("#campaign-failure"), response, startCampaign);
  updateState({ rejected: response.error_count ? response : null });
  if (!response.rows && response.error_count) return showRejected(response.id);
  followCampaign(response.id, Promise.resolve());
}

async function submitCampaign() {
  const photos = await listSentPhotos();
  const table = await loadTable();
  const name = readState().campaignName.trim() || findFolder() || nameTable(table);
  const request = JSON.stringify([photos, readState().campaignTable, readState().form, name]);
  const id = request === lost.request ? lost.id : createUuid();
  lost = { request, id };
  const options = readForm();
  const { campaignTable, campaignPhotos, form } = readState();
  const response = await postJson("api/campaigns", await createRequest({ photos, table, id, name, options }));
  if (response.kind === "plan") {
    lost = { request: "", id: "" };
    const sent = campaignPhotos.filter(({ uri }) => uri).map(({ uri, names, clear, thumb, file }) => ({ uri, names, clear, thumb, file }));
    keepRequest({ id: response.id, name, options, form, table: campaignTable, photos: sent, refused: listRefused() });
    noteCampaign(response.id);
  }
  return response;
}

// What people call their table names a campaign as well.
const nameTable = (table) => (table && table.name !== OWN_TABLE ? table.name.replace(/\.\w+$/, "") : "");

// Shows what is missing next to its field; returns whether the form is complete.
function validateCampaign() {
  const { form, campaignPhotos, campaignTable } = readState();
  const missing = {
    "campaign-photos": campaignPhotos.length ? "" : "Add at least one photo first.",
    prompt: listScenes(form).length || campaignTable ? "" : "Describe a scene, or pick one of the pictures.",
    format: form.sizes.length || form.profile ? "" : "Pick at least one format.",
  };
  for (const [name, text] of Object.entries(missing)) find(`#${name}-wrong`).textContent = text;
  const first = Object.keys(missing).find((name) => missing[name]);
  if (first) find({ "campaign-photos": "#campaign-files", prompt: "#prompt", format: "#formats input" }[first]).focus();
  return !first;
}

// loaded: resolves when the form is complete, and the campaign is scrolled to where it is below.
export function followCampaign(id, loaded = null) {
  updateState({ campaign: id });
  for (const place of ["#campaign", "#campaign-failure", "#recent"]) replaceContent(find(place));
  find("#campaign-empty").hidden = true;
  history.replaceState(null, "", `#campaign=${id}`);
  return followEvents(id, false, loaded);
}

// isOpen: whether the gallery shows the campaign already.
async function followEvents(id, isOpen, loaded = null) {
  following?.abort();
  const controller = following = new AbortController();
  try {
    for await (const event of streamJson(`api/campaigns/${id}/events`, { signal: controller.signal })) {
      if (event.kind === "error") showError(find("#campaign-failure"), event, () => followCampaign(id));
      else {
        if (!isOpen) openGallery(event, { cancel, retry, replace, clear, edit, follow: () => followEvents(id, true), confirmDeletion, fail: showFailure });
        if (!isOpen) showRejected(id);
        if (!isOpen) loaded?.then(revealCampaign);
        isOpen = true;
        showChange(event);
      }
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    return;
  }
  listRecent(followCampaign);
}

// On narrow windows the form comes first, and the campaign is below the window.
function revealCampaign() {
  const isBelow = find("#campaign").getBoundingClientRect().top > innerHeight / 2;
  if (readState().mode === "campaign" && isBelow) find("#result").scrollIntoView({ block: "start" });
}

// Shows the rows of the table that were not made for a campaign.
function showRejected(id) {
  const { rejected } = readState();
  if (rejected?.id !== id) return;
  find("#campaign-failure").prepend(element("div", { class: "failure", id: "rejected" },
    element("h2", {}, `${plural(rejected.error_count, "row")} of the table ${rejected.error_count === 1 ? "was" : "were"} not made`),
    renderErrors(rejected)));
}

const showFailure = (error, again) => showError(find("#campaign-failure"), error, again);

async function cancel(id) {
  await send(`api/campaigns/${id}/cancel`, "POST", () => cancel(id));
}

// position: of an ad in the job of that id; null for all ads of the campaign that failed. Returns
// null, or the error, which is shown.
async function retry(id, position = null) {
  const query = position === null ? "" : `?position=${position}`;
  const { campaign } = readState();
  const error = await send(`api/campaigns/${id}/retry${query}`, "POST", () => retry(id, position));
  if (!error) followEvents(campaign, true);
  return error;
}

// Makes the ads of an ad's photo of another file; returns null, or the error.
async function replace(ad, file, seed) {
  const { campaign } = readState();
  const error = await replacePhoto(campaign, ad, file, seed);
  if (!error) followEvents(campaign, true);
  return error;
}

// Makes the ads of an ad's photo with a product that is see-through, or opaque again.
async function clear(ad, seed, isClear = true) {
  const { campaign } = readState();
  const error = await clearPhoto(campaign, ad, seed, isClear);
  if (error) showError(find("#campaign-failure"), error, () => clear(ad, seed, isClear));
  else followEvents(campaign, true);
}

// chosen: the file of the ad's photo, where this browser does not keep it.
async function edit(campaign, ad, chosen) {
  replaceContent(find("#campaign-failure"));
  const error = await editAd(campaign, ad, chosen);
  if (error) showError(find("#campaign-failure"), error, () => edit(campaign, ad, chosen));
}

function confirmDeletion({ id, name, total }) {
  const dialog = find("#delete-dialog");
  find("#delete-text").textContent = `${name || "It"} has ${plural(total, "ad")}. All of them are erased, with the photos of this campaign. This cannot be undone.`;
  find("#delete-yes").onclick = () => { dialog.close(); deleteCampaign(id); };
  dialog.showModal();
}

async function deleteCampaign(id) {
  following?.abort();
  if (await send(`api/campaigns/${id}`, "DELETE", () => deleteCampaign(id))) return;
  dropRequest(id);
  updateState({ campaign: null, rejected: null });
  renewPhotos(id);
  history.replaceState(null, "", location.pathname);
  replaceContent(find("#campaign"));
  find("#campaign-empty").hidden = false;
  announce("The campaign is deleted.");
  await listRecent(followCampaign);
  find("#result").focus();
}

// Returns null, or the error, which is shown.
async function send(address, method, again) {
  const response = await fetchJson(address, { method });
  if (response.kind === "done") return null;
  showError(find("#campaign-failure"), response, again);
  return response;
}
