// Before and after: the photo and the ad under one slider, the product in the same place.

import { el } from "./dom.js";

export function compare(ad, photo) {
  const at = ad.photo_at;
  const before = at
    ? el("img", { class: "before", src: photo, alt: "" })
    : el("img", { class: "whole", src: photo, alt: "" });
  if (at) {
    for (const side of ["left", "top", "width", "height"]) before.style[side] = `${100 * at[side]}%`;
  }
  const box = el("div", { class: "canvas compare", "--ratio": ad.width / ad.height, "--at": "0%" },
    el("img", { class: "veil", src: photo, alt: "" }), before,
    el("img", { class: "fill after", src: ad.picture, alt: `The ad, ${ad.width} by ${ad.height} pixels` }),
    el("span", { class: "tag left" }, "Photo"), el("span", { class: "tag right" }, "Ad"),
    el("span", { class: "edge" }),
    el("input", {
      type: "range", min: 0, max: 100, step: 0.5, value: 0,
      "aria-label": "How much of the photo to show over the ad, in percent",
      oninput: (event) => slide(box, Number(event.target.value)),
    }));
  slide(box, 22);
  box.querySelector("input").value = 22;
  return box;
}

function slide(box, share) {
  box.style.setProperty("--at", `${share}%`);
  box.querySelector(".tag.left").hidden = share < 14;
  box.querySelector(".tag.right").hidden = share > 90;
}
