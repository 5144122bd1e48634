// The ads of a campaign that a person must look at, grouped by their reason, which is said once.

import { element } from "./dom.js";
import { plural } from "./form.js";
import { collectFaults, renderFaults } from "./report.js";

const LABEL = "Look at this: ";

// looks: [{ad, tile}], worst first; tile: its element. Returns a section for each reason.
export function renderLooks(looks) {
  const groups = [...Map.groupBy(looks, ({ ad }) => ad.verdict.replace(LABEL, ""))];
  return groups.map(([reason, members]) => renderGroup(reason, members));
}

function renderGroup(reason, members) {
  const [main] = collectFaults(members[0].ad);
  return element("section", { class: "card look-group", "--count": members.length, "aria-label": `Look at ${plural(members.length, "ad")}` },
    element("h3", {}, `${plural(members.length, "ad")}: ${reason}`),
    main?.remedy ? element("p", { class: "remedy" }, main.remedy) : null,
    element("div", { class: "gallery" }, members.map(renderMember)));
}

// What else is wrong with an ad is below it.
function renderMember({ ad, tile }) {
  for (const each of tile.querySelectorAll(".faults")) each.remove();
  const [, ...others] = collectFaults(ad);
  const faults = renderFaults(others);
  if (faults) {
    faults.classList.add("faults");
    tile.append(faults);
  }
  return tile;
}
