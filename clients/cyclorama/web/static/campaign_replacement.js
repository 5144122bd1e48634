// Replaces a photo of a campaign, by another file or as see-through: all of its ads are made again.

import { exchangePhoto, markClear } from "./campaign_photos.js";
import { createRequest, createUuid } from "./campaign_request.js";
import { findRequest, keepRequest } from "./campaign_requests.js";
import { loadTable } from "./campaign_table.js";
import { refuseFile } from "./photo.js";
import { DAMAGED, isDamaged } from "./picture_files.js";
import { saveBlob } from "./store.js";
import { createThumbnail } from "./thumbnails.js";
import { postJson } from "./upload.js";

const SAME = "This is the file that failed. Choose another one.";

// ad: one of the photo; seed: the lowest of the photo's ads. Returns the error, or null.
export async function replacePhoto(campaign, ad, file, seed) {
  const refusal = refuseFile(file) || ((await isDamaged(file)) ? DAMAGED : "");
  if (refusal) return refuse(file, refusal);
  const body = new FormData();
  body.append("photo", file);
  const sent = await postJson("api/photos", body);
  if (sent.kind !== "photo") return sent;
  if (sent.uri === ad.photo_uri) return refuse(file, SAME);
  const thumbnail = await createThumbnail(file);
  const photo = { uri: sent.uri, names: [file.name], thumb: thumbnail ? saveBlob(thumbnail) : "", file: saveBlob(file) };
  const error = await submitReplacement(campaign, ad, photo, seed);
  if (!error) exchangePhoto(ad.photo_uri, { ...photo, campaign }, file);
  return error;
}

// Makes the ads of a photo once more with a product that the scene is seen through, or is not; other
// arguments and result as of replacePhoto.
export async function clearPhoto(campaign, ad, seed, isClear) {
  const photo = findRequest(campaign).photos.find(({ uri }) => uri === ad.photo_uri);
  const error = await submitReplacement(campaign, ad, { ...photo, names: [], clear: isClear }, seed);
  if (!error) markClear(ad.photo_uri, isClear);
  return error;
}

const refuse = ({ name }, text) => ({ title: "", text: `${name}: ${text}`, advice: "" });

// photo: {uri, names, thumb, file, clear}, which takes the place of the one that the ad is of.
async function submitReplacement(campaign, ad, photo, seed) {
  const request = findRequest(campaign);
  const isOther = ({ uri }) => uri === ad.photo_uri || uri !== photo.uri;
  const photos = request.photos.filter(isOther)
    .map((each) => (each.uri === ad.photo_uri ? { ...each, ...photo, names: [...photo.names, ...each.names] } : each));
  const table = await loadTable(request.table);
  const options = table ? request.options : { ...request.options, seed };
  const replacement = { id: campaign, photo: ad.photo_uri, uri: photo.uri };
  const response = await postJson("api/campaigns", await createRequest({ ...request, id: createUuid(), photos, table, options, replacement }));
  if (response.kind === "error") return response;
  keepRequest({ ...request, photos });
  return null;
}
