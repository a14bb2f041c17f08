/** One camera for all screens: it stays on while screens change, until somebody shuts it. */

export function toggleCamera() {
  const camera = document.querySelector("camera-view");
  if (!camera) return;
  camera.toggleAttribute("open");
}
