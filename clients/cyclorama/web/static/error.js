// Shows errors as the server explains them: what happened, why, and what to do.

import { element, replaceContent } from "./dom.js";

export function showError(place, error, retry) {
  replaceContent(place, element("div", { class: "failure" },
    element("h2", {}, error.title),
    element("p", {}, error.technical ? "" : error.text),
    element("p", { class: "advice" }, ...formatCode(error.advice)),
    error.can_retry ? element("button", { type: "button", class: "plain", onclick: retry }, "Try again") : null,
    renderDetails(error)));
  place.scrollIntoView({ block: "nearest" });
}

// What only the person who runs Cyclorama needs to know; null without any.
function renderDetails({ text, technical, call_id: callId }) {
  const lines = [...(technical ? [text, technical] : []), callId && `Call ID: ${callId}`].filter(Boolean);
  if (!lines.length) return null;
  return element("details", {}, element("summary", {}, "Details for the person who runs Cyclorama"),
    lines.map((line) => element("small", {}, ...formatCode(line))));
}

// Text between backquotes becomes code.
export const formatCode = (text) => text.split("`").map((part, at) => (at % 2 ? element("code", {}, part) : part));
