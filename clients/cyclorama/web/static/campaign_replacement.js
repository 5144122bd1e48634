// Replaces a photo of a campaign by another file, with which all of its ads are made again.

import { exchangePhoto } from "./campaign_photos.js";
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
  return submitReplacement(campaign, ad, { uri: sent.uri, file }, seed);
}

const refuse = ({ name }, text) => ({ title: "", text: `${name}: ${text}`, advice: "" });

async function submitReplacement(campaign, ad, { uri, file }, seed) {
  const request = findRequest(campaign);
  const thumbnail = await createThumbnail(file);
  const thumb = thumbnail ? saveBlob(thumbnail) : "";
  const kept = saveBlob(file);
  const photos = request.photos.filter((each) => each.uri !== uri)
    .map((each) => (each.uri === ad.photo_uri ? { uri, names: [file.name, ...each.names], thumb, file: kept } : each));
  const table = await loadTable(request.table);
  const options = table ? request.options : { ...request.options, seed };
  const replacement = { id: campaign, photo: ad.photo_uri, uri };
  const response = await postJson("api/campaigns", await createRequest({ ...request, id: createUuid(), photos, table, options, replacement }));
  if (response.kind === "error") return response;
  keepRequest({ ...request, photos });
  exchangePhoto(ad.photo_uri, { uri, file, kept, thumb, campaign });
  return null;
}
