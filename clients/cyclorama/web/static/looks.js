// The looks of variants: the scene as it is described, and the same scene in other light.

// Names and words of light that most scenes can have, most different first.
const DAY = [["Evening sun", "golden hour"], ["Leaf shadows", "leaf shadows"], ["Bright daylight", "bright daylight"], ["Soft morning", "soft morning light"]];
// Those of scenes that are dark by their place, which day would contradict.
const NIGHT = [["Spotlight", "spotlight"], ["Warm glow", "warm glow"], ["Cool light", "cool light"]];
const DARK_PLACES = /\b(night|midnight|neon|dark|moody|black|candle\w*|moon\w*|club|stage)\b/i;
const LIGHT = /\b(\w*light|lit|sun\w*|\w*shadows?|morning|noon|afternoon|evening|dusk|dawn|golden hour|sunny|sunset|glow|bokeh)\b/i;

// Returns {name, prompt} of each variant, the first as it is described.
export function describeLooks(prompt, count) {
  const [place, ...details] = prompt.split(",").map((part) => part.trim()).filter(Boolean);
  if (!place) return Array(count).fill({ name: "As described", prompt });
  const isDark = DARK_PLACES.test(place);
  // Another light takes the place of the one that is described.
  const kept = isDark ? details : details.filter((part) => !LIGHT.test(part));
  const looks = (isDark ? NIGHT : DAY).filter(([, words]) => !prompt.includes(words))
    .map(([name, words]) => ({ name, prompt: [place, ...kept, words].join(", ") }));
  return Array.from({ length: count }, (_, at) => looks[at - 1] ?? { name: "As described", prompt });
}
