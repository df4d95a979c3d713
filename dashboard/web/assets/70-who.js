// Who does it: a name written in one such field is kept in this browser, and stands in all of them from then on, on every page and in every tab.
(function () {
  "use strict";
  const KEY = "tikawatch-who";
  const fields = () => document.querySelectorAll(".who-name input");

  function kept() {
    try { return window.localStorage.getItem(KEY) || ""; } catch (blocked) { return ""; }
  }

  function keep(name) {
    try { window.localStorage.setItem(KEY, name); } catch (blocked) { return; }
  }

  const write = (field, name) => { if (field.value !== name) window.dash_clientside.set_props(field.id, { value: name }); };

  document.addEventListener("change", function (event) {
    if (!event.target.closest(".who-name")) return;
    keep(event.target.value.trim());
    fields().forEach((field) => write(field, kept()));
  });

  // in another tab, perhaps by the next officer at this machine
  window.addEventListener("storage", (event) => { if (event.key === KEY) fields().forEach((field) => write(field, kept())); });

  // a field is filled once, when it is drawn: who empties it to write another name is left alone
  new MutationObserver(function () {
    document.querySelectorAll(".who-name:not([data-begun]) input").forEach(function (field) {
      field.closest(".who-name").dataset.begun = "yes";
      if (kept() && !field.value) write(field, kept());
    });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
