// The ads of a campaign that a person must look at, grouped by their reason, which is said once.

import { LABEL, canCheck, check } from "./checked.js";
import { element } from "./dom.js";
import { plural } from "./form.js";
import { collectFaults, renderFaults } from "./report.js";

// looks: [{ad, tile, judged}], worst first; tile: its element; judged: of judgeAd. Returns a section
// for each reason.
export function renderLooks(looks) {
  const groups = [...Map.groupBy(looks, ({ judged }) => judged.verdict.replace(LABEL, ""))];
  return groups.map(([reason, members]) => renderGroup(reason, members));
}

function renderGroup(reason, members) {
  const main = findMain(members[0]);
  return element("section", { class: "card look-group", "--count": members.length, "aria-label": `Look at ${plural(members.length, "ad")}` },
    element("h3", {}, `${plural(members.length, "ad")}: ${reason}`),
    main?.remedy ? element("p", { class: "remedy" }, main.remedy) : null,
    element("div", { class: "gallery" }, members.map(renderMember)));
}

// Returns the fault that a group is named after; one without a name is the worst.
function findMain({ ad, judged }) {
  const faults = collectFaults(ad);
  const name = judged.looks?.[0]?.name;
  return name ? faults.find((each) => each.name === name) : faults[0];
}

// What else is wrong with an ad is below it.
function renderMember(member) {
  const { ad, tile, judged } = member;
  for (const each of tile.querySelectorAll(".faults, .check-off")) each.remove();
  if (canCheck(judged)) tile.append(renderCheck(member));
  const main = findMain(member);
  const faults = renderFaults(collectFaults(ad).filter((each) => each !== main));
  if (faults) {
    faults.classList.add("faults");
    tile.append(faults);
  }
  return tile;
}

const renderCheck = ({ ad, judged }) => element("button", {
  type: "button", class: "link check-off", "data-name": ad.picture, "aria-label": `It looks right: ${ad.photo || ad.prompt}`,
  onclick: () => check(ad.picture, judged.looks.map(({ name }) => name)),
}, "It looks right");
