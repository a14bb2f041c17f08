/** Choosing a place by a tap, where no label can be scanned. */

import { html } from "../html.js";
import { placeChoices } from "./pick.js";

/** @param {import('./parts.js').View} view @param {{action: string, places: {id: string, code: string}[]}} choice */
export function body(view, { action, places }) {
  return html`<p class="lead">${view.t("place.lead")}</p>${placeChoices(action, places)}
    ${places.length === 0 && html`<p class="quiet">${view.t("place.none")}</p>`}`;
}
