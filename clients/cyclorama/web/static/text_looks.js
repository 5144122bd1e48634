// The looks of text, each with the font and the letters in which its name is shown.

import { familyOf } from "./fonts.js";

export const TEXT_LOOKS = [
  { value: "", title: "Automatic" },
  { value: "modern", title: "Modern", family: familyOf("inter-semibold") },
  { value: "editorial", title: "Editorial", family: familyOf("noto-serif-display") },
  { value: "light", title: "Light", family: familyOf("commissioner-light"), letters: "spaced-capitals" },
  { value: "poster", title: "Poster", family: familyOf("fira-condensed"), letters: "capitals" },
];

export const findLookTitle = (value) => value && TEXT_LOOKS.find((look) => look.value === value)?.title;
