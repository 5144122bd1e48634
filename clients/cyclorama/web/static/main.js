// Puts the page together.

import { cancel, make, openAds } from "./ad.js";
import { follow, listRecent, start } from "./campaign.js";
import { all, one } from "./dom.js";
import { mode, openForm, setMode } from "./form.js";
import { STAGES } from "./stages.js";
import { ask } from "./stream.js";

const LOOK_MILLISECONDS = 15000;

one("#form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (mode() === "campaign") start();
  else make();
});
one("#cancel").addEventListener("click", cancel);
for (const each of all("[data-switch]")) each.addEventListener("click", () => turn(each.dataset.switch));

function turn(wanted) {
  setMode(wanted);
  const word = wanted === "campaign" ? "Make the campaign" : null;
  if (word) {
    one("#make").textContent = word;
    for (const id of ["#vary", "#cancel"]) one(id).hidden = true;
    one("#make").hidden = false;
    if (!one("#campaign").children.length) listRecent();
  } else {
    document.dispatchEvent(new CustomEvent("turned"));
  }
}

async function look() {
  const answer = await ask("api/engines");
  const away = Object.keys(STAGES).filter((stage) => !answer.stages?.[stage]);
  const status = one("#status");
  const names = away.map((stage) => STAGES[stage][0].toLowerCase()).join(", ");
  status.dataset.state = away.length ? "bad" : "good";
  const text = !answer.stages ? answer.title : away.length ? `Not ready: ${names}` : "All stages are ready";
  if (status.textContent !== text) status.textContent = text;
}

await openForm();
openAds();
look();
setInterval(look, LOOK_MILLISECONDS);
const campaign = location.hash.match(/^#campaign=([\w-]+)$/);
if (campaign) { turn("campaign"); follow(campaign[1]); }
