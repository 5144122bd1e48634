// Shows an ad of a campaign large; the arrow keys show the others.

import { element, replaceContent, find } from "./dom.js";

export function openViewer(addresses, first) {
  const dialog = find("#viewer");
  let at = addresses.indexOf(first);
  const step = (by) => { at = (at + by + addresses.length) % addresses.length; draw(); };

  function draw() {
    replaceContent(dialog, element("img", { src: addresses[at], alt: `Ad ${at + 1} of ${addresses.length}` }),
      element("div", { class: "tools" },
        element("button", { type: "button", class: "plain", onclick: () => step(-1) }, "Previous"),
        element("button", { type: "button", class: "plain", onclick: () => step(1) }, "Next"),
        element("a", { class: "plain", href: addresses[at], download: "" }, "Download"),
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
