// What keeps ads from being made: the reason and the remedies are at the button, which is disabled.

import { find, replaceContent } from "./dom.js";

// By cause: {text, remedies}; the first one that blocks is shown.
const causes = { services: null, form: null };

// cause: "services" or "form". text: the reason, or "" where it no longer blocks. remedies: buttons.
export function blockMaking(cause, text, remedies = []) {
  causes[cause] = text ? { text, remedies } : null;
  const shown = Object.values(causes).find(Boolean);
  for (const id of ["#make", "#vary", "#place-update"]) find(id).disabled = Boolean(shown);
  // A repeated text is not read out again.
  if (find("#make-wrong").textContent !== (shown?.text ?? "")) find("#make-wrong").textContent = shown?.text ?? "";
  replaceContent(find("#make-remedies"), shown?.remedies ?? []);
}
