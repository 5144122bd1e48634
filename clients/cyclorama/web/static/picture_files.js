// Says which picture files are damaged.

// How the types begin that every browser shows.
const STARTS = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47], [0x47, 0x49, 0x46, 0x38], [0x52, 0x49, 0x46, 0x46], [0x42, 0x4d]];

export const DAMAGED = "This file is damaged and cannot be read. Export or copy it again, or choose another one.";

// Returns whether a file is damaged: of a type that every browser shows, and yet not shown. Others,
// such as HEIC, may be unknown to this browser alone.
export async function isDamaged(file) {
  const bytes = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (!STARTS.some((start) => start.every((byte, at) => bytes[at] === byte))) return false;
  return createImageBitmap(file).then((bitmap) => { bitmap.close(); return false; }, () => true);
}
