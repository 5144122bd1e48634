// What part of the photo the window of the cut-out editor shows: a sight {zoom, x, y, across, down}.
// zoom: 1 shows all of the photo; x and y: what is in the middle of the window, in shares of the photo;
// across and down: of the window's sides, what the whole photo covers at zoom 1.

// Larger: single pixels of most photos can be seen, and there is little else to go by.
export const MAX_ZOOM = 16;
// Growth of one press of a button or key.
export const STEP = 1.5;
// Free part around a place that is shown, as a share of its sides.
const MARGIN = 0.12;

export const WHOLE = { zoom: 1, x: 0.5, y: 0.5, across: 1, down: 1 };

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// Returns a sight of a photo in a window; both are ratios, width by height.
export function fitWindow(sight, photo, window) {
  return keepInside({ ...sight, across: Math.min(1, photo / window), down: Math.min(1, window / photo) });
}

// Returns where a place of the window, in its shares, is on the photo, in shares of the photo.
export const toPhoto = ({ zoom, x, y, across, down }, at) => ({ x: x + (at.x - 0.5) / (zoom * across), y: y + (at.y - 0.5) / (zoom * down) });

// Returns where a place of the photo is in the window; all are shares.
export const toWindow = ({ zoom, x, y, across, down }, at) => ({ x: 0.5 + (at.x - x) * zoom * across, y: 0.5 + (at.y - y) * zoom * down });

// Zooms by a factor; what is at a place of the window stays there.
export function zoomAt(sight, factor, at = { x: 0.5, y: 0.5 }) {
  const grown = { ...sight, zoom: clamp(sight.zoom * factor, 1, MAX_ZOOM) };
  const [before, now] = [sight, grown].map((each) => toPhoto(each, at));
  return keepInside({ ...grown, x: sight.x + before.x - now.x, y: sight.y + before.y - now.y });
}

// Moves the photo by shares of the window.
export const moveSight = (sight, right, down) =>
  keepInside({ ...sight, x: sight.x - right / (sight.zoom * sight.across), y: sight.y - down / (sight.zoom * sight.down) });

// Returns the sight of a box of the photo, {left, top, width, height}, with some of what is around it.
export function showBox(sight, { left, top, width, height }) {
  const room = 1 + 2 * MARGIN;
  const zoom = Math.min(1 / (width * room * sight.across), 1 / (height * room * sight.down));
  return keepInside({ ...sight, zoom: clamp(zoom, 1, MAX_ZOOM), x: left + width / 2, y: top + height / 2 });
}

// Returns the sight moved as far as a place of the photo needs to be seen.
export function followPlace(sight, at) {
  const { x, y } = toWindow(sight, at);
  const beyond = (value) => value - clamp(value, MARGIN, 1 - MARGIN);
  return moveSight(sight, -beyond(x), -beyond(y));
}

function keepInside(sight) {
  const keep = (middle, covered) => { const half = Math.min(0.5, 0.5 / (sight.zoom * covered)); return clamp(middle, half, 1 - half); };
  return { ...sight, x: keep(sight.x, sight.across), y: keep(sight.y, sight.down) };
}
