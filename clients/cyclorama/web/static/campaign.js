// Campaigns: starts, follows, shows, cancels and downloads them.

import { renderBrief } from "./brief.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { showError } from "./error.js";
import { readForm, validateForm } from "./form.js";
import { renderLook } from "./report.js";
import { STAGES } from "./stages.js";
import { loadBlob, readState, updateState } from "./store.js";
import { fetchJson, streamJson } from "./stream.js";
import { createBody, loadFiles, postJson } from "./upload.js";
import { openViewer } from "./viewer.js";

const STATES = {
  queued: "Waiting to start", running: "Running", succeeded: "Finished",
  partially_succeeded: "Finished with errors", failed: "Failed", cancelled: "Cancelled",
};
const TILES = { queued: "Waiting", running: "Running", failed: "Failed", cancelled: "Cancelled" };

let following = null;
let ads = [];
let tiles = [];
// Positions of the ads in the order in which they are shown, once the campaign has ended.
let order = null;

export async function startCampaign() {
  if (!validateForm()) return;
  find("#make").disabled = true;
  replaceContent(find("#campaign-failure"));
  const photo = await loadBlob(readState().photo.id);
  const options = readForm();
  const response = await postJson("api/campaigns", createBody(photo, options, await loadFiles(options)), showUpload);
  find("#make").textContent = "Make the campaign";
  find("#make").disabled = false;
  if (response.kind === "error") return showError(find("#campaign-failure"), response, startCampaign);
  followCampaign(response.id);
  find("#result").scrollIntoView({ block: "start" });
}

const showUpload = (fraction) => { find("#make").textContent = `Sending the photo, ${Math.round(100 * fraction)} %`; };

export async function followCampaign(id) {
  updateState({ campaign: id });
  following?.abort();
  const controller = following = new AbortController();
  tiles = [];
  order = null;
  replaceContent(find("#campaign"));
  replaceContent(find("#campaign-failure"));
  replaceContent(find("#recent"));
  history.replaceState(null, "", `#campaign=${id}`);
  try {
    for await (const event of streamJson(`api/campaigns/${id}/events`, { signal: controller.signal })) {
      if (event.kind === "error") showError(find("#campaign-failure"), event, () => followCampaign(id));
      else showCampaign(event);
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    return;
  }
  listRecent();
}

export async function listRecent() {
  const campaigns = await fetchJson("api/campaigns");
  if (!Array.isArray(campaigns) || !campaigns.length) return replaceContent(find("#recent"));
  const open = location.hash.replace("#campaign=", "");
  const others = campaigns.filter((each) => each.id !== open);
  replaceContent(find("#recent"), others.length ? element("div", { class: "recent" }, element("h2", {}, "Recent campaigns"),
    element("ul", { class: "card" }, others.map((each) => element("li", {},
      element("button", { type: "button", onclick: () => followCampaign(each.id) },
        element("span", {}, `${new Date(each.created).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`),
        element("small", {}, `${each.succeeded} of ${each.total} ads · ${STATES[each.state]}`)))))) : null);
}

function showCampaign(job) {
  if (!tiles.length) openGallery(job);
  find("#campaign-title").textContent = `${job.succeeded} of ${job.total} ads ready`;
  find("#campaign .meter").value = job.succeeded + job.failed;
  find("#campaign-status").textContent = `${STATES[job.state]}${job.failed ? `, ${job.failed} failed` : ""}. ${describeStages(job.stages)}`;
  find("#campaign-cancel").hidden = job.ended;
  find("#campaign-zip").hidden = !job.succeeded;
  ads = job.ads;
  ads.forEach((ad, at) => showTile(job, ad, at));
  if (job.review && !order) showReview(job.review);
  if (job.ended) announce(`${job.succeeded} of ${job.total} ads are ready.`);
}

function openGallery(job) {
  replaceContent(find("#campaign"),
    element("div", { class: "campaign-head" }, element("h2", { class: "large", id: "campaign-title" }),
      element("button", { type: "button", class: "plain", id: "campaign-cancel", onclick: () => cancelCampaign(job.id) }, "Cancel"),
      element("a", { class: "primary", id: "campaign-zip", href: `campaigns/${job.id}/all.zip`, download: "campaign.zip" }, "Download all")),
    element("progress", { class: "meter", max: job.total, value: 0, "aria-label": "Ads that are finished" }),
    element("p", {}, element("small", { id: "campaign-status" })),
    element("p", { class: "promise", id: "campaign-review" }),
    element("ol", { class: "looks", id: "looks", "aria-label": "Ads to look at, worst first" }),
    element("div", { class: "gallery" }, tiles = job.ads.map(createTile)));
}

// Puts the ads that need a person first, with reasons, then the others by rank.
function showReview(review) {
  order = [...review.look_at, ...review.rest];
  find("#campaign-review").textContent = review.text.replace(" %", "\u00a0%");
  replaceContent(find("#looks"), review.look_at.map((at) => renderLook(`Ad ${at + 1}`, ads[at], tiles[at])));
  const unfinished = tiles.filter((_, at) => !order.includes(at));
  replaceContent(find("#campaign .gallery"), review.rest.map((at) => tiles[at]), unfinished);
  for (const at of review.rest) find("figcaption", tiles[at]).append(` · ${ads[at].score} of 10`);
}

async function cancelCampaign(id) {
  const response = await fetchJson(`api/campaigns/${id}/cancel`, { method: "POST" });
  if (response.kind === "error") showError(find("#campaign-failure"), response, () => cancelCampaign(id));
  else showCampaign(response);
}

function createTile(ad) {
  return element("figure", { class: "tile" },
    element("button", { type: "button", disabled: true }),
    element("figcaption", {}, `${ad.width} × ${ad.height}`), element("p", {}, ad.prompt));
}

function showTile(job, ad, at) {
  const tile = tiles[at];
  if (tile.dataset.state === ad.state) return;
  tile.dataset.state = ad.state;
  const button = find("button", tile);
  const ready = ad.state === "succeeded";
  button.disabled = !ready;
  button.classList.toggle("pulse", ad.state === "running");
  if (!ready) replaceContent(button, TILES[ad.state]);
  else {
    const address = adAddress(job.id, at);
    button.onclick = () => openViewer(listFinished(job.id), address);
    replaceContent(button, element("img", { src: address, alt: `${ad.prompt}, ${ad.width} by ${ad.height}`, loading: "lazy" }));
  }
  if (ad.error) tile.append(element("p", { class: "bad" }, ad.error));
  const chips = renderBrief([], ad.left_out);
  if (chips) tile.append(chips);
}

const adAddress = (id, at) => `campaigns/${id}/${at}`;

const listFinished = (id) => (order ?? [...ads.keys()]).map((at) => ({ ...ads[at], address: adAddress(id, at) })).filter((ad) => ad.state === "succeeded");

// Describes how much was computed: "Computed: cut-out 1×, background 6×; 11 steps from the cache."
function describeStages(stages) {
  const computed = Object.keys(STAGES).filter((stage) => stages[stage]?.computed)
    .map((stage) => `${STAGES[stage][0].toLowerCase()} ${stages[stage].computed}×`);
  const cached = Object.values(stages).reduce((sum, each) => sum + each.cached, 0);
  if (!computed.length && !cached) return "";
  return `Computed: ${computed.join(", ") || "nothing"}${cached ? `; ${cached === 1 ? "1 step" : `${cached} steps`} from the cache` : ""}.`;
}
