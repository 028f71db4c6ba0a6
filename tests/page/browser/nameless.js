// Counts what can be pressed, or is a picture, and has no name.
() => [...document.querySelectorAll("button, a, select, input, [role=button], [role=img]")].filter((one) =>
  one.checkVisibility() && !(one.getAttribute("aria-label") || one.textContent).trim()).length
