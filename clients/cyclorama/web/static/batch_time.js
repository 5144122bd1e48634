// Estimates the time left of several ads that are made at the same time.

// Below this share of all ads, and before this time, their speed is not known yet.
const MIN_SHARE = 0.1;
const MIN_SECONDS = 3;

// size: width and height. durations: seconds by stage of earlier ads, by their size, such as
// "1024,1024". Returns the seconds of one ad: of the last one of this size, else by the pixels of
// the slowest one of another size; null when they are not known.
export function estimateAd(size, durations) {
  const known = durations[String(size)];
  if (known) return sum(Object.values(known));
  const rate = measureRate(durations);
  return rate === null ? null : rate * countPixels(size);
}

// Returns the seconds per pixel of the slowest earlier ad; null without any.
export function measureRate(durations) {
  const rates = Object.entries(durations).map(([size, stages]) => sum(Object.values(stages)) / countPixels(size.split(",").map(Number)));
  const known = rates.filter(Number.isFinite);
  return known.length ? Math.max(...known) : null;
}

// share: of all ads that is made, 0 to 1. elapsed: seconds since they were started. known: the
// seconds of all ads one after the other, as long as their speed is not known; null when that is
// not known either. Returns seconds, or null.
export function estimateBatch(share, elapsed, known) {
  if (share >= MIN_SHARE && elapsed >= MIN_SECONDS) return elapsed * (1 / share - 1);
  return known === null ? null : subtractElapsed(known, elapsed);
}

// Returns the seconds that are left of known ones. What takes longer than known is not almost done.
export const subtractElapsed = (known, elapsed) => Math.max(MIN_SHARE * known, known - elapsed);

export const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

export const countPixels = ([width, height]) => width * height;
