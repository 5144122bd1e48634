// Estimates the time left until all sizes of an export are made.

import { AT_ONCE, isFinished } from "./export_run.js";

const countPixels = ({ size: [width, height] }) => width * height;
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

// rows: of the export. durations: seconds by stage of earlier ads, by their size, such as
// "1024,1024". elapsed: seconds since the export was started. Returns seconds; null when they are not
// known yet.
export function estimateExport(rows, durations, elapsed) {
  const left = rows.filter((row) => !isFinished(row) && row.state !== "failed");
  const pixels = sum(left.map((row) => countPixels(row) * (1 - (row.share ?? 0))));
  const done = rows.filter(isFinished);
  if (done.length) return (pixels * sum(done.map(({ seconds }) => seconds))) / sum(done.map(countPixels)) / Math.min(AT_ONCE, left.length || 1);
  const known = Object.entries(durations).map(([size, stages]) => sum(Object.values(stages)) / countPixels({ size: size.split(",").map(Number) })).filter(Number.isFinite);
  // One at a time, as long as nothing shows that there is more than one processor for them.
  return known.length ? Math.max(0, pixels * Math.max(...known) - elapsed) : null;
}
