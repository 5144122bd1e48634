// How much work an ad is: the seconds that its stages are expected to take, and how much is done.

// Seconds of each stage per megapixel where no ad was made in this browser yet, as the studio takes
// them on two processors. Only their shares of each other count then.
const TYPICAL = { segmentation: 6, background: 25, compositing: 0.5, inpainting: 12, finishing: 1.5 };
// Share of its seconds that a stage counts whose result another ad of a campaign may have made.
const SHARED = 0.5;

export const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

const countPixels = ([width, height]) => width * height;

// size: width and height. durations: seconds by stage of earlier ads, by their size, such as
// "1024,1024". Returns the seconds by stage that an ad is expected to take: those of the last one of
// this size, else by the pixels of the slowest other one.
// hasBackdrop: whether the caller's own takes the place of the background.
export function expectStages(size, durations, hasBackdrop = false) {
  const scaled = Object.entries(durations).filter(([name]) => name !== String(size)).map(([name, stages]) => scale(stages, countPixels(size) / countPixels(name.split(",").map(Number))));
  const slowest = scaled.sort((one, other) => sum(Object.values(other)) - sum(Object.values(one)))[0];
  return { ...scale(TYPICAL, countPixels(size) / 1e6), ...slowest, ...durations[String(size)], ...(hasBackdrop && { background: 0 }) };
}

const scale = (stages, factor) => Object.fromEntries(Object.entries(stages).filter(([name]) => name in TYPICAL).map(([name, seconds]) => [name, seconds * factor]));

// Whether an ad was made in this browser, by which the seconds of others are known.
export const hasDurations = (durations) => Object.keys(durations).length > 0;

// works: [{seconds, share}]. Returns their work as a TimeLeft reads it.
export function addWork(works, durations) {
  return {
    done: sum(works.map(({ seconds, share }) => seconds * share)),
    left: sum(works.map(({ seconds, share }) => seconds * (1 - share))),
    isKnown: hasDurations(durations),
  };
}

// Returns {seconds, share} of each ad of a campaign, in order. ads: as the server sends them. Ads of
// a photo share its cut-out, those of a scene and size their background.
export function measureAds(ads, durations, hasBackdrop = false) {
  const seen = new Set();
  const isShared = (key) => seen.has(key) || !seen.add(key);
  return ads.map((ad) => {
    const stages = expectStages([ad.width, ad.height], durations, hasBackdrop);
    if (isShared(ad.photo_uri)) stages.segmentation *= SHARED;
    if (isShared(JSON.stringify([ad.prompt, ad.width, ad.height, ad.seed]))) stages.background *= SHARED;
    return { seconds: sum(Object.values(stages)), share: measureShare(ad, stages) };
  });
}

function measureShare({ state, stage, stage_fraction: fraction }, stages) {
  if (state === "queued") return 0;
  if (state !== "running") return 1;
  const names = Object.keys(TYPICAL);
  if (!stage) return 0;
  const before = sum(names.slice(0, names.indexOf(stage)).map((name) => stages[name]));
  return (before + fraction * stages[stage]) / sum(Object.values(stages));
}
