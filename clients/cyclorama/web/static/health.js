// What of the services is missing: a word in the head of the page, and a box with what to do.

import { element, find, replaceContent } from "./dom.js";
import { formatCode } from "./error.js";
import { blockMaking } from "./make_block.js";
import { fetchJson } from "./stream.js";

// Between two checks: where all is well, and where no ad can be made. Longer: the page shows later
// that a service is down, or is back.
const CHECK_MILLISECONDS = 15000;
const OUTAGE_MILLISECONDS = 4000;

let shown = "";

export async function openHealth() {
  const { missing } = await checkHealth();
  setTimeout(openHealth, missing.length ? OUTAGE_MILLISECONDS : CHECK_MILLISECONDS);
}

async function checkHealth() {
  const answer = await fetchJson("api/health");
  const health = answer.kind === "health" ? answer : explainOutage(answer);
  // A repeated text is not read out again, and details that were opened stay open.
  if (JSON.stringify(health) !== shown) showHealth(health);
  shown = JSON.stringify(health);
  return health;
}

function showHealth({ missing, diagnoses }) {
  const status = find("#status");
  status.dataset.state = missing.length ? "bad" : diagnoses.length ? "warn" : "good";
  status.textContent = missing.length ? `Not ready: ${missing.join(", ")}` : "Ready";
  const reason = missing.length ? describeOutage(missing) : "";
  replaceContent(find("#health"), reason ? renderOutage(reason, diagnoses) : diagnoses.length ? renderOptional(diagnoses) : null);
  blockMaking("services", reason);
}

const explainOutage = ({ title, text, advice, technical }) => ({
  missing: ["Cyclorama"], diagnoses: [{ name: title, state: "error", found: text, advice: technical || advice }],
});

// Describes what does not run, such as "No ad can be made yet: light and shadow does not run. …"
function describeOutage(missing) {
  const names = missing.join(", ").replace(/, ([^,]*)$/, " and $1");
  return `No ad can be made yet: ${names} ${missing.length > 1 ? "do" : "does"} not run.`;
}

function renderOutage(reason, diagnoses) {
  return element("div", { class: "health", "data-state": "bad" },
    element("p", {}, element("strong", {}, reason)),
    element("p", {}, "Ask the person who runs Cyclorama to start it. This page goes on by itself then, and keeps what you have entered."),
    element("details", {}, element("summary", {}, "Details for that person"), renderDiagnoses(diagnoses)));
}

const renderOptional = (diagnoses) => element("details", { class: "health", "data-state": "warn" },
  element("summary", {}, "Something optional is missing"), renderDiagnoses(diagnoses));

const renderDiagnoses = (diagnoses) => element("ul", {}, diagnoses.map(({ name, found, advice }) =>
  element("li", {}, element("strong", {}, `${name}. `), ...formatCode(`${found} ${advice}`))));
