// The request of a campaign, as the server checks and submits it.

import { readForm } from "./form.js";

export const createUuid = () => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");

// photos: [{uri, names}]. table: a file, or null. id: a UUID, with which a repeated request starts
// nothing twice.
export function createRequest({ photos, table, id, name = "" }) {
  const body = new FormData();
  body.append("options", JSON.stringify({ ...readForm(), id, name, photos }));
  if (table) body.append("table", table);
  return body;
}
