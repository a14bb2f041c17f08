/** IndexedDB as promises, and one connection that is kept open. */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
export function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves when the transaction is on disk, as far as its durability promises. @param {IDBTransaction} transaction */
export function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
  });
}

/**
 * @param {IDBFactory} factory @param {string} name @param {number} version
 * @param {(db: IDBDatabase, transaction: IDBTransaction) => void} upgrade
 * @returns {Promise<IDBDatabase>}
 */
export function open(factory, name, version, upgrade) {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, version);
    request.onupgradeneeded = () => upgrade(request.result, /** @type {IDBTransaction} */ (request.transaction));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * A connection opened on first use and never given up by us: a database that is opened again while the
 * disk is full is silently made anew, empty, by the browser. Only when the browser itself closed it, and
 * writing did not fail before, is it opened again.
 * @param {() => Promise<IDBDatabase>} opening
 */
export function connection(opening) {
  /** @type {Promise<IDBDatabase>|null} */
  let current = null;
  let full = false;

  return {
    /** @returns {Promise<IDBDatabase>} */
    get() {
      current ??= start();
      return current;
    },
    /** @param {boolean} value whether the disk took the last write */
    setFull(value) {
      full = value;
    },
    isFull: () => full,
  };

  async function start() {
    try {
      const db = await opening();
      db.onclose = () => {
        if (!full) current = null;
      };
      // A newer release wants to change the shape: step aside, else it waits for us for ever.
      db.onversionchange = () => {
        if (full) return;
        db.close();
        current = null;
      };
      return db;
    } catch (error) {
      if (!full) current = null;
      throw error;
    }
  }
}

/**
 * Do something in one transaction and wait for its end; whatever goes wrong takes all of it back.
 * The action may wait for requests of this transaction only.
 * @template T
 * @param {IDBDatabase} db @param {string[]} stores @param {IDBTransactionMode} mode
 * @param {(transaction: IDBTransaction) => Promise<T>} action
 * @param {IDBTransactionOptions} [options]
 * @returns {Promise<T>}
 */
export async function within(db, stores, mode, action, options) {
  const transaction = db.transaction(stores, mode, options);
  const end = done(transaction);
  try {
    const value = await action(transaction);
    await end;
    return value;
  } catch (error) {
    abort(transaction);
    await end.catch(() => undefined); // the reason is already on its way up
    throw transaction.error ?? error;
  }
}

/** @param {IDBTransaction} transaction */
function abort(transaction) {
  try {
    transaction.abort();
  } catch (error) {
    // It had ended by itself: there is nothing left to take back.
    if (/** @type {DOMException} */ (error).name !== "InvalidStateError") throw error;
  }
}
