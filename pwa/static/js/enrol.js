/** The page a QR code of an invitation leads to: the device becomes one of the warehouse's, and the app opens. */

import { enrol as enrolDevice, fetchFromEdge } from "./edge_client.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("#enrol"));
const told = /** @type {HTMLElement} */ (document.querySelector("#enrol-told"));
const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  enrol(tokenOf(field("token").value));
});
field("name").value = modelOf(navigator.userAgent);
begin();

/** The token of a scanned link stands behind the #, where no server log sees it. */
function begin() {
  const token = tokenOf(location.hash.slice(1));
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  field("token").value = token;
  enrol(token);
}

/** The bare token, `token=…`, the whole link, or the JSON of the invitation. @param {string} text */
function tokenOf(text) {
  const given = decodeURIComponent(text.trim());
  if (given.startsWith("{")) return String(JSON.parse(given).token ?? "");
  return given.replace(/^.*#/, "").replace(/^token=/, "");
}

/** @param {string} token */
async function enrol(token) {
  tell("working", "");
  form.dataset.unfinished = ""; // a new release would load the page again, and the token works once
  const answer = await enrolDevice(token, field("name").value.trim() || modelOf(navigator.userAgent));
  if (!answer.ok) return tell(answer.reason, "bad");
  await begins(answer.user);
  tell("done", "good");
  location.replace("/hand");
}

/** Whoever was invited begins the first shift; the next one signs in by badge. @param {any} user */
async function begins(user) {
  if (user) await fetchFromEdge("/edge/signin/first", { method: "POST", body: new URLSearchParams({ user: JSON.stringify(user) }) });
}

/** @param {'working'|'done'|'offline'|'refused'} what @param {string} tone */
function tell(what, tone) {
  told.hidden = false;
  told.className = `notice ${tone}`;
  told.textContent = form.dataset[what] ?? "";
}

/** Something a supervisor recognises in the list of devices. @param {string} agent */
function modelOf(agent) {
  const android = /Android[^;]*; ([^;)]+)/.exec(agent)?.[1]?.replace(/ Build.*/, "").trim();
  if (android && android !== "K") return android;
  return /iPhone|iPad|Android|Windows|Mac|Linux/.exec(agent)?.[0] ?? "PDA";
}
