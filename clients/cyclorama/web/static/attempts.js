// Words the attempts to make an ad, so that progress that begins again is explained.

const NAMES = ["First", "Second", "Third"];

// attempt: number of the attempt, from 1. cause: a sentence without its period that says why the one
// before ended, such as "It took too long". Returns "Second try: it took too long"; "" for the first.
export function describeAttempt(attempt, cause) {
  if (attempt < 2) return "";
  const name = attempt > NAMES.length ? `Try ${attempt}` : `${NAMES[attempt - 1]} try`;
  return cause ? `${name}: ${cause[0].toLowerCase()}${cause.slice(1)}` : name;
}
