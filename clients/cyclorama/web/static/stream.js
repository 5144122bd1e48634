// Calls the page's own server: JSON responses, and streams of JSON, one object per line.

export const CONNECTION_ERROR = {
  kind: "error",
  title: "The page's server does not answer",
  text: "The connection was lost.",
  advice: "Ask the person who runs Cyclorama to start it, then try again.", technical: "`make up` starts all of it.",
  can_retry: true,
};

// Returns the response's JSON; an error has the form {kind: "error", title, text, advice}.
export async function fetchJson(address, options = {}) {
  try {
    const response = await fetch(address, options);
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return CONNECTION_ERROR;
  }
}

// Yields object after object; when the connection is lost, the last one is an error.
export async function* streamJson(address, options = {}) {
  let rest = "";
  try {
    const response = await fetch(address, options);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      for (const line of lines) yield JSON.parse(line);
    }
    if (rest) yield JSON.parse(rest);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    yield CONNECTION_ERROR;
  }
}
