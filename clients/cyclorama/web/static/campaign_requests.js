// What was asked for in the last campaigns, so that one of their photos can be replaced.

import { readState, updateState } from "./store.js";

// Campaigns whose requests are kept. More: photos of older ones can be replaced, and each change of
// the page takes longer to keep.
const MOST = 3;

// request: {id, name, options, table, photos}, as createRequest has them; photos with their
// thumbnails, thumb.
export function keepRequest(request) {
  const others = readState().campaignRequests.filter(({ id }) => id !== request.id);
  updateState({ campaignRequests: [...others, request].slice(-MOST) });
}

export const findRequest = (campaign) => readState().campaignRequests.find(({ id }) => id === campaign) ?? null;

export function dropRequest(campaign) {
  updateState({ campaignRequests: readState().campaignRequests.filter(({ id }) => id !== campaign) });
}

// Returns the id of the thumbnail of a photo of a campaign, or "".
export function findThumbnail(campaign, uri) {
  const known = [...findRequest(campaign)?.photos ?? [], ...readState().campaignPhotos];
  return known.find((photo) => photo.uri === uri && photo.thumb)?.thumb ?? "";
}
