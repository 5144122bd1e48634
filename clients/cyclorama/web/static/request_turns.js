// Sends forms for several ads one after the other: the next when the one before is being made.

import { postForm } from "./upload.js";

// Resolves when the form that was sent last is being made, or has failed.
let last = Promise.resolve();

// As postForm for api/ads. Forms that have to wait do so here but for one: each that waits at
// Cyclorama keeps one of the six connections that a browser has for the whole page.
export async function* postInTurn(body, signal) {
  const before = last;
  let begin = null;
  last = new Promise((resolve) => { begin = resolve; });
  try {
    await before;
    signal.throwIfAborted();
    for await (const event of postForm("api/ads", body, signal)) {
      if (event.kind === "started") begin();
      yield event;
    }
  } finally {
    begin();
  }
}
