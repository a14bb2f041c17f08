/** Three sounds that nobody confuses with their eyes elsewhere: done, odd, refused; and a tick. */

/** @typedef {'good'|'caution'|'bad'|'quiet'} Tone */

/** Each sound: [hertz, begins after ms, lasts ms, how loud]. @type {Record<Tone, [number, number, number, number][]>} */
const SOUNDS = {
  good: [[1800, 0, 80, 0.35]],
  caution: [[1200, 0, 90, 0.4], [1200, 150, 90, 0.4]],
  bad: [[300, 0, 400, 0.6]],
  quiet: [[2400, 0, 18, 0.12]],
};

/** @type {AudioContext|null} */
let context = null;

/** Browsers stay silent until a person touched the page once. */
export function unlock() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
}

/** @param {Tone} tone */
export function play(tone) {
  if (!context || context.state !== "running") return;
  for (const [hertz, after, lasts, loud] of SOUNDS[tone]) beep(context, { hertz, after: after / 1000, lasts: lasts / 1000, loud });
}

/** @param {AudioContext} audio @param {{hertz: number, after: number, lasts: number, loud: number}} note */
function beep(audio, { hertz, after, lasts, loud }) {
  const oscillator = audio.createOscillator();
  const volume = audio.createGain();
  const begin = audio.currentTime + after;
  oscillator.type = "square";
  oscillator.frequency.value = hertz;
  volume.gain.setValueAtTime(loud, begin);
  // A hard end clicks in the loudspeaker; a short slope does not.
  volume.gain.setTargetAtTime(0, begin + lasts - 0.01, 0.004);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(begin);
  oscillator.stop(begin + lasts + 0.03);
}
