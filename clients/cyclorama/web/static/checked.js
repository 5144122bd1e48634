// What a person looked at and called right: measurements of ads, kept in this browser.

import { readState, updateState } from "./store.js";

// Ads whose checks are kept. More: older ones stay, and each change takes longer to keep.
const MOST = 300;
const READY = "Ready";
const BY_PERSON = "Ready, checked by you";
// Name of the measurement of how much the scene shows through a product.
export const SEEN_THROUGH = "transparency";
// Name of that of a side that was cut off straight.
export const CUT_STRAIGHT = "straight_cut";
// Measurements that are about the cut-out alone, however it is placed.
export const CUTOUT = ["cutout_confidence", "leftovers", "soft_leftovers", "outline", "crumbs", "straight_cut"];
export const LABEL = "Look at this: ";
// Names of measurements of the product and its cut-out, which are the same in another scene.
const OF_PRODUCT = ["cutout_confidence", "cut_off", SEEN_THROUGH, "leftovers", "soft_leftovers", "outline", "crumbs", "straight_cut", "enlargement", "softness"];

// key: of an ad, the id of its version or the address of its picture, or {ad, cutout} with a key of its
// cut-out, which other versions have as well. Returns names of measurements.
export const readChecked = (key) => listKeys(key).flatMap((each) => readState().checked[each] ?? []);

export function check(key, names) {
  updateState({ checked: names.reduce((checked, name) => addName(checked, chooseKey(key, name), name), readState().checked) });
}

// What was called right of an ad is so of another one too; isSameScene: whether all of it, or only what
// is about the product.
export function carryChecks(from, to, isSameScene = false) {
  const carried = readChecked(from).filter((name) => isSameScene || OF_PRODUCT.includes(name));
  if (carried.length) check(to, carried);
}

// Takes back that a measurement is right; name: null for all of the ad.
export function uncheck(key, name = null) {
  const checked = { ...readState().checked };
  for (const each of listKeys(key)) {
    const left = name ? (checked[each] ?? []).filter((other) => other !== name) : [];
    if (left.length) checked[each] = left;
    else delete checked[each];
  }
  updateState({ checked });
}

const listKeys = (key) => (typeof key === "string" ? [key] : Object.values(key ?? {}).filter(Boolean));

// What is right about a cut-out is so in each ad that has it.
const chooseKey = (key, name) => (typeof key === "string" ? key : CUTOUT.includes(name) ? key.cutout : key.ad);

function addName(checked, key, name) {
  const { [key]: before = [], ...others } = checked;
  return Object.fromEntries([...Object.entries(others).slice(1 - MOST), [key, [...new Set([...before, name])]]]);
}

// Returns {ready, verdict, looks} of an ad without what was called right. wanted: names of
// measurements of what the user asked for. Ads of an earlier page have no looks.
export function judgeAd(ad, key, wanted = []) {
  const { looks = [], ready, verdict } = ad;
  const checked = readChecked(key);
  const left = looks.filter(({ name }) => !checked.includes(name) && !wanted.includes(name));
  if (left.length === looks.length) return { ready, verdict, looks };
  const isLight = left.reduce((sum, { weight }) => sum + weight, 0) < 1;
  if (!isLight) return { ready: false, verdict: LABEL + left[0].reason, looks: left };
  const isChecked = looks.some(({ name }) => checked.includes(name));
  return { ready: true, verdict: isChecked ? BY_PERSON : READY, looks: [] };
}

// Returns whether a person can call all right that keeps an ad from being ready.
export const canCheck = ({ looks = [] }) => looks.length > 0 && looks.every(({ name }) => name);
