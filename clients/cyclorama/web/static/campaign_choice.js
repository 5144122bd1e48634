// The ads of a campaign that are chosen, and what is done with all of them at once.

import { askAgain } from "./campaign_again.js";
import { canEdit } from "./campaign_edit.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { plural } from "./form.js";
import { readState, updateState } from "./store.js";

// Campaigns of which it is kept which ads are left out. More: each change takes longer to keep.
const MOST = 12;

// Returns the addresses of the pictures of ads that a campaign is left without.
const listLeftOut = (id) => readState().leftOut[id] ?? [];

export const isLeftOut = (id, ad) => listLeftOut(id).includes(ad.picture);

// Returns the numbers of chosen cards.
export const listChosen = (tiles) => tiles.flatMap((tile, at) => (find(".choose input", tile).checked ? [at] : []));

// Shows the bar for the chosen cards. show(): shows what a change makes of them; follow(): follows the
// campaign once more.
export function showChoice({ campaign, ads, tiles, show, follow }) {
  const chosen = listChosen(tiles);
  for (const [at, tile] of tiles.entries()) tile.classList.toggle("chosen", chosen.includes(at));
  const bar = find("#campaign-chosen");
  bar.hidden = !chosen.length;
  find("#campaign-left-out").hidden = !listLeftOut(campaign.id).length;
  showLeftOut(campaign, show);
  if (!chosen.length) return replaceContent(bar);
  const button = (id, text, act) => element("button", { type: "button", class: "plain", id, onclick: act }, text);
  const clear = () => { for (const tile of tiles) find(".choose input", tile).checked = false; show(); };
  return replaceContent(bar, element("strong", {}, `${chosen.length} chosen`),
    element("a", { class: "primary", id: "chosen-zip", href: addressZip(campaign.id, chosen), download: "" }, "Download"),
    canEdit(campaign.id) && button("chosen-again", "Make again …", () => askAgain(campaign, chosen.map((at) => ads[at]), () => { clear(); follow(); })),
    button("chosen-drop", "Leave out", () => { leaveOut(campaign.id, chosen.map((at) => ads[at])); clear(); }),
    button("chosen-all", "Choose all", () => { for (const tile of tiles) if (isShown(tile)) find(".choose input", tile).checked = true; show(); }),
    button("chosen-none", "Choose none", () => { clear(); find("#campaign-zip").focus(); }));
}

const isShown = (tile) => !tile.hidden && !find(".choose input", tile).hidden && tile.checkVisibility();

function leaveOut(id, ads) {
  const { [id]: before = [], ...others } = readState().leftOut;
  const entries = [...Object.entries(others).slice(1 - MOST), [id, [...before, ...ads.map(({ picture }) => picture)]]];
  updateState({ leftOut: Object.fromEntries(entries) });
  announce(`${plural(ads.length, "ad")} ${ads.length === 1 ? "is" : "are"} left out.`);
}

function showLeftOut({ id }, show) {
  const count = listLeftOut(id).length;
  const putBack = () => { const { [id]: dropped, ...others } = readState().leftOut; updateState({ leftOut: others }); show(); find("#campaign-zip").focus(); };
  replaceContent(find("#campaign-left-out"), count ? [`${plural(count, "ad")} ${count === 1 ? "is" : "are"} left out, here and in the download. `,
    element("button", { type: "button", class: "link", onclick: putBack }, "Put back")] : null);
}

// Returns the address of a zip. numbers: of its ads, ascending; null for all of the campaign.
export const addressZip = (id, numbers) => `campaigns/${id}/ads.zip${numbers ? `?ads=${formatRanges(numbers)}` : ""}`;

// Formats ascending numbers such as 0, 1, 2, 5 as "0-2,5".
function formatRanges(numbers) {
  const ranges = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join();
}

