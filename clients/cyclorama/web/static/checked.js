// What a person looked at and called right: measurements of ads, kept in this browser.

import { readState, updateState } from "./store.js";

// Ads whose checks are kept. More: older ones stay, and each change takes longer to keep.
const MOST = 300;
const READY = "Ready";
const BY_PERSON = "Ready, checked by you";
// Name of the measurement of how much the scene shows through a product.
export const SEEN_THROUGH = "transparency";
export const LABEL = "Look at this: ";
// Names of measurements of the product and its cut-out, which are the same in another scene.
const OF_PRODUCT = ["cutout_confidence", "cut_off", SEEN_THROUGH, "leftovers", "soft_leftovers", "outline", "crumbs", "straight_cut", "enlargement", "softness"];

// key: of an ad, the id of its version or the address of its picture. Returns names of measurements.
export const readChecked = (key) => readState().checked[key] ?? [];

export function check(key, names) {
  const { [key]: before = [], ...others } = readState().checked;
  const entries = [...Object.entries(others).slice(1 - MOST), [key, [...new Set([...before, ...names])]]];
  updateState({ checked: Object.fromEntries(entries) });
}

// What was called right of an ad is so of another one too; isSameScene: whether all of it, or only what
// is about the product.
export function carryChecks(from, to, isSameScene = false) {
  const carried = readChecked(from).filter((name) => isSameScene || OF_PRODUCT.includes(name));
  if (carried.length) check(to, carried);
}

// Takes back that a measurement is right; name: null for all of the ad.
export function uncheck(key, name = null) {
  const { [key]: before = [], ...others } = readState().checked;
  const left = name ? before.filter((each) => each !== name) : [];
  updateState({ checked: left.length ? { ...others, [key]: left } : others });
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
