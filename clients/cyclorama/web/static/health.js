// What of the services is missing: a word in the head of the page, and a box with what to do.

import { element, find, replaceContent } from "./dom.js";
import { fetchJson } from "./stream.js";

// Between two checks. Longer: the page shows later that a service is down.
const CHECK_MILLISECONDS = 15000;

let shown = "";

export function openHealth() {
  checkHealth();
  setInterval(checkHealth, CHECK_MILLISECONDS);
}

async function checkHealth() {
  const health = await fetchJson("api/health");
  // A repeated text is not read out again.
  if (JSON.stringify(health) === shown) return;
  shown = JSON.stringify(health);
  const { missing, diagnoses } = health.kind === "health" ? health : explainOutage(health);
  const status = find("#status");
  status.dataset.state = missing.length ? "bad" : diagnoses.length ? "warn" : "good";
  status.textContent = missing.length ? `Not ready: ${missing.join(", ")}` : "Ready";
  replaceContent(find("#health"), diagnoses.length ? renderBox(missing, diagnoses) : null);
}

const explainOutage = ({ title, text, advice }) => ({
  missing: ["Cyclorama"], diagnoses: [{ name: title, state: "error", found: text, advice }],
});

function renderBox(missing, diagnoses) {
  const title = missing.length ? "No ad can be made yet" : "Something optional is missing";
  return element("details", { class: "health", open: missing.length > 0, "data-state": missing.length ? "bad" : "warn" },
    element("summary", {}, title),
    element("ul", {}, diagnoses.map(({ name, found, advice }) => element("li", {}, element("strong", {}, `${name}. `), `${found} ${advice}`))));
}
