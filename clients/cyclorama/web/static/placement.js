// Places the product on the finished ad: a preview of the cut-out is dragged, resized, moved by keys.

import { makeAd } from "./ad.js";
import { fetchCutout, readCorrections } from "./cutouts.js";
import { announce, element, find, replaceContent } from "./dom.js";
import { registerPart } from "./form.js";
import { describeBox, findSpot, growBox, isCutFurther, moveBox, moveByKey, overlaps, placeBox, readSpot, resizeBox, shrinkBox, spotFromBox } from "./spots.js";
import { loadAddress, readState, subscribe, updateForm } from "./store.js";
import { findTurnedCenter } from "./turned_bounds.js";

// Corners by name, with the point of the box that stays while one is dragged.
const CORNERS = { nw: [1, 1], ne: [0, 1], sw: [1, 0], se: [0, 0] };
// Pixels that a pointer may move and still only press.
const SLACK = 3;
// How far the preview of the scene covers the surroundings of the old product, with its shadow.
const COVER = { side: 0.6, top: 0.2, bottom: 0.3, fade: 0.1 };
// How much around the words stays as it is, as a share of the ad's shorter side. Larger: less of the
// old shadow is covered.
const WORDS_RIM = 0.03;

let isActive = false;
// While a pointer drags: the box, where it began, and by what.
let drag = null;
let parts = null;
let before = null;

export function openPlacement() {
  parts = createParts();
  replaceContent(find("#placement-editor"), parts.layers, parts.box, parts.cut);
  find("#viewing").after(parts.bar);
  find("#edit-tools").append(parts.toggle);
  find("#placement-part summary").after(parts.note);
  registerPart({ name: "placement", render: renderNote, read: (form) => readSpot(form, readState()), onlyAds: true });
  subscribe(["form"], releaseSpot);
  subscribe(["form", "current", "versions", "running", "photo"], render);
}

function createParts() {
  const grip = element("button", {
    type: "button", class: "place-grip", "aria-label": "The product. Arrow keys move it, plus and minus resize it.",
    onpointerdown: (event) => startDrag(event, null), onkeydown: takeKey,
  });
  const handles = Object.keys(CORNERS).map((corner) =>
    element("span", { class: "place-handle", "data-corner": corner, onpointerdown: (event) => startDrag(event, corner) }));
  const image = element("img", { class: "place-image", alt: "", draggable: "false", hidden: true });
  return {
    grip, image,
    layers: element("div", { class: "place-layers" }),
    cut: element("p", { class: "place-cut", id: "place-cut", hidden: true }, "The edge cuts the product off"),
    box: element("div", { class: "place-box" }, image, grip, handles),
    toggle: element("button", { type: "button", class: "plain", id: "move", "aria-pressed": "false", title: "Move and resize the product", onclick: () => setActive(!isActive) }, "Move"),
    bar: createBar(),
    note: createNote(),
  };
}

function createBar() {
  return element("div", { class: "tools place-bar", id: "place-bar", hidden: true },
    element("span", { class: "details" }, "Drag the product or its corners", element("span", { class: "place-keys" }, ", or use the arrow keys, + and −"), ".",
      element("strong", { id: "place-outside", hidden: true }, " The edge of the ad cuts the product off."),
      element("span", { id: "place-over", hidden: true }, " The words make room when the ad is updated.")),
    element("button", { type: "button", class: "plain", "aria-label": "Smaller product", onclick: () => changeBox(shrinkBox) }, "−"),
    element("button", { type: "button", class: "plain", "aria-label": "Larger product", onclick: () => changeBox(growBox) }, "+"),
    element("button", { type: "button", class: "plain", onclick: leave }, "Cancel"),
    element("button", { type: "button", class: "primary", id: "place-update", onclick: () => { setActive(false); makeAd(); } }, "Update the ad"));
}

function createNote() {
  return element("p", { class: "place-note", id: "place-note", hidden: true }, "Placed by hand on the picture. ",
    element("button", { type: "button", class: "link", onclick: () => updateForm({ spot: null }) }, "Place automatically"));
}

function renderNote(form, { photo }) {
  parts.note.hidden = !findSpot(form, photo);
}

const findVersion = ({ versions, current }) => versions.find(({ id }) => id === current);

const readBox = ({ form, photo }, version) => placeBox(version.ad.placement, findSpot(form, photo));

