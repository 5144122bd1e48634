// Talks to the page's own server: answers, and streams of facts, one line of JSON each.

const LOST = {
  kind: "failure",
  title: "The page's server does not answer",
  text: "The connection was lost.",
  todo: "Start Cyclorama with `make up`, then try again.",
  again: true,
};

// What the server says; a failure comes back as {kind: "failure", title, text, todo}.
export async function ask(address, told = {}) {
  try {
    const answer = await fetch(address, told);
    return await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return LOST;
  }
}

// Yields fact after fact; when the connection breaks the last one is a failure.
export async function* facts(address, told = {}) {
  let rest = "";
  try {
    const answer = await fetch(address, told);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      for (const line of lines) yield JSON.parse(line);
    }
    if (rest) yield JSON.parse(rest);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    yield LOST;
  }
}

export function posted(photo, wishes, signal) {
  const body = new FormData();
  body.append("wishes", JSON.stringify(wishes));
  body.append("photo", photo);
  return { method: "POST", body, signal };
}
