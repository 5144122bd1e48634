// The example that the empty page shows: its photo and settings, to start from.

import { find } from "./dom.js";
import { usePhoto } from "./photo.js";
import { updateForm } from "./store.js";

// Those of example.webp, which tools/pictures/example.py makes.
const EXAMPLE = { prompt: "terrazzo counter, palm leaf shadows, mediterranean", sizes: ["1024x1280"], headline: "Grown slowly" };

// As wide as theme.css has one column.
const narrow = matchMedia("(max-width: 960px)");

export function openExample() {
  placeExample();
  narrow.addEventListener("change", placeExample);
  find("#sample").addEventListener("click", () => useSample("#prompt"));
  find("#try-example").addEventListener("click", () => { updateForm(EXAMPLE); useSample("#make"); });
}

// In one column it comes before the form, which is longer than the screen.
function placeExample() {
  const example = find("#ad-empty");
  if (narrow.matches) find("main").prepend(example);
  else find("#ad-view").prepend(example);
}

// focused: the selector of what to go on with.
async function useSample(focused) {
  const sample = await (await fetch("static/sample.jpg")).blob();
  usePhoto(new File([sample], "sample.jpg", { type: sample.type }));
  find(focused).focus();
}