const isMoved = ({ form, photo }, version) =>
  JSON.stringify(findSpot(form, photo)) !== JSON.stringify(findSpot(version.form, version.photo));

// Whether the product of the version can be placed: it is that of the photo in use.
const canPlace = ({ mode, photo, running }, version) =>
  Boolean(version?.ad.placement) && mode === "ad" && !running && version.photo.id === photo?.id;

// An anchor or a size that is chosen afterwards takes the place of the spot; a version that is
// restored brings its own.
function releaseSpot({ form }) {
  const chosen = before && form.spot && form.spot === before.spot && (form.anchor !== before.anchor || form.scale !== before.scale);
  before = form;
  if (chosen) updateForm({ spot: null });
}

function render(state) {
  const version = findVersion(state);
  const shows = canPlace(state, version);
  find("#placement-editor").hidden = !shows;
  parts.toggle.hidden = !shows;
  const moves = shows && (isActive || drag !== null || isMoved(state, version));
  find("#placement-editor").classList.toggle("moving", moves);
  find("#placement-editor").classList.toggle("active", shows && isActive);
  parts.toggle.setAttribute("aria-pressed", String(shows && isActive));
  parts.bar.hidden = !moves;
  if (!shows) return;
  const box = drag?.box ?? readBox(state, version);
  showBox(box);
  showWarnings(box, version.ad, moves);
  if (moves) showPreview(state, version);
}

// What is wrong with a place is said while the product is dragged: at the buttons, and on the ad.
// What the ad has already is not.
function showWarnings(box, { placement, lettering: words }, moves) {
  const cut = isCutFurther(box, placement);
  find("#placement-editor").classList.toggle("cut", cut);
  find("#place-outside").hidden = !cut;
  parts.cut.hidden = !cut || !moves;
  find("#place-over").hidden = !words || !overlaps(box, words);
}

function showBox({ center_x, center_y, width, height }) {
  const place = { left: center_x - width / 2, top: center_y - height / 2, width, height };
  for (const [side, share] of Object.entries(place)) parts.box.style[side] = `${100 * share}%`;
}

// Shows the cut-out, first as the small preview of its stage, and the scene where the product was.
async function showPreview(state, version) {
  const key = JSON.stringify([version.id, version.form.cutout]);
  if (parts.box.dataset.shows === key) return;
  parts.box.dataset.shows = key;
  showImage(parts.image, version.previews?.segmentation, version.ad.placement);
  const layers = await Promise.all([createScene(version), createWords(version)]);
  if (parts.box.dataset.shows !== key) return;
  replaceContent(parts.layers, layers);
  const cutout = await fetchCutout(version.photo, readCorrections(version.form, version.photo));
  if (parts.box.dataset.shows === key && cutout?.kind === "cutout") showImage(parts.image, cutout.picture, version.ad.placement);
}

// Draws a picture of the cut-out so that its product fills the box, as it does on the ad.
async function showImage(image, address, placement) {
  image.hidden = !address;
  if (!address) return;
  image.src = address;
  await image.decode().catch(() => {});
  if (image.getAttribute("src") !== address || !image.naturalWidth) return;
  const { image_width: imageWidth, width, rotation, flipped } = placement;
  const [across, down] = findTurnedCenter(image, placement).map((each) => `calc(-50% - ${100 * each}%)`);
  image.style.width = `${(100 * imageWidth) / width}%`;
  image.style.transform = `translate(${across}, ${down}) rotate(${rotation}deg) scaleX(${flipped ? -1 : 1})`;
}

// Returns the box around a product that its shadow may reach, by its middle.
const coverProduct = ({ center_x, center_y, width, height }) =>
  ({ center_x, center_y: center_y + (height * (COVER.bottom - COVER.top)) / 2, width: width * (1 + 2 * COVER.side), height: height * (1 + COVER.top + COVER.bottom) });

// Returns an element that covers the product of the ad with the scene behind it.
async function createScene({ ad, form, previews, picture }) {
  const { center_x, center_y, width: wide, height: high } = coverProduct(ad.placement);
  const color = typeof form.backdrop?.color === "string" ? form.backdrop.color : "";
  const address = form.backdrop?.file ? await loadAddress(form.backdrop.file) : previews?.background ?? (await loadAddress(picture));
  // A color is the same everywhere, so that it covers the old shadow however far that reaches.
  if (color) return createLayer("place-scene", "", color, { left: 0, top: 0, width: 1, height: 1 }, [0, 0]);
  const box = { left: center_x - wide / 2, top: center_y - high / 2, width: wide, height: high };
  return createLayer("place-scene", address, "", box, [wide * COVER.fade, high * COVER.fade]);
}

