// What the cut-out editor is at, which its parts share: the picture, the tools and the corrections.

// Elements of the dialog, of createDialog; null before it is opened for the first time.
export let parts = null;
// photo: that is corrected. history: corrections, the last ones in use; shown: those of the cut-out that
// is drawn. cutout: what came of them; shape: an image of it; solid: where it is hardly transparent.
// stroke: the file of the brush's last one. gesture: of the pointer. cross: of the keyboard. corner: of
// its box. pointer: of the mouse, for the brush. sight: the part of the photo that is shown. view:
// "marked" or "alone". change: what the last correction changed, while that is shown. first: {cutout,
// shape, solid} before the corrections; isBefore: whether that is shown. tint: of what is removed. spot:
// the part of the photo that a fault is about, or null.
export let editor = null;

export function setParts(created) {
  parts = created;
}

export function setEditor(opened) {
  editor = opened;
}

export const isBusy = () => parts.dialog.classList.contains("busy");
