// The report on an ad: its quality, a platform's rules, what is worth knowing, the pixel lock.

import { renderBrief } from "./brief.js";
import { check, judgeAd, readChecked, uncheck } from "./checked.js";
import { element } from "./dom.js";
import { linkSpot, renderPlaceButton, showSpots } from "./fault_spots.js";

// How the verdict on an ad that is ready goes on where it names what to check.
const NAMED = ". ";
// Faults of an ad that are named; more are counted.
const MAX_LABELS = 3;
const MARKS = { pass: "✓", warn: "!", fail: "✕", unknown: "?" };
const MEANINGS = { pass: "Good", warn: "Warning", fail: "Not met", unknown: "Not known" };

// Returns what a press can do about a fault: {label, act} of each.
let listActions = () => [];

export function setAdvice(list) {
  listActions = list;
}

// key: of the ad, for what is called right. wanted: names of measurements of what the user asked for.
export function renderReport(ad, key, wanted) {
  const chips = renderBrief(ad.understood, ad.left_out, ad.in_part);
  showSpots(listPlaced(ad, key, wanted), judgeAd(ad, key, wanted).looks.map(({ name }) => name));
  return [
    chips && element("div", { class: "brief" }, element("p", {}, ad.prompt), chips),
    element("div", { class: "cards" },
      renderQuality(ad, key, wanted),
      ad.profile ? card(ad.profile.passed ? "Meets the platform's rules" : "Does not meet the platform's rules", ad.profile.rules.map((each) => renderMeasurement(each))) : null,
      ad.warnings.length ? card("Worth knowing", ad.warnings.map(renderWarning)) : null,
      element("div", { class: "card lock" }, mark(ad.lock.verdict),
        element("div", {}, element("h2", { id: "lock" }, ad.lock.title), element("p", {}, ad.lock.text)))),
  ];
}

// Without a key nothing can be called right.
export function renderQuality(ad, key = null, wanted = []) {
  const { ready, verdict } = judgeAd(ad, key, wanted);
  const by = (wanted) => ad.quality.filter((each) => each.verdict === wanted);
  const faults = listFaults(ad, wanted);
  const isChecked = ({ name }) => readChecked(key).includes(name);
  const numbers = listPlaced(ad, key, wanted).map(({ name }) => name);
  const open = faults.filter((each) => !isChecked(each)).map((each) => renderFault(each, key, 1 + numbers.indexOf(each.name)));
  const shown = card(verdict ?? "Quality", ready ? [] : open);
  shown.id = "quality";
  if (ready && open.length) shown.append(renderSmall(open, !verdict.includes(NAMED)));
  const checked = faults.filter(isChecked);
  if (checked.length) shown.append(renderChecked(checked, key));
  if (!ready) shown.append(renderMark(ad));
  for (const [name, items] of [["not known", by("unknown")], ["passed", by("pass")]]) {
    if (items.length) shown.append(renderDetails(`${items.length} ${items.length === 1 ? "check" : "checks"} ${name}`, items));
  }
  return shown;
}

const listFaults = ({ quality }, wanted) => collectFaults({ quality: quality.filter(({ name }) => !wanted.includes(name)) });

// The faults that the ad has spots of. Those of an assessed picture, without a key, have none.
const listPlaced = (ad, key, wanted) => (key ? listFaults(ad, wanted).filter(({ name, place }) => place && !readChecked(key).includes(name)) : []);

// number: of its spot on the ad, 0 for none.
function renderFault(each, key, number) {
  if (!key) return renderMeasurement(each);
  const actions = listActions(each).map(({ label, act }) => element("button", { type: "button", class: "plain small", onclick: act }, label));
  const links = element("span", { class: "fault-links" }, number > 0 && renderPlaceButton(each, number), actions, renderCheck(each, key));
  const item = renderMeasurement(each, links);
  return number > 0 ? linkSpot(item, each.name) : item;
}

// What an ad is ready with is there for those who ask.
const renderSmall = (items, isClosed) => element("details", { class: "small-things", open: !isClosed },
  element("summary", {}, `${items.length} small ${items.length === 1 ? "thing" : "things"} to check`),
  element("ul", { class: "measurements" }, items));

const renderMark = ({ mark: text, reasons }) => element("details", {}, element("summary", {}, "Mark of a strict reviewer"),
  element("p", { class: "reasons" }, [text, reasons].filter(Boolean).join(" ")));

const renderCheck = ({ name, label }, key) => name
  && element("button", { type: "button", class: "link check-off", "data-name": name, "aria-label": `${label}: it looks right`, onclick: () => check(key, [name]) }, "It looks right");

const renderChecked = (faults, key) => element("ul", { class: "measurements checked" }, faults.map(({ name, label }) =>
  element("li", {}, mark("pass"), element("span", {}, `${label}: it looks right, checked by you. `,
    element("button", { type: "button", class: "link check-off", "data-name": name, "aria-label": `${label}: undo`, onclick: () => uncheck(key, name) }, "Undo")))));

const renderDetails = (title, items) => element("details", {}, element("summary", {}, title),
  element("ul", { class: "measurements" }, items.map((each) => renderMeasurement(each))));

// Returns what is wrong with an ad: rules of its platform and what lowers its mark, the worst first.
export function collectFaults({ profile, quality }) {
  const all = (profile?.rules ?? []).concat(quality);
  return ["fail", "warn"].flatMap((wanted) => all.filter(({ verdict }) => verdict === wanted));
}

// The names of faults, which open to all about them and to warnings; null without any.
export function renderFaults(faults, warnings = []) {
  if (!faults.length && !warnings.length) return null;
  return element("details", {},
    element("summary", {}, listLabels(faults) || "Worth knowing"),
    element("ul", { class: "measurements" }, faults.map((each) => renderMeasurement(each)), warnings.map(renderWarning)));
}

const renderWarning = (text) => element("li", {}, mark(""), element("span", {}, text));

// Lists the first faults, such as "Halo, Light side and 2 more".
function listLabels(faults) {
  const labels = faults.slice(0, MAX_LABELS).map(({ label }) => label).join(", ");
  return faults.length > MAX_LABELS ? `${labels} and ${faults.length - MAX_LABELS} more` : labels;
}

function card(title, items) {
  return element("div", { class: "card" },
    element("h2", {}, title),
    element("ul", { class: "measurements" }, items));
}

// action: a button for it, or null.
export function renderMeasurement(each, action = null) {
  return element("li", {}, mark(each.verdict),
    element("span", {}, element("strong", {}, `${each.label}. `), [each.text, each.remedy].filter(Boolean).join(" "),
      action && [" ", action], element("small", {}, each.detail)));
}

function mark(verdict) {
  return element("span", { class: "mark", "data-verdict": verdict, role: "img", "aria-label": MEANINGS[verdict] || "Note" }, MARKS[verdict] || "i");
}
