// The canvas: the finished ad, whole, which a press opens large, and the photo in its place.

import { announce, element, find, replaceContent } from "./dom.js";
import { attachSwitch } from "./press_switch.js";
import { subscribe } from "./store.js";
import { openViewer } from "./viewer.js";

// The ad that is shown: {address, name, file} of it.
let shown = null;

export function openCanvas() {
  attachSwitch(find("#compare"), { isOn: isPhotoShown, set: switchPhoto });
  subscribe(["running", "form"], () => showPhoto(false));
  // Keys press the product to move it.
  find("#viewing").addEventListener("click", ({ detail, target }) => { if (detail && target.closest("#canvas, .place-grip")) openLarge(); });
  find("#enlarge").addEventListener("click", openLarge);
}

// A product that is being moved stays under the pointer.
function openLarge() {
  if (shown && find("#canvas .after") && !find("#placement-editor").matches(".active, .moving")) openViewer([shown], shown.address);
}

// Shows elements in a box of the ratio of width to height, which fits into the window.
export function showCanvas(ratio, ...children) {
  find("#viewing").hidden = false;
  find("#viewing").style.setProperty("--ratio", ratio);
  replaceContent(find("#canvas"), ...children);
}

export const hideCanvas = () => { find("#viewing").hidden = true; };

// address, photo: those of the pictures; photo is "" where the browser cannot show it. file: the name
// of a download.
export function showAd(ad, address, photo, file) {
  shown = { address, name: `The ad, ${ad.width} × ${ad.height}`, file };
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
