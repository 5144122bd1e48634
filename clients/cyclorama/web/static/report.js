// The report on an ad: its files, the pixel lock, its quality, a platform's rules.

import { renderBrief } from "./brief.js";
import { element, formatBytes } from "./dom.js";

const MARKS = { pass: "✓", warn: "!", fail: "✕" };
const MEANINGS = { pass: "Good", warn: "Warning", fail: "Not met" };

export function renderReport(ad, warnings, duration) {
  const format = ad.format.toUpperCase();
  const chips = renderBrief(ad.understood, ad.left_out);
  return [
    chips && element("div", { class: "brief" }, element("p", {}, ad.prompt), chips),
    element("div", { class: "deliver" },
      element("span", { class: "details" }, `${ad.width} × ${ad.height} · ${format} · ${formatBytes(ad.bytes)} · made in ${duration}`),
      element("a", { class: "plain", href: ad.manifest, download: "ad.json" }, "Manifest"),
      element("a", { class: "plain", href: `ads.zip?key=${ad.key}`, download: "ad.zip" }, "Zip"),
      element("a", { class: "primary", id: "download", href: ad.picture, download: ad.picture.split("/").pop() }, `Download ${format}`)),
    element("div", { class: "cards" },
      element("div", { class: "card lock" }, mark(ad.lock.verdict),
        element("div", {}, element("h2", { id: "lock" }, ad.lock.title), element("p", {}, ad.lock.text))),
      warnings.length ? card("Worth knowing", "", warnings.map((text) => element("li", {}, mark(""), element("span", {}, text)))) : null,
      renderQuality(ad),
      ad.profile ? card(ad.profile.passed ? "Meets the platform's rules" : "Does not meet the platform's rules", "", ad.profile.rules.map(renderMeasurement)) : null),
  ];
}

function renderQuality(ad) {
  const measured = ad.quality.filter((each) => each.verdict !== "unknown");
  const warnings = measured.filter((each) => each.verdict !== "pass");
  const passed = measured.filter((each) => each.verdict === "pass");
  const title = warnings.length ? "Quality, with warnings" : "Quality, all checks passed";
  const quality = card(title, `${ad.score} of 100`, warnings.map(renderMeasurement));
  quality.id = "quality";
  quality.append(element("details", {},
    element("summary", {}, `${passed.length} checks passed`),
    element("ul", { class: "measurements" }, passed.map(renderMeasurement))));
  return quality;
}

function card(title, aside, items) {
  return element("div", { class: "card" },
    element("h2", {}, title, element("span", { class: "score" }, aside)),
    element("ul", { class: "measurements" }, items));
}

function renderMeasurement(each) {
  return element("li", {}, mark(each.verdict),
    element("span", {}, element("strong", {}, `${each.label}. `), each.text, element("small", {}, each.detail)));
}

function mark(verdict) {
  return element("span", { class: "mark", "data-verdict": verdict, role: "img", "aria-label": MEANINGS[verdict] || "Note" }, MARKS[verdict] || "i");
}
