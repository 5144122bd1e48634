// The files that were chosen or dropped for a campaign, those of folders among them.

// Files that systems leave in folders.
const IGNORED = /^(\..*|thumbs\.db|desktop\.ini)$/i;
const TABLE = /\.(csv|tsv|txt)$/i;

// A file and its path, below the folder that was chosen.
const describeFile = (file, path = file.webkitRelativePath || file.name) => ({ file, path });

// Returns {file, path} for files of an input or of a drop, those of dropped folders included.
// most: stops after one more than that.
export async function collectFiles(files, items, most) {
  // Entries are lost as soon as the event has ended: all are read before anything is awaited.
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return keepWanted(files.map((file) => describeFile(file)));
  const found = [];
  for (const entry of entries) await walk(entry, found, most);
  return keepWanted(found);
}

export const isTable = ({ file }) => TABLE.test(file.name);

const keepWanted = (found) => found.filter(({ file }) => !IGNORED.test(file.name));

async function walk(entry, found, most) {
  if (found.length > most) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
    found.push(describeFile(file, entry.fullPath.replace(/^\//, "")));
    return;
  }
  const reader = entry.createReader();
  // A folder is read in parts; the last one is empty.
  for (let part = await readEntries(reader); part.length && found.length <= most; part = await readEntries(reader)) {
    for (const each of part) await walk(each, found, most);
  }
}

const readEntries = (reader) => new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
