// The example that the empty page shows: its photo and settings, made at a press.

import { makeAd } from "./ad.js";
import { find } from "./dom.js";
import { usePhoto } from "./photo.js";
import { updateForm } from "./store.js";

// Those of example.webp, which tools/pictures/example.py makes.
const EXAMPLE = { prompt: "terrazzo counter, palm leaf shadows, mediterranean", sizes: ["1024x1280"], headline: "Grown slowly" };

export function openExample() {
  find("#sample").addEventListener("click", async () => { await useSample(); find("#prompt").focus(); });
  find("#try-example").addEventListener("click", makeExample);
  find("#choose-photo").addEventListener("click", () => find("#photo").click());
}

async function makeExample() {
  updateForm(EXAMPLE);
  await useSample();
  await makeAd();
}

async function useSample() {
  const sample = await (await fetch("static/sample.jpg")).blob();
  usePhoto(new File([sample], "sample.jpg", { type: sample.type }));
}
