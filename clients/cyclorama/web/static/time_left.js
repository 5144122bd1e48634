// Estimates the time left until an ad is ready, from its progress and from the last ad of its size.

const STEPS = [["segmentation", "background"], ["compositing"], ["inpainting"], ["finishing"]];
// Below this fraction, and before this time, the speed of a stage is not known yet.
const MIN_FRACTION = 0.1;
const MIN_SECONDS = 2;

// progress: by stage, {state, fraction, position, seconds}: seconds since it started, position in
// the queue. durations: seconds by stage. Returns seconds, or null where a stage is not known.
export function estimateSeconds(progress, durations) {
  const steps = STEPS.map((stages) => Math.max(...stages.map((stage) => estimateStage(progress[stage], durations[stage]))));
  const total = steps.reduce((sum, each) => sum + each, 0);
  return Number.isFinite(total) ? total : null;
}

// Returns NaN where it is not known. The stages of a step run at the same time.
function estimateStage({ state, fraction, position, seconds }, duration = NaN) {
  if (state === "done" || state === "cached") return 0;
  if (state !== "working") return duration;
  if (position) return duration * (position + 1);
  if (fraction >= MIN_FRACTION && seconds >= MIN_SECONDS) return seconds * (1 / fraction - 1);
  return Math.max(duration - seconds, 0);
}

// Words a number of seconds no more exactly than it is known; "" for null.
export function describeTimeLeft(seconds) {
  if (seconds === null) return "";
  if (seconds < 2) return "almost done";
  if (seconds < 10) return `about ${Math.ceil(seconds)} s left`;
  if (seconds < 55) return `about ${5 * Math.ceil(seconds / 5)} s left`;
  return `about ${Math.ceil(seconds / 60)} min left`;
}
