// Campaigns: started, followed, shown as a gallery, cancelled, downloaded.

import { el, fill, one, tell } from "./dom.js";
import { showFailure } from "./failure.js";
import { complete, photoFile, wishes } from "./form.js";
import { STAGES } from "./stages.js";
import { ask, facts, posted } from "./stream.js";
import { openViewer } from "./viewer.js";

const STATES = {
  queued: "Waiting to start", running: "At work", succeeded: "Finished", failed: "Finished with failures", cancelled: "Cancelled",
};
const TILES = { queued: "Waiting", running: "At work", failed: "Failed", cancelled: "Cancelled" };

let following = null;
let tiles = [];

export async function start() {
  if (!complete()) return;
  one("#make").disabled = true;
  fill(one("#campaign-failure"));
  const answer = await ask("api/campaigns", posted(photoFile(), wishes()));
  one("#make").disabled = false;
  if (answer.kind === "failure") return showFailure(one("#campaign-failure"), answer, start);
  follow(answer.id);
  one("#result").scrollIntoView({ block: "start" });
}

export async function follow(id) {
  following?.abort();
  const mine = following = new AbortController();
  tiles = [];
  fill(one("#campaign"));
  fill(one("#campaign-failure"));
  fill(one("#recent"));
  history.replaceState(null, "", `#campaign=${id}`);
  try {
    for await (const fact of facts(`api/campaigns/${id}/events`, { signal: mine.signal })) {
      if (fact.kind === "failure") showFailure(one("#campaign-failure"), fact, () => follow(id));
      else show(fact);
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    return;
  }
  listRecent();
}

export async function listRecent() {
  const found = await ask("api/campaigns");
  if (!Array.isArray(found) || !found.length) return fill(one("#recent"));
  const open = location.hash.replace("#campaign=", "");
  const others = found.filter((each) => each.id !== open);
  fill(one("#recent"), others.length ? el("div", { class: "recent" }, el("h2", {}, "Recent campaigns"),
    el("ul", { class: "card" }, others.map((each) => el("li", {},
      el("button", { type: "button", onclick: () => follow(each.id) },
        el("span", {}, `${new Date(each.created).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`),
        el("small", {}, `${each.done} of ${each.total} ads · ${STATES[each.state]}`)))))) : null);
}

function show(job) {
  if (!tiles.length) open(job);
  one("#campaign-title").textContent = `${job.done} of ${job.total} ads ready`;
  one("#campaign .meter").value = job.done + job.failed;
  one("#campaign-told").textContent = `${STATES[job.state]}${job.failed ? `, ${job.failed} failed` : ""}. ${work(job.stages)}`;
  one("#campaign-cancel").hidden = job.ended;
  one("#campaign-zip").hidden = !job.done;
  job.ads.forEach((ad, at) => showTile(job, ad, at));
  if (job.ended) tell(`${job.done} of ${job.total} ads are ready.`);
}

function open(job) {
  fill(one("#campaign"),
    el("div", { class: "campaign-head" }, el("h2", { class: "large", id: "campaign-title" }),
      el("button", { type: "button", class: "plain", id: "campaign-cancel", onclick: () => stop(job.id) }, "Cancel"),
      el("a", { class: "primary", id: "campaign-zip", href: `campaigns/${job.id}/all.zip`, download: "campaign.zip" }, "Download all")),
    el("progress", { class: "meter", max: job.total, value: 0, "aria-label": "Ads that are finished" }),
    el("p", {}, el("small", { id: "campaign-told" })),
    el("div", { class: "gallery" }, tiles = job.ads.map(tile)));
}

async function stop(id) {
  const answer = await ask(`api/campaigns/${id}/cancel`, { method: "POST" });
  if (answer.kind === "failure") showFailure(one("#campaign-failure"), answer, () => stop(id));
  else show(answer);
}

function tile(ad) {
  return el("figure", { class: "tile" },
    el("button", { type: "button", disabled: true }),
    el("figcaption", {}, `${ad.width} × ${ad.height}`), el("p", {}, ad.prompt));
}

function showTile(job, ad, at) {
  const made = tiles[at];
  if (made.dataset.state === ad.state) return;
  made.dataset.state = ad.state;
  const button = one("button", made);
  const ready = ad.state === "succeeded";
  button.disabled = !ready;
  button.classList.toggle("pulse", ad.state === "running");
  if (!ready) fill(button, TILES[ad.state]);
  else {
    const address = `campaigns/${job.id}/${at}`;
    button.onclick = () => openViewer(tiles.filter((each) => each.dataset.state === "succeeded").map((each) => one("img", each).src), one("img", made).src);
    fill(button, el("img", { src: address, alt: `${ad.prompt}, ${ad.width} by ${ad.height}`, loading: "lazy" }));
  }
  if (ad.error) made.append(el("p", { class: "bad" }, ad.error));
}

// How much was shared: "Made: cut-out 1×, background 6×; 11 steps shared or kept from before."
function work(stages) {
  const computed = Object.keys(STAGES).filter((stage) => stages[stage]?.computed)
    .map((stage) => `${STAGES[stage][0].toLowerCase()} ${stages[stage].computed}×`);
  const cached = Object.values(stages).reduce((sum, each) => sum + each.cached, 0);
  if (!computed.length && !cached) return "";
  return `Made: ${computed.join(", ") || "nothing anew"}${cached ? `; ${cached === 1 ? "1 step" : `${cached} steps`} shared or kept from before` : ""}.`;
}
