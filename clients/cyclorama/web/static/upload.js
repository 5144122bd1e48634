// Posts a form and streams its response. XMLHttpRequest: fetch does not report how much is sent.

import { loadBlob } from "./store.js";
import { CONNECTION_ERROR } from "./stream.js";

// Yields {kind: "upload", fraction} while the form is sent, then the objects of the response, one a
// line; when the connection is lost, the last one is an error. Throws an AbortError for the signal.
export async function* postForm(address, body, signal) {
  const queue = createQueue();
  const request = new XMLHttpRequest();
  let read = 0;
  const takeLines = (isLast) => {
    const end = isLast ? request.responseText.length : request.responseText.lastIndexOf("\n") + 1;
    for (const line of request.responseText.slice(read, end).split("\n")) if (line) queue.add(parseLine(line));
    read = Math.max(read, end);
  };
  request.upload.onprogress = ({ loaded, total }) => queue.add({ kind: "upload", fraction: total ? loaded / total : 0 });
  request.onprogress = () => takeLines(false);
  request.onload = () => { takeLines(true); queue.end(); };
  request.onerror = () => { queue.add(CONNECTION_ERROR); queue.end(); };
  request.onabort = () => queue.end(new DOMException("The request was cancelled.", "AbortError"));
  const abort = () => request.abort();
  signal?.addEventListener("abort", abort);
  request.open("POST", address);
  request.send(body);
  try {
    yield* queue.read();
  } finally {
    signal?.removeEventListener("abort", abort);
    request.abort();
  }
}

// Returns the last object of a response, or the error.
export async function postJson(address, body, onUpload = () => {}) {
  let last = CONNECTION_ERROR;
  for await (const event of postForm(address, body)) {
    if (event.kind === "upload") onUpload(event.fraction);
    else last = event;
  }
  return last;
}

// What is no JSON comes from a proxy in between.
function parseLine(line) {
  try { return JSON.parse(line); } catch { return CONNECTION_ERROR; }
}

// A queue between callbacks and a reader; end(error) closes it.
function createQueue() {
  const items = [];
  let closed = false;
  let failure = null;
  let wake = () => {};
  const add = (item) => { items.push(item); wake(); };
  const end = (error = null) => { closed = true; failure = error; wake(); };
  async function* read() {
    for (;;) {
      while (items.length) yield items.shift();
      if (failure) throw failure;
      if (closed) return;
      await new Promise((resolve) => { wake = resolve; });
    }
  }
  return { add, end, read };
}

// Returns the body that posts a photo and the form's options, with the files that these name.
export function createBody(photo, options, files = {}) {
  const body = new FormData();
  body.append("options", JSON.stringify(options));
  body.append("photo", photo);
  for (const [name, file] of Object.entries(files)) body.append(name, file);
  return body;
}

// Returns the files of the options that are {file: id}, by name; null where one is no longer kept.
export async function loadFiles(options) {
  const named = Object.entries(options).filter(([, value]) => value?.file);
  return Object.fromEntries(await Promise.all(named.map(async ([name, { file }]) => [name, await loadBlob(file)])));
}
