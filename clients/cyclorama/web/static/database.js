// The browser's database: records by key that survive a reload. Works in memory where there is none.

const NAME = "cyclorama";
const VERSION = 1;
// shared: values of all tabs, by key. versions: ads with the settings that made them, by id. blobs:
// files, by id.
const STORES = { shared: "key", versions: "id", blobs: "id" };

let opening = null;
const memory = Object.fromEntries(Object.keys(STORES).map((store) => [store, new Map()]));

// Returns the database, or null where the browser has none, as in some private windows; says `unkept`
// then.
function openDatabase() {
  opening ??= new Promise((resolve) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(STORES)) request.result.createObjectStore(store, { keyPath });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  }).catch(() => null).then((database) => {
    if (!database) document.dispatchEvent(new CustomEvent("unkept"));
    return database;
  });
  return opening;
}

// Runs `work` with the functions of one transaction: {get, getAll, put, remove} of a store.
// The steps of the work wait only for one another. Rejects when the disk is full.
export async function transact(work) {
  const database = await openDatabase();
  if (!database) return work(MEMORY);
  const transaction = database.transaction(Object.keys(STORES), "readwrite");
  const ended = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("The transaction was aborted.", "AbortError"));
  });
  const [result] = await Promise.all([work(bindStores(transaction)), ended]);
  return result;
}

function bindStores(transaction) {
  const run = (store, method, ...values) => settle(transaction.objectStore(store)[method](...values));
  return {
    get: (store, key) => run(store, "get", key),
    getAll: (store) => run(store, "getAll"),
    put: (store, record) => run(store, "put", record),
    remove: (store, key) => run(store, "delete", key),
  };
}

const settle = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const MEMORY = {
  get: async (store, key) => memory[store].get(key),
  getAll: async (store) => [...memory[store].values()],
  put: async (store, record) => { memory[store].set(record[STORES[store]], record); },
  remove: async (store, key) => { memory[store].delete(key); },
};
