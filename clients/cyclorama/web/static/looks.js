// The light of scenes: of variants, which may have another one, and of versions that keep theirs.

// Names and words of light that most scenes can have, most different first.
const DAY = [["Evening sun", "golden hour"], ["Leaf shadows", "leaf shadows"], ["Bright daylight", "bright daylight"], ["Soft morning", "soft morning light"]];
// Those of scenes that are dark by their place, which day would contradict.
const NIGHT = [["Spotlight", "spotlight"], ["Warm glow", "warm glow"], ["Cool light", "cool light"]];
const DARK_PLACES = /\b(night|midnight|neon|dark|moody|black|candle\w*|moon\w*|club|stage)\b/i;
const LIGHT = /\b(\w*light|lit|sun\w*|\w*shadows?|morning|noon|afternoon|evening|dusk|dawn|golden hour|sunny|sunset|glow|bokeh)\b/i;

// Returns [name, words] of the lights that a scene can have; none where it is described in one.
export function listLights(prompt, light = "") {
  if (light || !prompt.trim() || LIGHT.test(prompt)) return [];
  return isDark(prompt) ? NIGHT : DAY;
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
