// The ad of an earlier photo, which stays in view, marked as such, until the new photo has one.

import { element, find, replaceContent } from "./dom.js";
import { readState, subscribe } from "./store.js";
import { restoreVersion } from "./versions.js";

export function openEarlierAd() {
  subscribe(["photo", "current", "versions", "running"], render);
}

// Returns the version that is shown where it is of another photo than the one in use, or null.
export function findEarlier({ versions, current, photo, running }) {
  const version = versions.find(({ id }) => id === current);
  return version && !running && version.photo.id !== photo?.id ? version : null;
}

function render(state) {
  const earlier = findEarlier(state);
  find("#ad-view").toggleAttribute("data-earlier", Boolean(earlier));
  find("#earlier").hidden = !earlier;
  replaceContent(find("#earlier"), ...(earlier ? renderLabel(earlier, state.photo) : []));
}

const renderLabel = ({ photo: { name } }, photo) => [
  element("p", {}, element("strong", {}, `Earlier ad, of ${name}. `), describeNext(photo)),
  element("button", { type: "button", class: "link", id: "earlier-back", onclick: goBack }, `Back to ${name}`),
];

const describeNext = (photo) => (photo
  ? `${photo.name} has no ad yet: press Make the ad. Variants and All sizes come with it.`
  : "Choose a photo for the next one. Variants and All sizes come with it.");

function goBack() {
  const earlier = findEarlier(readState());
  if (earlier) restoreVersion(earlier);
  find("#result").focus({ preventScroll: true });
}