// Returns an element that shows the words of the ad as they are above that scene; null where none are
// there. Elsewhere the ad itself shows them.
async function createWords({ ad, picture, form }) {
  if (!ad.lettering || (!form.backdrop?.color && !overlaps(coverProduct(ad.placement), ad.lettering))) return null;
  const { left, top, width, height } = ad.lettering;
  const rim = WORDS_RIM * Math.min(ad.width, ad.height);
  const [across, down] = [rim / ad.width, rim / ad.height];
  const box = { left: left - across, top: top - down, width: width + 2 * across, height: height + 2 * down };
  return createLayer("place-words", (await loadAddress(picture)) || ad.picture, "", box, [across, down]);
}

// Returns a picture or a color over the whole ad that is only seen within a box, in shares of the
// ad. fade: width and height of its soft edge.
function createLayer(name, address, color, { left, top, width, height }, [across, down]) {
  const stops = { left, right: left + width, top, bottom: top + height, across, down };
  const shares = Object.entries(stops).map(([side, share]) => [`--${side}`, `${100 * share}%`]);
  const layer = element(address ? "img" : "div", { class: `place-layer ${name}`, ...Object.fromEntries(shares), ...(address && { alt: "", src: address }) });
  layer.style.background = color;
  return layer;
}

function setActive(wanted) {
  isActive = wanted;
  render(readState());
  // Focusing a product at the lower edge would scroll the top of the ad out of view.
  if (wanted) parts.grip.focus({ preventScroll: true });
}

// Undoes what was moved since the ad was made.
function leave() {
  const state = readState();
  isActive = false;
  updateForm({ spot: findVersion(state)?.form.spot ?? null });
  parts.toggle.focus();
}

function commitBox(box) {
  const { photo, ...state } = readState();
  updateForm({ spot: spotFromBox(box, findVersion(state).ad.placement, photo) });
  announce(describeBox(box));
}

function changeBox(change) {
  const state = readState();
  const box = change(readBox(state, findVersion(state)));
  if (box) commitBox(box);
}

function takeKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return leave();
  const state = readState();
  const box = moveByKey(readBox(state, findVersion(state)), event);
  if (!box) return;
  event.preventDefault();
  commitBox(box);
}

// corner: the name of the handle that is dragged; null for the product itself. A finger scrolls the
// page until the product is to be moved.
function startDrag(event, corner) {
  if (event.button !== 0 || (event.pointerType === "touch" && !isActive)) return;
  const state = readState();
  const start = readBox(state, findVersion(state));
  drag = { corner, start, box: start, x: event.clientX, y: event.clientY, moved: false };
  event.preventDefault();
  parts.grip.focus({ preventScroll: true });
  const { target } = event;
  target.setPointerCapture(event.pointerId);
  target.onpointermove = continueDrag;
  target.onpointerup = target.onpointercancel = (end) => { target.onpointermove = target.onpointerup = target.onpointercancel = null; endDrag(end); };
}

function continueDrag(event) {
  const across = event.clientX - drag.x;
  const down = event.clientY - drag.y;
  if (!drag.moved && Math.hypot(across, down) < SLACK) return;
  const { width, height } = find("#placement-editor").getBoundingClientRect();
  drag.moved = true;
  drag.box = drag.corner ? resizeByCorner(drag, across / width, down / height) : moveBox(drag.start, across / width, down / height);
  render(readState());
}

// The corner follows the pointer along the diagonal of the box.
function resizeByCorner({ corner, start }, across, down) {
  const [fixedX, fixedY] = CORNERS[corner];
  const grown = ((fixedX ? -across : across) / start.width + (fixedY ? -down : down) / start.height) / 2;
  return resizeBox(start, 1 + grown, [fixedX, fixedY]);
}

function endDrag(event) {
  const { box, moved } = drag;
  drag = null;
  // A press opens the ad at full size.
  if (!moved) return undefined;
  if (event.type === "pointercancel") return render(readState());
  isActive = true;
  commitBox(box);
}
