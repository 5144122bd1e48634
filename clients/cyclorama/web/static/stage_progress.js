// How much of an ad is made, from the events of its stream.

import { sum } from "./ad_work.js";
import { STAGES } from "./stages.js";

const NAMES = Object.keys(STAGES);

export function createProgress() {
  const stages = Object.fromEntries(NAMES.map((stage) => [stage, { fraction: 0, position: null, cached: false }]));
  let working = "";
  let before = 0;
  return {
    follow({ kind, stage, cached = false, fraction = 0, queue_position: position = null }) {
      before = kind === "queued" ? position : 0;
      if (!stages[stage]) return;
      const isFinished = kind === "finished";
      if (!isFinished) working = stage;
      stages[stage] = { fraction: isFinished ? 1 : Math.max(fraction, stages[stage].fraction), position: isFinished ? null : position, cached };
    },
    // Returns the number of ads that are made before this one, 0 as soon as it is made.
    countAdsBefore: () => before,
    // Returns {stage, fraction, position} of the stage that was heard of last; null before the first.
    findWorking: () => (working ? { stage: working, ...stages[working] } : null),
    // Returns {seconds, share} of the work; what is cached is none. expected: seconds by stage.
    measureWork(expected) {
      const own = NAMES.filter((stage) => !stages[stage].cached);
      // Pictures that an image server makes before are work as well.
      const seconds = own.map((stage) => expected[stage] * (1 + (stages[stage].position ?? 0)));
      const done = sum(own.map((stage) => expected[stage] * stages[stage].fraction));
      return { seconds: sum(seconds), share: own.length ? done / sum(seconds) : 1 };
    },
  };
}
