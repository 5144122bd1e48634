// Estimates the time left until all sizes of an export are made.

import { countPixels, measureRate, sum } from "./batch_time.js";
import { AT_ONCE, isFinished } from "./export_run.js";

// rows: of the export. durations: seconds by stage of earlier ads, by their size, such as
// "1024,1024". elapsed: seconds since the export was started. Returns seconds; null when they are not
// known yet.
export function estimateExport(rows, durations, elapsed) {
  const left = rows.filter((row) => !isFinished(row) && row.state !== "failed");
  const pixels = sum(left.map((row) => countPixels(row.size) * (1 - (row.share ?? 0))));
  const done = rows.filter(isFinished);
  if (done.length) return (pixels * sum(done.map(({ seconds }) => seconds))) / sum(done.map(({ size }) => countPixels(size))) / Math.min(AT_ONCE, left.length || 1);
  const rate = measureRate(durations);
  // One at a time, as long as nothing shows that there is more than one processor for them.
  return rate === null ? null : Math.max(0, pixels * rate - elapsed);
}
