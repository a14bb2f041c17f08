/** The part of the device check that only the page can know. */

/** @type {Record<string, () => Promise<boolean>>} */
const CHECKS = {
  secure: async () => window.isSecureContext,
  worker: async () => Boolean(navigator.serviceWorker?.controller),
  storage: async () => Boolean(navigator.storage?.persisted) && ((await navigator.storage.persisted()) || navigator.storage.persist()),
  camera: async () => {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return devices.some(({ kind }) => kind === "videoinput");
  },
};

/** Fill in the answers when the device screen has come into the page. */
export async function checkDevice() {
  for (const row of document.querySelectorAll("[data-check]:not(.good, .bad)")) {
    if (row instanceof HTMLElement) await answer(row);
  }
}

/** @param {HTMLElement} row */
async function answer(row) {
  const good = await CHECKS[row.dataset.check ?? ""]();
  row.classList.add(good ? "good" : "bad");
  const words = row.querySelector(".check-words");
  if (words) words.textContent = (good ? row.dataset.good : row.dataset.bad) ?? "";
  const use = row.querySelector("use");
  const picture = use?.getAttribute("href") ?? "";
  use?.setAttribute("href", picture.replace(/#.*/, good ? "#check" : "#refused"));
}
