// Makes the sizes of an export, one after the other, so that later ones find cached steps.

import { validateOptions } from "./contradictions.js";
import { nameFile } from "./export_sets.js";
import { STAGES } from "./stages.js";
import { loadBlob, readState, saveBlob, updateState } from "./store.js";
import { createBody, loadFiles, postForm } from "./upload.js";

const LOST = "The connection was lost.";
const LOST_FILE = "A file is missing; choose it again.";
// Fields that are texts; the others are null without a value.
const TEXTS = ["headline", "call", "shadow"];

// state.exported: null, or {version, options, photo, rows}. version: the id of the ad that is
// exported, with its options and its photo. rows: {platform: {name, title}, size, state, text, note,
// file, name}; state: "waiting", "running", "done" or "failed"; file: the id of the finished one.
export const isFinished = ({ file }) => Boolean(file);

const changeRow = (at, patch) => {
  const { exported } = readState();
  updateState({ exported: { ...exported, rows: exported.rows.map((row, other) => (other === at ? { ...row, ...patch } : row)) } });
};

// Makes the rows that are not finished; throws an AbortError for the signal.
export async function makeSizes(signal) {
  for (const at of readState().exported.rows.keys()) {
    if (!isFinished(readState().exported.rows[at])) await makeSize(at, signal);
  }
}

async function makeSize(at, signal) {
  const { options: base, photo, rows } = readState().exported;
  const { platform, size } = rows[at];
  const { options, note } = await fitOptions({ ...base, profile: platform.name, size, format: "" });
  const [file, files] = await Promise.all([loadBlob(photo.id), loadFiles(options)]);
  if (!file || Object.values(files).includes(null)) return failRow(at, LOST_FILE);
  changeRow(at, { state: "running", text: "Starting …" });
  for await (const event of postForm("api/ads", createBody(file, options, files), signal)) {
    if (event.kind === "error") return failRow(at, `${event.text} ${event.advice}`);
    if (event.kind === "started") changeRow(at, { text: `${STAGES[event.stage][1]} …` });
    if (event.kind === "ad") return keepFile(at, event, note);
  }
  return failRow(at, LOST);
}

const failRow = (at, text) => changeRow(at, { state: "failed", text });

// Leaves out what the platform refuses, such as words; note: what was left out.
async function fitOptions(options) {
  const rejected = (await validateOptions(options)).filter((each) => each.rejected).flatMap(({ fields }) => fields);
  const fitted = { ...options };
  for (const field of rejected) fitted[field] = TEXTS.includes(field) ? "" : null;
  const hadWords = options.headline || options.call || options.logo;
  if (rejected.includes("logo")) fitted.font_file = null;
  return { options: fitted, note: rejected.includes("headline") && hadWords ? ", without words" : "" };
}

async function keepFile(at, ad, note) {
  const response = await fetch(ad.picture);
  if (!response.ok) return failRow(at, LOST);
  const { rows, photo } = readState().exported;
  const file = saveBlob(await response.blob());
  return changeRow(at, { state: "done", text: "", note, file, name: nameFile(ad, rows[at].platform, photo) });
}
