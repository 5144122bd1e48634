// The rate at which the ads of a campaign are finished, from which the time left is estimated.

import { subtractElapsed } from "./batch_time.js";

// Below this number of finished ads, the seconds of earlier ads are the better estimate: several are
// made at the same time, and end one shortly after the other.
const MIN_ADS = 2;

export function createRate() {
  let first = null;
  let last = null;
  const measureSeconds = (since) => (performance.now() - since.time) / 1000;
  return {
    // count: of the ads that have ended by now.
    add(count) {
      const now = { count, time: performance.now() };
      first ??= now;
      if (!last || count > last.count) last = now;
    },
    // Returns the seconds that a number of further ads takes; null when it is not known. known: the
    // seconds that they would take by earlier ads, or null.
    estimate(left, known) {
      const count = last ? last.count - first.count : 0;
      if (last && known !== null && count < MIN_ADS) return subtractElapsed(known, measureSeconds(last));
      if (!count) return null;
      const seconds = (last.time - first.time) / 1000 / count;
      return Math.max(0, seconds * left - measureSeconds(last));
    },
    // Returns the share of the work since the first count that is done when seconds are left, 0 to 1;
    // 0 when they are not known.
    measureShare(seconds) {
      if (!first || seconds === null) return 0;
      const elapsed = measureSeconds(first);
      return elapsed / (elapsed + seconds || 1);
    },
  };
}
