// What a press can do about a fault: opens the tool for it, or changes a setting and makes the ad.

import { makeAd, pickSeed } from "./ad.js";
import { CUTOUT } from "./checked.js";
import { openEditor } from "./cutout_editor.js";
import { isClear } from "./cutouts.js";
import { find } from "./dom.js";
import { setAdvice } from "./report.js";
import { readState, updateForm } from "./store.js";

const EDGES = [...CUTOUT, "halo"];
const PLACE = ["contact_gap", "base_slope", "centering", "crop", "product_share", "prop_scale", "empty_share"];
const SHADOW = ["contact_gap", "floating_base", "contact_beads", "glow"];
const VARY = ["light_side", "shadow_side", "view_mismatch"];
const TONED = ["contrast", "halo"];
const WORDS = ["legibility", "text_height"];
const SCENE = ["place", "things", "surroundings_chroma"];
// Words of the light that make a scene lighter or darker.
const TONES = [["Lighter scene", "bright daylight"], ["Darker scene", "dark moody light"]];
// The shadow that is tried in place of the one in use.
const NEXT_SHADOW = { "": "contact", contact: "cast", cast: "", none: "" };

export function openAdvice() {
  setAdvice(listActions);
}

// Returns {label, act} of each press that helps about a fault, the most fitting first.
function listActions({ name, photo_place: place }) {
  const { form } = readState();
  return [
    name === "transparency" && { label: "Make it opaque", act: () => change({ clear: null }), isFor: isClear(form, readState().photo) },
    PLACE.includes(name) && { label: "Move the product", act: moveProduct },
    SHADOW.includes(name) && { label: "Try another shadow", act: () => change({ shadow: NEXT_SHADOW[form.shadow] ?? "" }) },
    ...(TONED.includes(name) ? listTones(form) : []),
    VARY.includes(name) && !form.backdrop && { label: "Try a new variation", act: () => makeAd({ seed: pickSeed() }) },
    name === "color_shift" && !form.locked && { label: "Keep the photo's colors", act: () => change({ locked: true }) },
    WORDS.includes(name) && { label: "Change the words' look", act: () => openField("#lettering-part button, #lettering-part input, #headline") },
    EDGES.includes(name) && { label: "Fix the cut-out", act: () => openEditor({ place }) },
    SCENE.includes(name) && !form.backdrop && { label: "Describe it in other words", act: () => openField("#prompt") },
  ].filter((each) => each && each.isFor !== false);
}

// A scene that has the tone already is not offered it once more.
const listTones = ({ backdrop, light }) => (backdrop ? [] : TONES.filter(([, words]) => words !== light)
  .map(([label, words]) => ({ label, act: () => change({ light: words }) })));

function change(patch) {
  updateForm(patch);
  makeAd();
}

function moveProduct() {
  find("#viewing").scrollIntoView({ block: "center" });
  const toggle = find("#move");
  if (toggle.getAttribute("aria-pressed") !== "true") toggle.click();
}

function openField(selector) {
  const field = find(selector);
  field.closest("details")?.setAttribute("open", "");
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
}
