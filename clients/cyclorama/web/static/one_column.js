// One column, as on a phone: the ad comes before the form, and each is a press from the other.

import { element, find, replaceContent } from "./dom.js";
import { loadAddress, readState, subscribe } from "./store.js";

// As wide as theme.css has one column.
const narrow = matchMedia("(max-width: 960px)");

export function openOneColumn() {
  subscribe(["mode", "photo", "running", "current", "versions"], arrange);
  narrow.addEventListener("change", () => arrange(readState()));
  find("#to-form").addEventListener("click", () => goTo(find("#form"), find("#prompt")));
  find("#to-ad").addEventListener("click", () => goTo(find("#result"), find("#result")));
  new IntersectionObserver(([{ isIntersecting }]) => find("#to-form").classList.toggle("arrived", isIntersecting)).observe(find("#form"));
  arrange(readState());
}

function arrange(state) {
  const { mode, running, current } = state;
  const hasAd = mode === "ad" && Boolean(running || current);
  placeExample(state);
  placeResult(narrow.matches && hasAd);
  find("#to-form").hidden = !hasAd || Boolean(running);
  showThumb(state);
}

// Until there is a photo, the example comes first, as the form is longer than the screen.
function placeExample({ photo }) {
  const example = find("#ad-empty");
  const place = find(narrow.matches ? "main" : "#ad-view");
  example.classList.toggle("passed", narrow.matches && Boolean(photo));
  if (example.parentElement !== place) place.prepend(example);
}

// Only where it is not there yet: what is moved loses its focus and how far it is scrolled.
function placeResult(isFirst) {
  const [form, result] = [find("#form"), find("#result")];
  if (isFirst === (form.previousElementSibling === result)) return;
  if (isFirst) form.before(result);
  else find("#assess-form").after(result);
}

// The ad that is shown, small, at the button that updates it.
async function showThumb({ mode, running, versions, current }) {
  const version = versions.find(({ id }) => id === current);
  find("#to-ad").hidden = mode !== "ad" || !version || Boolean(running);
  const address = version ? await loadAddress(version.picture) : "";
  if (current === readState().current) replaceContent(find("#to-ad"), address && element("img", { src: address, alt: "" }));
}

function goTo(place, focused) {
  place.scrollIntoView({ block: "start" });
  focused.focus({ preventScroll: true });
}
