// The request of a campaign, as the server checks and submits it.

import { readForm } from "./form.js";
import { loadFiles } from "./upload.js";

export const createUuid = () => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");

// photos: [{uri, names, clear}]; clear: whether the scene is seen through the product. table: a file, or null. id: a UUID, with which a repeated request starts
// nothing twice. options: of the form. replacement: {id, photo, uri} of a photo of an earlier
// campaign that is replaced, or null.
export async function createRequest({ photos, table, id, name = "", options = readForm(), replacement = null }) {
  const body = new FormData();
  const sent = photos.map(({ uri, names, clear = false }) => ({ uri, names, clear }));
  body.append("options", JSON.stringify({ ...options, id, name, photos: sent, replacement }));
  if (table) body.append("table", table);
  for (const [field, file] of Object.entries(await loadFiles(options))) if (file) body.append(field, file);
  return body;
}
