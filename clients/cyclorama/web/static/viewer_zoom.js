// Zooms the large ad to its own pixels where it is pressed, and moves it by dragging or scrolling.

// Pixels that a pointer may move and still only press.
const SLACK = 4;
// Zoom of an ad that is shown in its own pixels as it is.
const TWICE = 2;

export const isZoomed = (dialog) => dialog.querySelector(".zoomed") !== null;

// stage: contains the picture alone, or with buttons over it. show(zoom): after each change; 0 for the
// whole ad. Returns a function that zooms, or shows the whole ad again.
export function attachZoom(stage, picture, show) {
  const toggle = (at = { x: 0.5, y: 0.5 }) => {
    const zoom = stage.classList.contains("zoomed") ? 0 : chooseZoom(picture);
    stage.classList.toggle("zoomed", zoom > 0);
    stage.tabIndex = zoom ? 0 : -1;
    picture.style.width = zoom ? `${zoom * picture.naturalWidth}px` : "";
    if (zoom) stage.scrollTo(at.x * picture.clientWidth - stage.clientWidth / 2, at.y * picture.clientHeight - stage.clientHeight / 2);
    show(zoom);
  };
  followPointer(stage, picture, toggle);
  return () => toggle();
}

const chooseZoom = ({ clientWidth, naturalWidth }) => (clientWidth < naturalWidth ? 1 : TWICE);

// Fingers scroll by themselves; a mouse drags.
function followPointer(stage, picture, toggle) {
  let from = null;
  picture.onpointerdown = ({ clientX: x, clientY: y }) => { from = { x, y, left: stage.scrollLeft, top: stage.scrollTop, moved: false }; };
  picture.onpointermove = (event) => {
    if (!from || event.pointerType === "touch" || !event.buttons) return;
    picture.setPointerCapture(event.pointerId);
    const [right, down] = [event.clientX - from.x, event.clientY - from.y];
    from.moved ||= Math.hypot(right, down) > SLACK;
    if (from.moved) stage.scrollTo(from.left - right, from.top - down);
  };
  picture.onclick = (event) => {
    const { left, top, width, height } = picture.getBoundingClientRect();
    if (!from?.moved) toggle({ x: (event.clientX - left) / width, y: (event.clientY - top) / height });
    from = null;
  };
}
