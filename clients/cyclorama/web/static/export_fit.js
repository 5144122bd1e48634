// Places the product of an exported size where the ad has it, and says where that does not fit.

import { isAboveGround, isCutFurther, placeBox, reshapeBox } from "./spots.js";

const MISFITS = {
  cut: "Where you placed the product, the edge of this size cuts it off.",
  zone: "Where you placed the product, the platform covers a part of it in this size.",
  above: "Where you placed the product, it hangs above the ground in this size.",
};

// Returns the place of the product in a size, {spot, stance, unfit, instead}: as the user placed it,
// or automatically where that does not fit. unfit: why it does not, or "". instead: how else it can
// be placed, "hand" or "automatic"; "" where there is no choice. exported: as of the state. row: of
// the size, where `place` is what was chosen and `unfit` what was found before.
export function choosePlace({ options, placement, ratio }, { size, place, unfit }) {
  const { spot, stance } = options;
  if (!spot || !placement) return { spot, stance, unfit: "", instead: "" };
  const box = reshapeBox({ ...placement, ...placeBox(placement, spot) }, size[0] / size[1] / ratio);
  const why = unfit || (isCutFurther(box, placement) ? MISFITS.cut : "");
  if (place === "automatic" || (why && place !== "hand")) return { spot: null, stance: "", unfit: `Placed automatically. ${why}`, instead: "hand" };
  const [center_x, center_y, width] = [box.center_x, box.center_y, box.width].map((each) => Number(each.toFixed(4)));
  return { spot: { center_x, center_y, width }, stance, unfit: why, instead: why && "automatic" };
}

// Returns why the product of an ad of a size does not fit where the user placed it, or "".
export function findMisfit(ad, { placement }) {
  if (!placement) return "";
  if (isCutFurther(ad.placement, placement)) return MISFITS.cut;
  if (isCovered(ad)) return MISFITS.zone;
  return isAboveGround(ad.placement) && !isAboveGround(placement) ? MISFITS.above : "";
}

// Whether the product is where the platform has buttons and texts of its own.
const isCovered = ({ profile }) => Boolean(profile?.rules.some(({ name, verdict }) => name === "safe_zone" && ["warn", "fail"].includes(verdict)));

// Returns what is wrong with an automatic place, or "".
export const describeCut = (ad, { placement }) =>
  (placement && isCutFurther(ad.placement, placement) ? "The edge of this size cuts the product off." : "");
