/** What just happened, for ear, hand and eye; it speaks once, when it comes into the page. */

import { play } from "../sound.js";
import { vibrate } from "../vibrate.js";

const TONES = ["good", "caution", "bad", "quiet"];

class ScanFeedback extends HTMLElement {
  connectedCallback() {
    const tone = /** @type {import('../sound.js').Tone} */ (this.getAttribute("tone"));
    if (!TONES.includes(tone)) return;
    play(tone);
    vibrate(tone);
  }
}

customElements.define("scan-feedback", ScanFeedback);
