// One ad of a campaign, large, with its neighbours a key away.

import { el, fill, one } from "./dom.js";

export function openViewer(addresses, first) {
  const dialog = one("#viewer");
  let at = addresses.indexOf(first);
  const step = (by) => { at = (at + by + addresses.length) % addresses.length; draw(); };

  function draw() {
    fill(dialog, el("img", { src: addresses[at], alt: `Ad ${at + 1} of ${addresses.length}` }),
      el("div", { class: "tools" },
        el("button", { type: "button", class: "plain", onclick: () => step(-1) }, "Previous"),
        el("button", { type: "button", class: "plain", onclick: () => step(1) }, "Next"),
        el("a", { class: "plain", href: addresses[at], download: "" }, "Download"),
        el("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Close")));
  }

  dialog.onkeydown = (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  };
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  draw();
  dialog.showModal();
}
