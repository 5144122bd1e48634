// The page before the first ad: what to do next, with examples of which one is made at a press.

import { makeAd } from "./ad.js";
import { find } from "./dom.js";
import { usePhoto } from "./photo.js";
import { listScenes } from "./scenes.js";
import { loadAddress, readState, subscribe, updateForm } from "./store.js";

// Those of example.webp, which tools/pictures/example.py makes.
const EXAMPLE = { prompt: "terrazzo counter, palm leaf shadows, mediterranean", sizes: ["1024x1280"], headline: "Grown slowly" };

// What is said until there is an ad, by what is still missing.
const NEXT = {
  photo: ["Turn one product photo into finished ads", "Add your photo, choose a scene, write a headline. Your product and its label stay as photographed: its colors take on a little of the scene's light; nothing else is changed."],
  scene: ["Now choose a scene", "Pick one of the pictures, or describe it in your own words. Headline and button are yours to add."],
  nothing: ["All set", "Press \u201cMake the ad\u201d. Whatever you change later, only that is made again."],
};

export function openExample() {
  subscribe(["photo", "form"], showNext);
  find("#sample").addEventListener("click", async () => { await useSample(); find("#prompt").focus(); });
  find("#try-example").addEventListener("click", makeExample);
  find("#choose-photo").addEventListener("click", () => find("#photo").click());
}

async function showNext({ photo, form }) {
  const [title, text] = NEXT[!photo ? "photo" : listScenes(form).length ? "nothing" : "scene"];
  find("#next-title").textContent = title;
  find("#next-text").textContent = text;
  for (const each of ["#first-steps", "#examples"]) find(each).hidden = Boolean(photo);
  const address = photo?.preview ? await loadAddress(photo.id) : "";
  if (photo?.id !== readState().photo?.id) return;
  find("#own-photo").hidden = !address;
  if (address) find("#own-photo").src = address;
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
