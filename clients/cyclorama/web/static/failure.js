// Failures as the server explains them: what happened, why, what to do.

import { el, fill } from "./dom.js";

export function showFailure(place, failure, again) {
  fill(place, el("div", { class: "failure" },
    el("h2", {}, failure.title),
    el("p", {}, failure.text),
    el("p", { class: "todo" }, ...marked(failure.todo)),
    failure.again ? el("button", { type: "button", class: "plain", onclick: again }, "Try again") : null,
    failure.number ? el("small", {}, `Number for the logs: ${failure.number}`) : null));
  place.scrollIntoView({ block: "nearest" });
}

// What stands between backquotes is to be typed.
const marked = (text) => text.split("`").map((part, at) => (at % 2 ? el("code", {}, part) : part));
