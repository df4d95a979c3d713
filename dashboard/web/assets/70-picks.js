// Choices of a form as buttons that stay pressed: one of a group, or many (data-many). The group's Store holds what is pressed,
// so that the server can press them too. A button says its group (the Store's id) in data-group, its value in data-value.
(function () {
  "use strict";
  const clientside = window.dash_clientside.tikawatch;

  const members = (group) => [...document.querySelectorAll(`button[data-group="${group}"]`)];
  const press = (button, pressed) => button.setAttribute("aria-pressed", String(pressed));
  const isPressed = (button) => button.getAttribute("aria-pressed") === "true";

  document.addEventListener("click", function (event) {
    const button = event.target.closest("button[data-group]");
    if (!button) return;
    const group = members(button.dataset.group);
    const many = button.dataset.many === "yes";
    if (!many) group.forEach((each) => press(each, false));
    press(button, many ? !isPressed(button) : true);
    const chosen = group.filter(isPressed).map((each) => each.dataset.value);
    window.dash_clientside.set_props(button.dataset.group, { data: chosen });
  });

  // the Store was set by the server, or its buttons were made anew; these are drawn a moment later
  clientside.press = function (chosen, group) {
    const now = () => members(group).forEach((each) => press(each, (chosen || []).includes(each.dataset.value)));
    now();
    window.setTimeout(now, 50);
  };

  clientside.focus = function (place) {
    if (!place) return;
    window.setTimeout(function () {
      const first = document.querySelector(place.target);
      if (!first) return;
      first.focus();
      first.scrollIntoView({ block: "nearest" });
    }, 80);
  };
})();
