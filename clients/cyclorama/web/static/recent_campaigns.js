// The list of recent campaigns, with names, thumbnails, state and counts.

import { STATES } from "./campaign_gallery.js";
import { element, find, replaceContent } from "./dom.js";
import { readState } from "./store.js";
import { fetchJson } from "./stream.js";

// open(id) shows a campaign.
export async function listRecent(open) {
  const campaigns = await fetchJson("api/campaigns");
  const others = Array.isArray(campaigns) ? campaigns.filter((each) => each.id !== readState().campaign) : [];
  replaceContent(find("#recent"), others.length ? element("section", { class: "recent", "aria-label": "Recent campaigns" },
    element("h2", {}, "Recent campaigns"),
    element("ul", { class: "card" }, others.map((each) => renderCampaign(each, open)))) : null);
}

function renderCampaign(campaign, open) {
  const { id, name, created, state, succeeded, total, failed } = campaign;
  const time = new Date(created).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const strip = element("span", { class: "thumbs" });
  if (succeeded) showThumbnails(id, strip);
  return element("li", {}, element("button", { type: "button", onclick: () => open(id) }, strip,
    element("span", { class: "recent-words" }, element("strong", {}, name || time),
      element("small", {}, [name && time, STATES[state], `${succeeded} of ${total} ads`, failed && `${failed} failed`].filter(Boolean).join(" · ")))));
}

async function showThumbnails(id, strip) {
  const { previews = [] } = await fetchJson(`api/campaigns/${id}/thumbnails`);
  replaceContent(strip, previews.map((src) => element("img", { src, alt: "", loading: "lazy", width: 44, height: 44 })));
}
