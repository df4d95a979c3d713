// Pages of tables: a slider's thumb takes the name of its group, and a button that was drawn anew gets its focus back.
// Dash gives a thumb no name, lets a hidden field stand for a list's button, and makes new elements for rows sent again.
(function () {
  "use strict";
  let held = null; // id of what has the focus, until a pointer goes elsewhere

  document.addEventListener("focusin", (event) => { held = event.target.id || null; });
  document.addEventListener("pointerdown", () => { held = null; });

  new MutationObserver(() => {
    for (const thumb of document.querySelectorAll("[role=group][aria-label] [role=slider]:not([aria-label])")) {
      thumb.setAttribute("aria-label", thumb.closest("[role=group]").getAttribute("aria-label"));
    }
    for (const hidden of document.querySelectorAll("input[aria-hidden=true][tabindex='0']")) hidden.tabIndex = -1;
    for (const button of document.querySelectorAll("button.dash-dropdown[tabindex='-1']")) button.tabIndex = 0;
    const again = held && document.activeElement === document.body ? document.getElementById(held) : null;
    if (again) again.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
