// Zip files of files that the browser has; stored, since pictures are compressed already (APPNOTE 6.3.3).

import { element } from "./dom.js";
import { loadBlob } from "./store.js";

// Folder of the records of ads in a zip, next to the pictures that a marketer wants.
const PROOF_FOLDER = "proof";
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
// Version 2.0, and names in UTF-8.
const VERSION = 20;
const UTF8 = 0x0800;

// Returns the name of the record of a picture: how it was made, for Assess and for archives.
export const nameProof = (name) => `${PROOF_FOLDER}/${name.replace(/\.\w+$/, ".json")}`;

// Downloads kept files, [{name, id}], as one zip; those that are no longer kept are left out.
export async function downloadZip(files, name) {
  const loaded = await Promise.all(files.map(async ({ name: file, id }) => ({ name: file, blob: await loadBlob(id) })));
  const zip = await createZip(loaded.filter(({ blob }) => blob));
  const link = element("a", { href: URL.createObjectURL(zip), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

// files: [{name, blob}], less than 4 GiB together. Returns the zip as a Blob.
async function createZip(files) {
  const bodies = [];
  const directory = [];
  let offset = 0;
  for (const { name, blob } of files) {
    const encoded = new TextEncoder().encode(name);
    const fields = [VERSION, UTF8, 0, ...formatDosTime(new Date())];
    const sizes = [computeCrc(new Uint8Array(await blob.arrayBuffer())), blob.size, blob.size];
    const header = writeFields("IHHHHHIIIHH", [0x04034b50, ...fields, ...sizes, encoded.length, 0]);
    bodies.push(header, encoded, blob);
    directory.push(writeFields("IHHHHHHIIIHHHHHII",
      [0x02014b50, VERSION, ...fields, ...sizes, encoded.length, 0, 0, 0, 0, 0, offset]), encoded);
    offset += header.length + encoded.length + blob.size;
  }
  const length = directory.reduce((sum, each) => sum + each.length, 0);
  const end = writeFields("IHHHHIIH", [0x06054b50, 0, 0, files.length, files.length, length, offset, 0]);
  return new Blob([...bodies, ...directory, end], { type: "application/zip" });
}

function computeCrc(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// Returns time and date as MS-DOS has them, in steps of 2 seconds from 1980 on.
const formatDosTime = (at) => [
  (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1),
  ((at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
];

// Writes little-endian numbers of 2 (H) and 4 (I) bytes.
function writeFields(kinds, values) {
  const view = new DataView(new ArrayBuffer([...kinds].reduce((sum, kind) => sum + (kind === "I" ? 4 : 2), 0)));
  let at = 0;
  for (const [place, kind] of [...kinds].entries()) {
    if (kind === "I") view.setUint32(at, values[place], true);
    else view.setUint16(at, values[place], true);
    at += kind === "I" ? 4 : 2;
  }
  return new Uint8Array(view.buffer);
}
