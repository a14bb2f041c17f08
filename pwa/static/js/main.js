/** The page of the hand app: wakes the worker, listens for scans, keeps the screen on. */

import "./elements/camera_view.js";
import "./elements/number_pad.js";
import "./elements/open_file.js";
import "./elements/qr_series.js";
import "./elements/save_file.js";
import "./elements/scan_feedback.js";
import "./elements/scanner_test.js";
import { checkDevice } from "./device_check.js";
import { toggleCamera } from "./camera_toggle.js";
import { startEdge } from "./edge_client.js";
import { ask, listenForScans } from "./scanning.js";
import { language, say } from "./say.js";
import { play, unlock } from "./sound.js";
import { t } from "../edge/words.js";
import { vibrate } from "./vibrate.js";
import { keepAwake } from "./wake.js";
import { listenToWedge } from "./wedge.js";

listenToWedge();
listenForScans();
keepAwake();
document.addEventListener("pointerdown", unlock, { capture: true });
document.addEventListener("keydown", unlock, { capture: true });
document.addEventListener("click", onClick);
document.addEventListener("htmx:after:swap", checkDevice);
document.addEventListener("htmx:after:swap", onDoor);
document.addEventListener("htmx:after:swap", speakAlike);
document.addEventListener("htmx:error", () => say("bad", "page.failed"));
startEdge();
ask("GET", "/edge/start");

/** The page was kept in the language of whoever opened it first; what is around the screen speaks as the screen does. */
function speakAlike() {
  document.documentElement.lang = language() === "en" ? "en" : "zh-CN";
  for (const each of document.querySelectorAll(".scanners, #scan-sink")) each.setAttribute("aria-label", t(language(), "scan.input"));
}

/** Few people stand at a customer's door: what draws signatures is loaded when somebody does. */
function onDoor() {
  if (document.querySelector("signature-pad, take-photo")) import("./elements/at_the_door.js");
}

/** Buttons that speak to the device and not to the edge. @param {MouseEvent} event */
function onClick(event) {
  const button = event.target instanceof Element ? event.target.closest("[data-sound], [data-camera]") : null;
  if (!(button instanceof HTMLElement)) return;
  if (button.dataset.camera === "toggle") toggleCamera();
  const tone = button.dataset.sound;
  if (tone === "good" || tone === "caution" || tone === "bad") {
    play(tone);
    vibrate(tone);
  }
}
