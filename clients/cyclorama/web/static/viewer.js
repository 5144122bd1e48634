// Shows an ad large, with what is to be said and done about it; arrow keys and swipes show the others.

import { renderBrief } from "./brief.js";
import { element, find, replaceContent } from "./dom.js";
import { attachZoom, isZoomed } from "./viewer_zoom.js";

// Pixels that a finger moves to the side for another ad. More: fewer by mistake.
const SWIPE = 48;
const CLOSER = "Zoom in";

// ads: with their addresses, the names of their files where those do not follow, and functions: edit,
// which opens one in One ad, or null; and, where there is more to say, state() and report(), which
// return elements, and check, {text, act}, or null. first: the address of the one to show.
export function openViewer(ads, first) {
  const dialog = find("#viewer");
  let at = ads.findIndex((each) => each.address === first);
  const step = (by) => {
    if (ads.length === 1 || isZoomed(dialog)) return;
    at = (at + by + ads.length) % ads.length;
    draw();
  };
  const draw = () => drawAd(dialog, ads, at, { step, draw });
  dialog.onkeydown = (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  };
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  followSwipes(dialog, step);
  draw();
  dialog.showModal();
}

function drawAd(dialog, ads, at, { step, draw }) {
  const { address, name, file = "", brief, edit, state, report, check } = ads[at];
  const focused = document.activeElement?.id;
  const button = (text, act, id = null) => element("button", { type: "button", class: "plain", id, onclick: act }, text);
  const chips = element("div");
  const picture = element("img", { src: address, alt: `Ad ${at + 1} of ${ads.length}: ${name}`, draggable: "false" });
  const stage = element("div", { class: "stage-large", role: "group", "aria-label": "The ad" }, picture,
    ads.length > 1 ? [arrow("viewer-previous", "Previous", "‹", () => step(-1)), arrow("viewer-next", "Next", "›", () => step(1))] : null);
  const zoom = attachZoom(stage, picture, (times) => { find("#viewer-zoom").textContent = times ? `At ${100 * times} %: show all` : CLOSER; });
  showBrief(chips, brief);
  replaceContent(dialog,
    stage,
    element("div", { class: "panel-large" },
      element("div", { class: "heading" }, ads.length > 1 && element("small", {}, `${at + 1} of ${ads.length}`), state?.()),
      element("p", { class: "caption" }, name),
      chips,
      report?.(),
      element("div", { class: "tools" },
        check?.() ? button(check().text, () => { check().act(); draw(); }, "viewer-check") : null,
        button(CLOSER, zoom, "viewer-zoom"),
        edit ? button("Edit this ad", () => { dialog.close(); edit(); }) : null,
        element("a", { class: "plain", href: address, download: file }, "Download"),
        button("Close", () => dialog.close(), "viewer-close"))));
  if (focused) find(`#${focused}`, dialog)?.focus();
  for (const by of [1, -1]) new Image().src = ads.at((at + by) % ads.length).address;
}

async function showBrief(place, brief) {
  const { understood = [], left_out: leftOut = [], in_part: inPart } = (await brief?.()) ?? {};
  replaceContent(place, renderBrief(understood, leftOut, inPart));
}

const arrow = (id, label, sign, act) => element("button", { type: "button", class: "arrow", id, "aria-label": label, title: label, onclick: act }, sign);

function followSwipes(dialog, step) {
  let from = null;
  const closed = new AbortController();
  dialog.addEventListener("close", () => closed.abort(), { once: true });
  const follow = (kind, act) => dialog.addEventListener(kind, act, { signal: closed.signal, passive: true });
  follow("touchstart", ({ touches }) => { from = touches.length === 1 ? touches[0] : null; });
  follow("touchend", ({ changedTouches: [to] }) => {
    if (!from) return;
    const [x, y] = [to.clientX - from.clientX, to.clientY - from.clientY];
    from = null;
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) step(x < 0 ? 1 : -1);
  });
}
