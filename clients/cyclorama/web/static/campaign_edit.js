// Opens an ad of a campaign as a version of One ad, with the photo and the settings that made it.

import { findEdit, findFile, findRequest, isClear } from "./campaign_requests.js";
import { carryChecks } from "./checked.js";
import { announce, find } from "./dom.js";
import { readForm } from "./form.js";
import { listScenes } from "./scenes.js";
import { hideStages } from "./stages.js";
import { addVersion, loadBlob, readState, saveBlob, updateState } from "./store.js";
import { fetchJson } from "./stream.js";
import { createVersion } from "./versions.js";

const BUSY = { title: "An ad is being made", text: "One ad makes another one.", advice: "Wait until it is ready, or cancel it." };
const OTHER = { title: "This is another photo", text: "The ad was made of a file with other contents.", advice: "Choose the file that you added to the campaign." };
// Settings that only a single ad has.
const ONLY_ADS = { spot: null, cutout: null, clear: null };

// Ads of campaigns that this browser started can be edited.
export const canEdit = (campaign) => Boolean(findRequest(campaign));

// Whether the file of an ad's photo must be chosen before it can be edited.
export const needsPhoto = (campaign, ad) => !findEdit(campaign, ad)?.photo && !findFile(campaign, ad.photo_uri);

// campaign: {id, name}. chosen: the file of the ad's photo where this browser does not keep it.
// Returns the error, or null.
export async function editAd(campaign, ad, chosen = null) {
  if (readState().running) return BUSY;
  const made = await fetchJson(`api/campaigns/${ad.job}/ads/${ad.position}`);
  if (made.kind !== "ad") return made;
  const photo = findEdit(campaign.id, ad)?.photo ?? (await findPhoto(campaign.id, ad, chosen));
  if (!photo) return OTHER;
  const version = await showVersion(made, { form: createForm(campaign, ad, made, photo), photo });
  for (const key of [ad.picture, findEdit(campaign.id, ad)?.version]) carryChecks(key, version.id, true);
  return null;
}

// Returns the photo of an ad as a version has it; null where the chosen file is another one.
async function findPhoto(campaign, ad, chosen) {
  const kept = findFile(campaign, ad.photo_uri);
  const file = chosen ?? (await loadBlob(kept));
  if (!file || (chosen && !(await isSame(chosen, ad.photo_uri)))) return null;
  return { id: chosen ? saveBlob(chosen) : kept, name: ad.photo || "photo", type: file.type, size: file.size, preview: true };
}

// Browsers hash on this machine and over HTTPS alone; elsewhere any file is taken.
async function isSame(file, hash) {
  if (!crypto.subtle) return true;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((each) => each.toString(16).padStart(2, "0")).join("") === hash;
}

// Returns the form that makes the ad: that of its last edit, or that of its campaign.
function createForm(campaign, ad, made, photo) {
  const { form, table } = findRequest(campaign.id);
  const size = `${ad.width}x${ad.height}`;
  const place = { campaign: campaign.id, title: campaign.name, number: ad.at, photo: photo.id, name: ad.photo, side: made.cutout_side };
  const edit = findEdit(campaign.id, ad);
  const base = edit?.form
    ?? { ...form, ...ONLY_ADS, ...chooseScene(form, ad), clear: isClear(campaign.id, ad) ? photo.id : null, sizes: [size], profileSize: form.profile ? size : "", ...(table ? made.words : {}) };
  // An ad that was made again has other words than its form, and maybe another size and scene.
  const again = edit?.words ? { sizes: [size], ...chooseScene(base, ad), ...pickWords(edit.words) } : {};
  return { ...base, ...again, place };
}

const pickWords = ({ headline, call }) => Object.fromEntries(Object.entries({ headline, call }).filter(([, words]) => words));

// A row of a table with a scene of its own has no backdrop.
function chooseScene(form, { prompt }) {
  const hasBackdrop = form.backdrop && listScenes(form)[0] === prompt;
  return hasBackdrop ? { prompt: form.prompt, backdrop: form.backdrop } : { prompt, light: "", backdrop: null };
}

// Returns the version that is shown.
async function showVersion({ words, cutout_side: side, ...ad }, { form, photo }) {
  updateState({ mode: "ad" });
  // Read with the photo, as what corrects its cut-out is about that one.
  updateState({ variants: null, form, photo, seed: ad.seed });
  const options = { ...readForm(form), seed: ad.seed };
  const version = await createVersion({ ad, options, form, photo, previews: {}, duration: "" });
  hideStages();
  await addVersion({ ...version, isCopy: true });
  announce("The ad of the campaign is opened in One ad.");
  find("#result").focus({ preventScroll: true });
  find("#result").scrollIntoView({ block: "start" });
  return version;
}
