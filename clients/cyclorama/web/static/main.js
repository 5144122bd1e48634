// Connects the parts of the page.

import { cancelAd, makeAd, openAds } from "./ad.js";
import { assessPicture } from "./assess.js";
import { followCampaign, listRecent, startCampaign } from "./campaign.js";
import { find, findAll } from "./dom.js";
import { mode, openForm, setMode } from "./form.js";
import { STAGES } from "./stages.js";
import { fetchJson } from "./stream.js";

// Between two checks of the stages. Longer: the page shows later that one is down.
const CHECK_MILLISECONDS = 15000;

find("#form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (mode() === "campaign") startCampaign();
  else makeAd();
});
find("#assess-form").addEventListener("submit", (event) => { event.preventDefault(); assessPicture(); });
find("#cancel").addEventListener("click", cancelAd);
for (const each of findAll("[data-switch]")) each.addEventListener("click", () => switchMode(each.dataset.switch));

function switchMode(wanted) {
  setMode(wanted);
  const word = wanted === "campaign" ? "Make the campaign" : null;
  if (word) {
    find("#make").textContent = word;
    for (const id of ["#vary", "#cancel"]) find(id).hidden = true;
    find("#make").hidden = false;
    if (!find("#campaign").children.length) listRecent();
  } else {
    document.dispatchEvent(new CustomEvent("mode"));
  }
}

async function checkStages() {
  const response = await fetchJson("api/engines");
  const missing = Object.keys(STAGES).filter((stage) => !response.stages?.[stage]);
  const status = find("#status");
  const names = missing.map((stage) => STAGES[stage][0].toLowerCase()).join(", ");
  status.dataset.state = missing.length ? "bad" : "good";
  const text = !response.stages ? response.title : missing.length ? `Not ready: ${names}` : "All stages are ready";
  if (status.textContent !== text) status.textContent = text;
}

await openForm();
openAds();
checkStages();
setInterval(checkStages, CHECK_MILLISECONDS);
const campaign = location.hash.match(/^#campaign=([\w-]+)$/);
if (campaign) { switchMode("campaign"); followCampaign(campaign[1]); }
