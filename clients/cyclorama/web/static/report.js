// What is known of an ad: its files, the pixel lock, its quality, a platform's rules.

import { el, size } from "./dom.js";

const MARKS = { pass: "✓", warn: "!", fail: "✕" };
const MEANT = { pass: "Good", warn: "Look at this", fail: "Not met" };

export function report(ad, warnings, took) {
  const format = ad.format.toUpperCase();
  return [
    el("div", { class: "deliver" },
      el("span", { class: "facts" }, `${ad.width} × ${ad.height} · ${format} · ${size(ad.bytes)} · made in ${took}`),
      el("a", { class: "plain", href: ad.manifest, download: "ad.json" }, "Manifest"),
      el("a", { class: "plain", href: `ads.zip?key=${ad.key}`, download: "ad.zip" }, "Zip"),
      el("a", { class: "primary", id: "download", href: ad.picture, download: ad.picture.split("/").pop() }, `Download ${format}`)),
    el("div", { class: "cards" },
      el("div", { class: "card lock" }, mark(ad.lock.verdict),
        el("div", {}, el("h2", { id: "lock" }, ad.lock.title), el("p", {}, ad.lock.text))),
      warnings.length ? card("Worth knowing", "", warnings.map((text) => el("li", {}, mark(""), el("span", {}, text)))) : null,
      quality(ad),
      ad.profile ? card(ad.profile.passed ? "Meets the platform's rules" : "Does not meet the platform's rules", "", ad.profile.rules.map(finding)) : null),
  ];
}

function quality(ad) {
  const told = ad.quality.filter((each) => each.verdict !== "unknown");
  const doubts = told.filter((each) => each.verdict !== "pass");
  const fine = told.filter((each) => each.verdict === "pass");
  const title = doubts.length ? "Quality, with something to look at" : "Quality, nothing to fault";
  const made = card(title, `${ad.score} of 100`, doubts.map(finding));
  made.id = "quality";
  made.append(el("details", {},
    el("summary", {}, `${fine.length} checks passed`),
    el("ul", { class: "findings" }, fine.map(finding))));
  return made;
}

function card(title, aside, items) {
  return el("div", { class: "card" },
    el("h2", {}, title, el("span", { class: "score" }, aside)),
    el("ul", { class: "findings" }, items));
}

function finding(each) {
  return el("li", {}, mark(each.verdict),
    el("span", {}, el("strong", {}, `${each.label}. `), each.text, el("small", {}, each.detail)));
}

function mark(verdict) {
  return el("span", { class: "mark", "data-verdict": verdict, role: "img", "aria-label": MEANT[verdict] || "Note" }, MARKS[verdict] || "i");
}
