// The rate at which the ads of a campaign are finished, from which the time left is estimated.

// Below this number of finished ads, the rate is not known yet.
const MIN_ADS = 2;

export function createRate() {
  let first = null;
  let last = null;
  return {
    // count: of the ads that have ended by now.
    add(count) {
      const now = { count, time: performance.now() };
      first ??= now;
      if (!last || count > last.count) last = now;
    },
    // Returns the seconds that a number of further ads takes; null when it is not known.
    estimate(left) {
      if (!last || last.count - first.count < MIN_ADS) return null;
      const seconds = (last.time - first.time) / 1000 / (last.count - first.count);
      return Math.max(0, seconds * left - (performance.now() - last.time) / 1000);
    },
  };
}
