// A button that a press switches, and that is on for as long as it is held.

// Milliseconds from which on a press counts as held.
const HOLD = 400;

// isOn(): whether it is on; set(isOn) switches it.
export function attachSwitch(button, { isOn, set }) {
  // When the pointer was pressed, and what was on before; null for a key.
  let press = null;
  const leave = () => { if (press) set(press.wasOn); };
  button.addEventListener("pointerdown", ({ timeStamp }) => { press = { timeStamp, wasOn: isOn() }; set(true); });
  for (const release of ["pointerleave", "pointercancel"]) button.addEventListener(release, leave);
  // A key that is held repeats its click.
  button.addEventListener("keydown", (event) => { if (event.repeat) event.preventDefault(); press = null; });
  button.addEventListener("click", ({ timeStamp, detail }) => {
    const isPressed = detail > 0 && press;
    const isHeld = isPressed && timeStamp - press.timeStamp > HOLD;
    set(!isHeld && !(isPressed ? press.wasOn : isOn()));
    press = null;
  });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}
