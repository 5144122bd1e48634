// Compares the photo and the ad with a slider; the product is in the same place in both.

import { element } from "./dom.js";

export function renderComparison(ad, photo) {
  const at = ad.photo_position;
  const before = at
    ? element("img", { class: "before", src: photo, alt: "" })
    : element("img", { class: "whole", src: photo, alt: "" });
  if (at) {
    for (const side of ["left", "top", "width", "height"]) before.style[side] = `${100 * at[side]}%`;
  }
  const box = element("div", { class: "canvas compare", "--ratio": ad.width / ad.height, "--at": "0%" },
    element("img", { class: "veil", src: photo, alt: "" }), before,
    renderAd(ad),
    element("span", { class: "tag left" }, "Photo"), element("span", { class: "tag right" }, "Ad"),
    element("span", { class: "edge" }),
    element("input", {
      type: "range", min: 0, max: 100, step: 0.5, value: 0,
      "aria-label": "How much of the photo to show over the ad, in percent",
      oninput: (event) => slide(box, Number(event.target.value)),
    }));
  slide(box, 22);
  box.querySelector("input").value = 22;
  return box;
}

// Shows the ad alone, where the browser cannot show the photo.
export function renderPicture(ad) {
  return element("div", { class: "canvas", "--ratio": ad.width / ad.height }, renderAd(ad));
}

const renderAd = (ad) => element("img", { class: "fill after", src: ad.picture, alt: `The ad, ${ad.width} by ${ad.height} pixels` });

function slide(box, share) {
  box.style.setProperty("--at", `${share}%`);
  box.querySelector(".tag.left").hidden = share < 14;
  box.querySelector(".tag.right").hidden = share > 90;
}
