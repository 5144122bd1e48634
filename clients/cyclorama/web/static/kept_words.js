// Where the words of an ad are kept: a small change of its product leaves them as they are.

import { findCurrent } from "./versions.js";
import { registerPart } from "./form.js";
import { findSpot } from "./spots.js";
import { EMPTY_FORM, readState } from "./store.js";

// Fields that change the product, and not the words nor what is behind them.
const PRODUCT = ["spot", "cutout", "clear", "place"];

export function openKeptWords() {
  registerPart({ name: "words", read: (form) => readWords(form, readState()), onlyAds: true });
}

// Returns the box of the words of the version that is shown, {words_box} in pixels, where a form
// changes its product alone; {} for others. A product that is placed automatically again has others.
function readWords(form, state) {
  const version = findCurrent(state);
  const isSame = version?.ad.lettering && version.photo.id === state.photo?.id && describeRest(version.form) === describeRest(form);
  if (!isSame || (findSpot(version.form, version.photo) && !findSpot(form, state.photo))) return {};
  const { ad: { lettering, width, height } } = version;
  const box = [lettering.left * width, lettering.top * height, lettering.width * width, lettering.height * height];
  return { words_box: box.map(Math.round) };
}

const describeRest = (form) => JSON.stringify(Object.keys(EMPTY_FORM).filter((name) => !PRODUCT.includes(name)).map((name) => form[name] ?? EMPTY_FORM[name]));
