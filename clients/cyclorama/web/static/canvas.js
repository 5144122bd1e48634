// The canvas: the finished ad, whole, and the photo in its place while a button or the ad is pressed.

import { element, find, replaceContent } from "./dom.js";

const RELEASES = ["pointerup", "pointerleave", "pointercancel", "blur"];

export function openCanvas() {
  const canvas = find("#canvas");
  const button = find("#compare");
  attachPress(button);
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
  return [element("img", { class: "veil", src: photo, alt: "" }), before];
}

function showPhoto(isPressed) {
  find("#canvas").classList.toggle("pressed", isPressed);
  find("#compare").setAttribute("aria-pressed", String(isPressed));
}

// The photo shows for as long as a pointer or a key holds the button. Assistive technology, which
// only clicks, switches it.
function attachPress(button) {
  const isKey = (event) => event.key === " " || event.key === "Enter";
  button.addEventListener("pointerdown", () => showPhoto(true));
  for (const release of RELEASES) button.addEventListener(release, () => showPhoto(false));
  button.addEventListener("keydown", (event) => { if (isKey(event)) { event.preventDefault(); showPhoto(true); } });
  button.addEventListener("keyup", (event) => { if (isKey(event)) { event.preventDefault(); showPhoto(false); } });
  button.addEventListener("click", (event) => { if (event.detail === 0) showPhoto(button.getAttribute("aria-pressed") !== "true"); });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}
