// The canvas: the finished ad, whole, and the photo in its place where a button or the ad is pressed.

import { announce, element, find, replaceContent } from "./dom.js";
import { attachSwitch } from "./press_switch.js";
import { subscribe } from "./store.js";

const RELEASES = ["pointerup", "pointerleave", "pointercancel", "blur"];

export function openCanvas() {
  const canvas = find("#canvas");
  const button = find("#compare");
  attachSwitch(button, { isOn: isPhotoShown, set: switchPhoto });
  subscribe(["running", "form"], () => showPhoto(false));
  // Fingers scroll the page with the picture; they press the button.
  canvas.addEventListener("pointerdown", (event) => { if (event.pointerType !== "touch" && event.button === 0) showPhoto(!button.hidden); });
  for (const release of RELEASES) canvas.addEventListener(release, () => showPhoto(false));
}

// Shows elements in a box of the ratio of width to height, which fits into the window.
export function showCanvas(ratio, ...children) {
  find("#viewing").hidden = false;
  find("#viewing").style.setProperty("--ratio", ratio);
  replaceContent(find("#canvas"), ...children);
}

export const hideCanvas = () => { find("#viewing").hidden = true; };

// address, photo: those of the pictures; photo is "" where the browser cannot show it.
export function showAd(ad, address, photo) {
  find("#compare").hidden = !photo;
  showPhoto(false);
  showCanvas(ad.width / ad.height, ...(photo ? renderPhoto(ad, photo) : []),
    element("img", { class: "fill after", src: address, alt: `The ad, ${ad.width} by ${ad.height} pixels` }));
}

// The product is in the same place in both, where that is known.
function renderPhoto(ad, photo) {
  const at = ad.photo_position;
  const before = element("img", { class: at ? "before" : "whole", src: photo, alt: "" });
  if (at) for (const side of ["left", "top", "width", "height"]) before.style[side] = `${100 * at[side]}%`;
  return [element("img", { class: "veil", src: photo, alt: "" }), before, element("span", { class: "before-mark" }, "Before: your photo")];
}

const isPhotoShown = () => find("#canvas").classList.contains("pressed");

function showPhoto(isShown) {
  find("#canvas").classList.toggle("pressed", isShown);
  find("#compare").setAttribute("aria-pressed", String(isShown));
}

function switchPhoto(isShown) {
  const wasShown = isPhotoShown();
  showPhoto(isShown);
  if (isShown !== wasShown) announce(isShown ? "Before: your photo." : "After: the ad.");
}
