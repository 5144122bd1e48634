// The looks of variants: the scene as it is described, and the same scene in other light.

// Names and words of light that most scenes can have, most different first.
const DAY = [["Evening sun", "golden hour"], ["Leaf shadows", "leaf shadows"], ["Bright daylight", "bright daylight"], ["Soft morning", "soft morning light"]];
// Those of scenes that are dark by their place, which day would contradict.
const NIGHT = [["Spotlight", "spotlight"], ["Warm glow", "warm glow"], ["Cool light", "cool light"]];
const DARK_PLACES = /\b(night|midnight|neon|dark|moody|black|candle\w*|moon\w*|club|stage)\b/i;
const LIGHT = /\b(\w*light|lit|sun\w*|\w*shadows?|morning|noon|afternoon|evening|dusk|dawn|golden hour|sunny|sunset|glow|bokeh)\b/i;

// Returns {name, light, prompt} of each variant, the first as it is described, in the light that the
// form has. light: words of a light, or "" for the one that is described.
export function describeLooks(prompt, count, light = "") {
  const own = { name: "As described", light, prompt: applyLight(prompt, light) };
  const lights = (isDark(prompt) ? NIGHT : DAY).filter(([, words]) => words !== light && !prompt.includes(words));
  const others = prompt.trim() ? lights.map(([name, words]) => ({ name, light: words, prompt: applyLight(prompt, words) })) : [];
  return Array.from({ length: count }, (_, at) => others[at - 1] ?? own);
}

// Returns the scene in another light, which takes the place of the one that is described.
export function applyLight(prompt, light) {
  const [place, ...details] = splitParts(prompt);
  if (!place || !light) return prompt;
  const kept = isDark(prompt) ? details : details.filter((part) => !LIGHT.test(part));
  return [place, ...kept, light].join(", ");
}

const splitParts = (prompt) => prompt.split(",").map((part) => part.trim()).filter(Boolean);

const isDark = (prompt) => DARK_PLACES.test(splitParts(prompt)[0] ?? "");
