// What was asked for in the last campaigns, so that their photos can be replaced and their ads edited.

import { readState, updateState } from "./store.js";

// Campaigns whose requests are kept. More: photos of older ones can be replaced, and each change of
// the page takes longer to keep.
const MOST = 3;

// request: {id, name, options, table, photos}, as createRequest has them; photos with their
// thumbnails, thumb, and their files, file, "" where they are not kept. form: that it was made with.
// refused: why files of it are not used, a sentence for each.
// edits: {number, uri, form, photo, thumb, version, options, words} of ads that were put back or made
// again; version: its id; options: that made it; words: that it was made again with. Those that were
// only made again have no form, photo and version.
export function keepRequest(request) {
  const others = readState().campaignRequests.filter(({ id }) => id !== request.id);
  updateState({ campaignRequests: [...others, request].slice(-MOST) });
}

export const findRequest = (campaign) => readState().campaignRequests.find(({ id }) => id === campaign) ?? null;

// edit: of an ad that was put back or made again; uri: of the photo that the gateway got.
export function keepEdit(campaign, edit) {
  const request = findRequest(campaign);
  const others = (request.edits ?? []).filter(({ number }) => number !== edit.number);
  const thumb = request.photos.find(({ file }) => edit.photo && file === edit.photo.id)?.thumb ?? "";
  keepRequest({ ...request, edits: [...others, { ...edit, thumb }] });
}

// Returns the last edit of an ad, or null. Its photo may have been replaced since.
export const findEdit = (campaign, { at, photo_uri: uri }) =>
  (findRequest(campaign)?.edits ?? []).find((edit) => edit.number === at && edit.uri === uri) ?? null;

export function dropRequest(campaign) {
  updateState({ campaignRequests: readState().campaignRequests.filter(({ id }) => id !== campaign) });
}

// Return the id of the thumbnail, and of the file, of a photo of a campaign, or "".
export const findThumbnail = (campaign, uri) => findKept(campaign, uri, "thumb");
export const findFile = (campaign, uri) => findKept(campaign, uri, "file");

// Returns whether the scene is seen through the product of an ad's photo.
export const isClear = (campaign, { photo_uri: uri }) => Boolean(findRequest(campaign)?.photos.find((photo) => photo.uri === uri)?.clear);

function findKept(campaign, uri, name) {
  const { photos = [], edits = [] } = findRequest(campaign) ?? {};
  const edited = edits.map((edit) => ({ ...edit, file: edit.photo?.id ?? "" }));
  const known = [...photos, ...edited, ...readState().campaignPhotos];
  return known.find((photo) => photo.uri === uri && photo[name])?.[name] ?? "";
}
