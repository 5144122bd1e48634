// Says where the product of an exported size does not fit.

import { isAboveGround, isOutside } from "./spots.js";

// Returns a sentence, or "". options: of the size. placement: of the ad that is exported, where a
// product may leave the picture on purpose, as it leaves its photo.
export function describeMisfit(ad, options, { placement }) {
  const isCut = isOutside(ad.placement);
  if (options.spot && isCut) return "Where you placed the product, the edge of this size cuts it off.";
  if (options.spot && isAboveGround(ad.placement)) return "Where you placed the product, it hangs above the ground in this size.";
  return isCut && !(placement && isOutside(placement)) ? "The edge of this size cuts the product off." : "";
}
