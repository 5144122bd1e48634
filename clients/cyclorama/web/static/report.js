// The report on an ad: its quality, a platform's rules, what is worth knowing, the pixel lock.

import { renderBrief } from "./brief.js";
import { element } from "./dom.js";

// Faults of an ad that are named; more are counted.
const MAX_LABELS = 3;
const MARKS = { pass: "✓", warn: "!", fail: "✕", unknown: "?" };
const MEANINGS = { pass: "Good", warn: "Warning", fail: "Not met", unknown: "Not known" };

export function renderReport(ad) {
  const chips = renderBrief(ad.understood, ad.left_out, ad.in_part);
  return [
    chips && element("div", { class: "brief" }, element("p", {}, ad.prompt), chips),
    element("div", { class: "cards" },
      renderQuality(ad),
      ad.profile ? card(ad.profile.passed ? "Meets the platform's rules" : "Does not meet the platform's rules", ad.profile.rules.map(renderMeasurement)) : null,
      ad.warnings.length ? card("Worth knowing", ad.warnings.map(renderWarning)) : null,
      element("div", { class: "card lock" }, mark(ad.lock.verdict),
        element("div", {}, element("h2", { id: "lock" }, ad.lock.title), element("p", {}, ad.lock.text)))),
  ];
}

export function renderQuality({ verdict, mark: text, reasons, quality }) {
  const by = (verdict) => quality.filter((each) => each.verdict === verdict);
  const [unknown, passed] = [by("unknown"), by("pass")];
  const faults = collectFaults({ quality });
  const shown = card(verdict ?? "Quality", faults.map(renderMeasurement));
  shown.id = "quality";
  shown.append(element("details", {}, element("summary", {}, "Mark of a strict reviewer"),
    element("p", { class: "reasons" }, [text, reasons].filter(Boolean).join(" "))));
  for (const [name, items] of [["not known", unknown], ["passed", passed]]) {
    if (items.length) shown.append(renderDetails(`${items.length} ${items.length === 1 ? "check" : "checks"} ${name}`, items));
  }
  return shown;
}

const renderDetails = (title, items) => element("details", {}, element("summary", {}, title),
  element("ul", { class: "measurements" }, items.map(renderMeasurement)));

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
    element("ul", { class: "measurements" }, faults.map(renderMeasurement), warnings.map(renderWarning)));
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

export function renderMeasurement(each) {
  return element("li", {}, mark(each.verdict),
    element("span", {}, element("strong", {}, `${each.label}. `), [each.text, each.remedy].filter(Boolean).join(" "),
      element("small", {}, each.detail)));
}

function mark(verdict) {
  return element("span", { class: "mark", "data-verdict": verdict, role: "img", "aria-label": MEANINGS[verdict] || "Note" }, MARKS[verdict] || "i");
}
