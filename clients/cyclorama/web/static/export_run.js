// Makes the sizes of an export, several at a time.

import { expectStages } from "./ad_work.js";
import { describeAttempt } from "./attempts.js";
import { validateOptions } from "./contradictions.js";
import { choosePlace, describeCut, findMisfit } from "./export_fit.js";
import { nameFile } from "./file_names.js";
import { collectFaults } from "./report.js";
import { postInTurn } from "./request_turns.js";
import { createProgress } from "./stage_progress.js";
import { STAGES, describeAdsBefore } from "./stages.js";
import { loadBlob, readState, saveBlob, updateState } from "./store.js";
import { CONNECTION_ERROR } from "./stream.js";
import { createBody, loadFiles } from "./upload.js";

// As many as the gateway makes at a time in each step. More: they wait there, and other requests of
// the page find no connection, of which a browser has six.
export const AT_ONCE = 4;
// Attempts while Cyclorama is busy, and the pause between two.
const ATTEMPTS = 3;
const PAUSE_MILLISECONDS = 3000;
const LOST_FILE = { text: "A file is missing; choose it again.", advice: "" };
// Fields that are texts; the others are null without a value.
const TEXTS = ["headline", "call", "shadow"];
// Growth of a share that is shown. Smaller: smoother bars, and more changes to keep.
const MIN_GROWTH = 0.02;

// state.exported: null, or {version, options, photo, naming, placement, ratio, rows}. version: the id
// of the ad that is exported, with its options, its photo, what its files are named by, where its
// product is, and its width per height.
// rows: {platform: {name, title}, size, state, text, share, place, unfit}; state: "waiting",
// "running", "done" or "failed"; share: how much of it is made; place: "hand" or "automatic" where
// that was chosen; unfit: why the place by hand does not fit. Finished ones have {file, manifest, name,
// note, ready, verdict, looks, faults, warnings, misfit, instead, seconds} too; file, manifest: their
// ids. isLeftOut: whether the zip is without it.
export const isFinished = ({ file }) => Boolean(file);

// Pictures of the rows that are in the making, by their numbers, as far as they are.
const previews = new Map();

export const readPreview = (at) => previews.get(at);

export const changeRow = (at, patch) => {
  const { exported } = readState();
  updateState({ exported: { ...exported, rows: exported.rows.map((row, other) => (other === at ? { ...row, ...patch } : row)) } });
};

// Makes the rows that are not finished; throws an AbortError for the signal.
export async function makeSizes(signal) {
  const { rows } = readState().exported;
  const waiting = [...rows.keys()].filter((at) => !isFinished(rows[at]));
  for (const at of waiting) changeRow(at, { state: "waiting", text: "Waiting", share: 0 });
  const makeNext = async () => { while (waiting.length && !signal.aborted) await makeSize(waiting.shift(), signal); };
  await Promise.all(Array.from({ length: AT_ONCE }, makeNext));
}

async function makeSize(at, signal) {
  const { exported } = readState();
  const { options: base, photo, rows } = exported;
  const { platform, size } = rows[at];
  changeRow(at, { state: "running" });
  const start = performance.now();
  const { spot, stance, unfit, instead } = choosePlace(exported, rows[at]);
  const { options, note } = await fitOptions({ ...base, words_box: null, spot, stance, profile: platform.name, size, format: "" });
  const [file, files] = await Promise.all([loadBlob(photo.id), loadFiles(options)]);
  if (!file || Object.values(files).includes(null)) return failRow(at, LOST_FILE);
  const ad = await requestAd(at, createBody(file, options, files), signal);
  if (ad.kind === "error") return failRow(at, ad);
  const found = options.spot ? findMisfit(ad, exported) : "";
  if (found && !rows[at].place) return makeAutomatically(at, found, signal);
  return keepFile(at, ad, { note, misfit: found || unfit || describeCut(ad, exported), instead: found ? "automatic" : instead, seconds: (performance.now() - start) / 1000 });
}

// What only the finished size shows, such as where its ground is, has it made once more.
function makeAutomatically(at, unfit, signal) {
  changeRow(at, { unfit });
  return makeSize(at, signal);
}

// Returns the ad, or the error of the last attempt.
async function requestAd(at, body, signal) {
  let again = "";
  for (let attempt = 1; ; attempt++) {
    const last = await followSize(at, body, signal, again);
    if (last.kind === "ad" || !last.can_retry || attempt === ATTEMPTS) return last;
    again = describeAttempt(attempt + 1, last.title);
    changeRow(at, { text: again });
    await new Promise((resolve) => { setTimeout(resolve, PAUSE_MILLISECONDS); });
  }
}

// again: words that explain why the size is made again, where it is.
async function followSize(at, body, signal, again) {
  signal.throwIfAborted();
  const progress = createProgress();
  const { exported, durations } = readState();
  const expected = expectStages(exported.rows[at].size, durations, Boolean(exported.options.backdrop));
  for await (const event of postInTurn(body, signal)) {
    if (event.kind === "error" || event.kind === "ad") return event;
    if (event.kind === "queued") changeRow(at, { text: describeAdsBefore(event.queue_position) });
    if (event.preview && event.stage !== "segmentation") previews.set(at, event.preview);
    if (event.kind === "started") changeRow(at, { text: again || `${STAGES[event.stage][1]} …` });
    progress.follow(event);
    const { share } = progress.measureWork(expected);
    if (share >= (readState().exported.rows[at].share ?? 0) + MIN_GROWTH) changeRow(at, { share });
  }
  return CONNECTION_ERROR;
}

const pickShown = ({ understood, left_out, in_part }) => ({ understood, left_out, in_part });

const failRow = (at, { text, advice }) => changeRow(at, { state: "failed", text: `${text} ${advice.replaceAll("`", "")}` });

// Leaves out what the platform refuses, such as words; note: what was left out.
async function fitOptions(options) {
  const rejected = (await validateOptions(options)).filter((each) => each.rejected).flatMap(({ fields }) => fields);
  const fitted = { ...options };
  for (const field of rejected) fitted[field] = TEXTS.includes(field) ? "" : null;
  const hadWords = options.headline || options.call || options.logo;
  if (rejected.includes("logo")) fitted.font_file = null;
  return { options: fitted, note: rejected.includes("headline") && hadWords ? "Without words, which the platform does not take." : "" };
}

async function keepFile(at, ad, own) {
  const [response, record] = await Promise.all([ad.picture, ad.manifest].map((address) => fetch(address)));
  if (!response.ok || !record.ok) return failRow(at, CONNECTION_ERROR);
  previews.delete(at);
  // An export of an earlier page was kept without its naming.
  const { rows, photo, naming = { photo } } = readState().exported;
  const [file, manifest] = (await Promise.all([response.blob(), record.blob()])).map(saveBlob);
  const { ready, verdict, warnings, looks } = ad;
  return changeRow(at, { ...own, state: "done", text: "", share: 1, file, manifest, looks, name: nameFile(ad, rows[at].platform, naming), ready, verdict, warnings, shown: pickShown(ad), faults: collectFaults(ad) });
}
