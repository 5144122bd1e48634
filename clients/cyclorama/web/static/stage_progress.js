// How much of an ad is made, from the events of its stream.

import { STAGES } from "./stages.js";

const NAMES = Object.keys(STAGES);

export function createProgress() {
  const stages = Object.fromEntries(NAMES.map((stage) => [stage, { fraction: 0, position: null, cached: false }]));
  let working = "";
  return {
    follow({ kind, stage, cached = false, fraction = 0, queue_position: position = null }) {
      if (!stages[stage]) return;
      const isFinished = kind === "finished";
      if (!isFinished) working = stage;
      stages[stage] = { fraction: isFinished ? 1 : Math.max(fraction, stages[stage].fraction), position: isFinished ? null : position, cached };
    },
    // Returns {stage, fraction, position} of the stage that was heard of last; null before the first.
    findWorking: () => (working ? { stage: working, ...stages[working] } : null),
    // Returns how much of the work is done, 0 to 1; what is cached is none. durations: seconds by
    // stage of an earlier ad, by which the stages count; where one is missing, all count alike.
    measureShare(durations = {}) {
      const own = NAMES.filter((stage) => !stages[stage].cached);
      const isKnown = own.every((stage) => durations[stage] > 0);
      const weights = own.map((stage) => (isKnown ? durations[stage] : 1));
      const done = own.reduce((total, stage, at) => total + weights[at] * stages[stage].fraction, 0);
      return own.length ? done / weights.reduce((total, each) => total + each) : 1;
    },
  };
}
