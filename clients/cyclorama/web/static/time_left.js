// Estimates the time left of some work, and words it: one rule for ads, variants, exports, campaigns.

// Share of all work that must be done, and seconds, before its pace is known without earlier ads.
const MIN_SHARE = 0.1;
const MIN_SECONDS = 3;
// How much longer work is expected to take than earlier ads did, as others may be made at the same
// time, and the share of all work after which the measured pace counts as much as that. Larger: more
// cautious for longer.
const CAUTION = 1.4;
const PRIOR_SHARE = 0.25;
// A later end is shown from this growth of the time left on. Larger: steadier, and later right.
const RISE = 1.25;
const SLACK_SECONDS = 5;
// Ends of the ranges in which a time is said.
const RANGES = [[15, "less than 15 s"], [30, "15 to 30 s"], [60, "30 to 60 s"], [120, "1 to 2 min"], [240, "2 to 4 min"], [480, "4 to 8 min"], [900, "8 to 15 min"], [1800, "15 to 30 min"], [3600, "30 to 60 min"]];

// Follows some work from its start. now(): seconds.
export function createTimeLeft(now = () => performance.now() / 1000) {
  let first = null;
  let last = null;
  let end = null;
  let shown = null;
  return {
    // done, left: work, in seconds that it is expected to take. isKnown: whether by earlier ads of
    // this browser. Returns the seconds that are left, null when they are not known yet.
    estimate({ done, left, isKnown }) {
      const time = now();
      first ??= { done, time };
      // A stage that starts once more has less done than before.
      if (done !== last?.done) last = { done, time };
      if (!left) return 0;
      const pace = measurePace({ worked: last.done - first.done, seconds: last.time - first.time, left, isKnown });
      if (pace === null) return null;
      // Between two reports the work goes on; what takes longer is not almost done.
      const seconds = Math.max(MIN_SHARE * left * pace, left * pace - (time - last.time));
      end = steady(end, time, seconds);
      shown = holdRange(shown, Math.max(end - time, 0));
      return shown;
    },
  };
}

// Returns the seconds that a second of expected work takes; null when it is not known yet.
function measurePace({ worked, seconds, left, isKnown }) {
  const total = Math.max(worked, 0) + left;
  if (!isKnown && (worked < MIN_SHARE * total || seconds < MIN_SECONDS)) return null;
  const [prior, expected] = [PRIOR_SHARE * total, isKnown ? 1 : seconds / worked];
  return (CAUTION * prior * expected + seconds) / (prior + Math.max(worked, 0));
}

// Returns the end that is shown: an earlier one at once, a later one when it is much later.
function steady(end, time, seconds) {
  const isLater = end !== null && time + seconds > end && seconds <= RISE * (end - time) + SLACK_SECONDS;
  return isLater ? end : time + seconds;
}

// Returns seconds within the range that is shown, where they are hardly above it. shown: the seconds
// before, or null.
function holdRange(shown, seconds) {
  const most = shown === null ? Infinity : findMost(shown);
  return seconds >= most && seconds < RISE * most ? most - 1 : seconds;
}

const findMost = (seconds) => RANGES.find(([most]) => seconds < most)?.[0] ?? Infinity;

// Words a number of seconds as a range, no more exactly than it is known; "" for null.
export function describeTimeLeft(seconds) {
  if (seconds === null) return "";
  if (seconds < 2) return "almost done";
  const range = RANGES.find(([most]) => seconds < most)?.[1] ?? "more than an hour";
  return `${range} left`;
}
