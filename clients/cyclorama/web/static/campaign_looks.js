// The ads of a campaign that a person must look at: those of one reason together, which is said once.

import { LABEL, canCheck, check } from "./checked.js";
import { element, find, findAll } from "./dom.js";
import { plural } from "./form.js";
import { collectFaults, renderFaults } from "./report.js";

// looks: [{ad, tile, judged}], worst first; tile: its card; judged: of judgeAd. Returns a section for
// each reason that several ads have, and one for all others.
export function renderLooks(looks) {
  const groups = [...Map.groupBy(looks, ({ judged }) => judged.verdict.replace(LABEL, ""))];
  const several = groups.filter(([, members]) => members.length > 1);
  const single = groups.filter(([, members]) => members.length === 1).map(([reason, [member]]) => ({ ...member, reason }));
  return [...several.map(([reason, members]) => renderGroup(reason, members)), ...(single.length ? [renderSingle(single)] : [])];
}

function renderGroup(reason, members) {
  const main = findMain(members[0]);
  return element("section", { class: "card look-group", "aria-label": `Look at ${plural(members.length, "ad")}` },
    element("h3", {}, `${plural(members.length, "ad")}: ${reason}`),
    main?.remedy ? element("p", { class: "remedy" }, main.remedy) : null,
    element("div", { class: "gallery" }, members.map((member) => renderMember(member))));
}

const renderSingle = (members) => element("section", { class: "look-singles", "aria-label": `Look at ${plural(members.length, "ad")}` },
  element("div", { class: "gallery" }, members.map((member) => renderMember(member, renderWhy(member)))));

const renderWhy = (member) => element("div", { class: "why" }, element("strong", {}, capitalize(member.reason)),
  element("span", {}, findMain(member)?.remedy));

const capitalize = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

// Returns the fault that keeps an ad from being ready; one without a name is the worst.
export function findMain({ ad, judged }) {
  const faults = collectFaults(ad);
  const name = judged.looks?.[0]?.name;
  return name ? faults.find((each) => each.name === name) : faults[0];
}

// What else is wrong with an ad is below it. why: the reason, where it is not said above.
function renderMember(member, why = null) {
  const { ad, tile, judged } = member;
  clearReview(tile);
  if (why) find("figcaption", tile).after(why);
  if (canCheck(judged)) find(".edit", tile).after(renderCheck(member));
  const main = findMain(member);
  const faults = renderFaults(collectFaults(ad).filter((each) => each !== main));
  if (faults) {
    faults.classList.add("faults");
    find(".actions", tile).before(faults);
  }
  return tile;
}

// Removes what a review said of the ad of a card.
export function clearReview(tile) {
  for (const each of findAll(".faults, .check-off, .why", tile)) each.remove();
}

const renderCheck = ({ ad, judged }) => element("button", {
  type: "button", class: "plain check-off", "data-name": ad.picture, "aria-label": `It looks right: ${ad.photo || ad.prompt}`,
  onclick: () => check(ad.picture, judged.looks.map(({ name }) => name)),
}, "It looks right");
