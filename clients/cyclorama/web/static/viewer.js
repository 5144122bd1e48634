// Shows an ad of a campaign or of an export large; the arrow keys show the others.

import { renderBrief } from "./brief.js";
import { element, replaceContent, find } from "./dom.js";

// ads: with their addresses, the names of their files where those do not follow, and edit, which opens
// one in One ad, or null; first: the address of the one to show.
export function openViewer(ads, first) {
  const dialog = find("#viewer");
  let at = ads.findIndex((each) => each.address === first);
  const step = (by) => { at = (at + by + ads.length) % ads.length; draw(); };

  function draw() {
    const { address, name, file = "", left_out: leftOut, edit } = ads[at];
    replaceContent(dialog, element("img", { src: address, alt: `Ad ${at + 1} of ${ads.length}: ${name}` }),
      element("p", { class: "caption" }, name),
      renderBrief([], leftOut),
      element("div", { class: "tools" },
        element("button", { type: "button", class: "plain", onclick: () => step(-1) }, "Previous"),
        element("button", { type: "button", class: "plain", onclick: () => step(1) }, "Next"),
        edit ? element("button", { type: "button", class: "plain", onclick: () => { dialog.close(); edit(); } }, "Edit this ad") : null,
        element("a", { class: "plain", href: address, download: file }, "Download"),
        element("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Close")));
  }

  dialog.onkeydown = (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  };
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  draw();
  dialog.showModal();
}
