// What variants of an ad differ in: where words and product are, how large the product is, the style
// of the words, and the light where the scene is described without one. What was chosen stays.

import { listLights } from "./looks.js";
import { TEXT_LOOKS } from "./text_looks.js";

// Width by height from which an ad has room for words next to the product alone, and up to which it
// has none there.
const WIDE = 1.5;
const TALL = 0.7;
// Sizes of the product in percent of the usual one.
const SMALL = 72;
// Compositions by the shape of the ad, most different first: {name, anchor, scale}.
const COMPOSITIONS = {
  wide: [
    { name: "Words at the right", anchor: "right" },
    { name: "More air", anchor: "top_left", scale: SMALL },
    { name: "Words below", anchor: "bottom_right" },
  ],
  tall: [
    { name: "Words below", anchor: "bottom" },
    { name: "More air", anchor: "top_left", scale: SMALL },
    { name: "Words at the lower left", anchor: "bottom_left" },
  ],
  usual: [
    { name: "Words at the left", anchor: "left" },
    { name: "More air", anchor: "top_left", scale: SMALL },
    { name: "Words at the right", anchor: "right" },
  ],
};
// Those of ads without words: where the product is.
const WORDLESS = [
  { name: "Product at the left", place: "bottom_left" },
  { name: "Closer", scale: 130 },
  { name: "Product at the right", place: "bottom_right" },
];
// Styles of the words, most different from the automatic one of most scenes first.
const STYLES = ["editorial", "poster", "light", "modern"];

// Returns {name, form} of each variant, the first as it is described. ratio: width by height of the
// ad. isPlaced: whether the product stays where it was put by hand.
export function listVariations(form, prompt, ratio, count, isPlaced) {
  const lights = listLights(prompt, form.light);
  const compositions = isPlaced ? [] : listCompositions(form, ratio);
  const styles = canRestyle(form) ? STYLES : [];
  const vary = (at) => {
    const [composition, style, light] = [compositions, styles, lights].map((list) => list[at]);
    const title = TEXT_LOOKS.find(({ value }) => value === style)?.title;
    const names = [composition?.name, title && `${title} style`, light?.[0]].filter(Boolean);
    return { name: names.join(" · ") || "New scene", form: changeForm(form, composition, style, light?.[1]) };
  };
  return [{ name: "As described", form }, ...Array.from({ length: count - 1 }, (_, at) => vary(at))];
}

const hasWords = ({ headline, call }) => Boolean(headline.trim() || call.trim());

// A place, style or font of the words that was chosen is kept, and so is a place of the product.
function listCompositions(form, ratio) {
  const sized = form.scale !== 100;
  if (form.anchor || form.lettering?.anchor) return [];
  const shape = ratio >= WIDE ? "wide" : ratio <= TALL ? "tall" : "usual";
  const all = hasWords(form) ? COMPOSITIONS[shape] : WORDLESS;
  return all.filter(({ scale }) => !(scale && sized));
}

const canRestyle = (form) => hasWords(form) && !form.lettering?.look && !form.lettering?.font;

// Returns a form without what a chosen variant changed in it: that was for its photo.
export const undoVariation = ({ varied, ...form }) => ({ ...form, light: "", ...varied, varied: null });

function changeForm(form, composition, style, light) {
  const { anchor, scale, lettering = null } = form;
  const changed = { ...form, light: light ?? form.light, varied: { anchor, scale, lettering, light: form.light } };
  if (composition?.scale) changed.scale = composition.scale;
  if (composition?.place) changed.anchor = composition.place;
  const words = { ...(composition?.anchor && { anchor: composition.anchor }), ...(style && { look: style }) };
  return Object.keys(words).length ? { ...changed, lettering: { ...form.lettering, ...words } } : changed;
}
