// Sends photos to the page's server, a few at a time, each once.

import { postJson } from "./upload.js";

// More: faster where the network is slow; and more memory of the server for one browser.
const AT_ONCE = 3;
// Attempts while the server is busy, and the pause between two.
const ATTEMPTS = 6;
const PAUSE_MILLISECONDS = 5000;

const waiting = [];
const sizes = new Map();
const fractions = new Map();
let active = 0;
let listeners = [];

// Sends a photo when its turn comes; answer(response) gets {kind: "photo", uri} or the error.
export function sendPhoto(id, file, answer) {
  waiting.push({ id, file, answer });
  sizes.set(id, file.size);
  fractions.set(id, 0);
  startNext();
}

// Forgets a photo that waits; one that is being sent still arrives.
export function forgetPhoto(id) {
  const at = waiting.findIndex((each) => each.id === id);
  if (at < 0) return;
  waiting.splice(at, 1);
  settle();
}

// Calls the listener with {left, fraction} after every change.
export const followSending = (listener) => { listeners.push(listener); };

// Resolves when no photo waits or is being sent.
export const allSent = () => new Promise((resolve) => {
  const check = ({ left }) => { if (!left) { listeners = listeners.filter((each) => each !== check); resolve(); } };
  listeners.push(check);
  check(describe());
});

const describe = () => {
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const sent = [...sizes].reduce((sum, [id, size]) => sum + size * (fractions.get(id) ?? 0), 0);
  return { left: waiting.length + active, fraction: total ? sent / total : 0 };
};

function settle() {
  if (!waiting.length && !active) { sizes.clear(); fractions.clear(); }
  const now = describe();
  for (const each of [...listeners]) each(now);
}

function startNext() {
  while (active < AT_ONCE && waiting.length) run(waiting.shift());
  settle();
}

async function run({ id, file, answer }) {
  active += 1;
  const response = await attempt(id, file);
  active -= 1;
  fractions.set(id, 1);
  answer(response);
  startNext();
}

async function attempt(id, file) {
  for (let left = ATTEMPTS; ; left--) {
    const body = new FormData();
    body.append("photo", file);
    const response = await postJson("api/photos", body, (fraction) => { fractions.set(id, fraction); settle(); });
    if (response.kind === "photo" || !response.can_retry || left === 1) return response;
    fractions.set(id, 0);
    await new Promise((resolve) => { setTimeout(resolve, PAUSE_MILLISECONDS); });
  }
}
