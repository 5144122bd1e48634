// Shows errors as the server explains them: what happened, why, and what to do.

import { element, replaceContent } from "./dom.js";

export function showError(place, error, retry) {
  replaceContent(place, element("div", { class: "failure" },
    element("h2", {}, error.title),
    element("p", {}, error.text),
    element("p", { class: "advice" }, ...formatCode(error.advice)),
    error.can_retry ? element("button", { type: "button", class: "plain", onclick: retry }, "Try again") : null,
    error.call_id ? element("small", {}, `Call ID: ${error.call_id}`) : null));
  place.scrollIntoView({ block: "nearest" });
}

// Text between backquotes becomes code.
const formatCode = (text) => text.split("`").map((part, at) => (at % 2 ? element("code", {}, part) : part));
