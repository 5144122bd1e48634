// Connects the parts of the page: first all listeners, then what the browser keeps, then data.

import { continueAd, makeAd, openAds } from "./ad.js";
import { openAdvice } from "./advice.js";
import { assessPicture, openAssessment } from "./assess.js";
import { followCampaign, openCampaigns, startCampaign } from "./campaign.js";
import { loadCampaignPhotos, openCampaignPhotos } from "./campaign_photos.js";
import { openCampaignTable } from "./campaign_table.js";
import { openBackdrop } from "./backdrop.js";
import { openBrand } from "./brand.js";
import { openBrandNote } from "./brand_note.js";
import { openCanvas } from "./canvas.js";
import { openContradictions } from "./contradictions.js";
import { openCutoutCheck } from "./cutout_check.js";
import { openCutouts } from "./cutout_offer.js";
import { find, findAll } from "./dom.js";
import { openEarlierAd } from "./earlier_ad.js";
import { openExample } from "./example.js";
import { openExport } from "./export.js";
import { loadFonts } from "./fonts.js";
import { loadForm, mode, openForm, setMode } from "./form.js";
import { openHealth } from "./health.js";
import { openKeptWords } from "./kept_words.js";
import { openLight } from "./light.js";
import { openLettering } from "./lettering.js";
import { openOneColumn } from "./one_column.js";
import { openPlacement } from "./placement.js";
import { loadPlatforms, openPlatforms } from "./platforms.js";
import { listRecent } from "./recent_campaigns.js";
import { openStore, readState, subscribe, updateState } from "./store.js";
import { continueVariants, openVariants } from "./variants.js";
import { openVeil } from "./veil.js";
import { openVersionStrip } from "./version_strip.js";
import { openVersions } from "./versions.js";
import { openWordsFields } from "./words_fields.js";

find("#form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (mode() === "campaign") startCampaign();
  else makeAd();
});
find("#assess-form").addEventListener("submit", (event) => { event.preventDefault(); assessPicture(); });
for (const each of findAll("[data-switch]")) each.addEventListener("click", () => enterMode(each.dataset.switch));
subscribe(["mode"], showMode);
openForm();
openWordsFields();
openExample();
openOneColumn();
openCanvas();
openAds();
openAdvice();
openVersions();
openVersionStrip();
openEarlierAd();
openCampaigns();
openAssessment();
openCampaignPhotos();
openCampaignTable();
openPlacement();
openKeptWords();
openCutoutCheck();
openCutouts();
openLight();
openVariants();
openVeil();
openBackdrop();
openLettering();
openBrand();
openBrandNote();
openContradictions();
openPlatforms();
openExport();

// A campaign is entered at its photos, however far the form of the ad was scrolled.
function enterMode(wanted) {
  setMode(wanted);
  if (wanted !== "campaign") return;
  find("#form").scrollTop = 0;
  if (find("#form").getBoundingClientRect().top < 0) find("#form").scrollIntoView({ block: "start" });
}

function showMode({ mode: shown }) {
  if (shown !== "campaign") return;
  find("#make").textContent = "Make the campaign";
  for (const id of ["#vary", "#cancel"]) find(id).hidden = true;
  find("#make").hidden = false;
  if (!find("#campaign").children.length) listRecent(followCampaign);
}

await openStore();
openHealth();
loadFonts();
loadPlatforms();
const linked = location.hash.match(/^#campaign=([\w-]+)$/)?.[1];
if (linked && linked !== readState().campaign) updateState({ mode: "campaign", campaign: linked });
const loaded = Promise.all([loadForm(), loadCampaignPhotos()]);
if (readState().campaign) followCampaign(readState().campaign, loaded);
continueAd();
continueVariants();
await loaded;
