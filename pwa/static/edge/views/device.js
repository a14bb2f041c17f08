/** Device check: everything a phone needs before a shift, each with a plain yes or no. */

import { html } from "../html.js";
import { icon } from "./parts.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {{strictMs: number|null, offset: number|null, error: number|null, online: boolean, lastContact: number|null, device: string, app: string}} Facts
 */

const IN_PAGE = ["secure", "worker", "storage", "camera"];

/** @param {View} view @param {Facts} facts @returns {Html} */
export function body(view, facts) {
  return html`<ul class="checks">
      ${IN_PAGE.map((name) => html`<li class="check" data-check="${name}" data-good="${view.t(`device.${name}.good`)}" data-bad="${view.t(`device.${name}.bad`)}">
        <span class="check-icon">${icon("clock")}</span><b>${view.t(`device.${name}`)}</b><span class="check-words">…</span></li>`)}
      ${check(view, "strict", facts.strictMs === null ? "bad" : facts.strictMs <= 50 ? "good" : "caution", facts.strictMs === null ? view.t("device.strict.bad") : view.t("device.strict.ms", { ms: facts.strictMs.toFixed(1) }))}
      ${check(view, "clock", clockTone(facts.offset), facts.offset === null ? view.t("device.clock.unknown") : view.t("device.clock.offset", { s: (Math.round(facts.offset / 100) / 10 || 0).toFixed(1), error: ((facts.error ?? 0) / 1000).toFixed(1) }))}
      ${check(view, "server", facts.online ? "good" : "caution", view.t(facts.online ? "device.server.good" : "device.server.bad"))}
    </ul>
    <section class="group"><h2 class="group-title">${view.t("device.scanner")}</h2>
      <scanner-test class="card scanner-test" waiting="${view.t("device.scanner.prompt")}" length="${view.t("device.scanner.length")}" took="${view.t("device.scanner.took")}"></scanner-test></section>
    <section class="group"><h2 class="group-title">${view.t("device.sound")}</h2>
      <div class="sounds">${["good", "caution", "bad"].map((tone) => html`<button class="button" type="button" data-sound="${tone}">${icon("sound")}${view.t(`device.sound.${tone}`)}</button>`)}</div></section>
    <p class="as-of">${facts.device} · ${facts.app}</p>`;
}

/** @param {number|null} offset */
function clockTone(offset) {
  if (offset === null) return "caution";
  return Math.abs(offset) <= 120_000 ? "good" : "bad";
}

/** @param {View} view @param {string} name @param {string} tone @param {string} words @returns {Html} */
function check(view, name, tone, words) {
  return html`<li class="check ${tone}"><span class="check-icon">${icon(tone === "good" ? "check" : tone === "bad" ? "refused" : "caution")}</span><b>${view.t(`device.${name}`)}</b><span class="check-words">${words}</span></li>`;
}
