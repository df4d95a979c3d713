// What all scripts here share: the name space, the browser's theme and size, making and changing elements.
// No script replaces an element that may hold the focus: it changes texts and classes, and only when they differ.
(function () {
  "use strict";
  const tw = (window.tikawatch = window.tikawatch || {});
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.tikawatch = {};

  // plotly.js: Indian grouping, and no way of writing 1M
  window.PlotlyLocales = window.PlotlyLocales || {};
  window.PlotlyConfig = Object.assign(window.PlotlyConfig || {}, { locale: "en-IN" });
  tw.locale = { moduleType: "locale", name: "en-IN", dictionary: {}, format: { grouping: [3, 2, 2, 2, 2], thousands: ",", decimal: "." } };

  tw.static = { glyphs: {}, tiles: [], zone: "Asia/Kolkata", refresh_s: 5 };
  tw.view = { theme: "dark", size: "desk" };
  tw.byId = (id) => document.getElementById(id);
  tw.send = (id, data) => window.dash_clientside.set_props(id, { data: data });
  tw.slug = (state) => String(state).replace(/ /g, "-");

  tw.make = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== "") element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  tw.text = function (element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  };

  tw.attribute = function (element, name, value) {
    if (!value) element.removeAttribute(name);
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  tw.name = function (element, className) {
    if (element.className !== className) element.className = className;
  };

  // the sign of a state as inline SVG, in the colour of the text around it
  tw.glyph = function (state) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("class", "glyph");
    svg.setAttribute("aria-hidden", "true");
    const glyph = tw.static.glyphs[state] || {};
    for (const [part, className] of [["fill", "fill"], ["line", "line"], ["cut_line", "cut"]]) {
      if (!glyph[part]) continue;
      const path = document.createElementNS(space, "path");
      path.setAttribute("d", glyph[part]);
      path.setAttribute("class", className);
      if (glyph.width) path.setAttribute("stroke-width", glyph.width);
      svg.append(path);
    }
    return svg;
  };

  // a place that shows one sign, changed only when the state is another
  tw.sign = function (element, state, className) {
    tw.name(element, className);
    if (element.dataset.state === state) return;
    element.dataset.state = state;
    element.replaceChildren(tw.glyph(state));
  };

  // children by key: kept, moved, made or removed; `update(element, item)` writes into them
  tw.keyed = function (parent, items, key, make, update) {
    const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
    let before = null;
    for (const item of items) {
      const name = String(key(item));
      let element = known.get(name);
      if (!element) {
        element = make(item);
        element.dataset.key = name;
      }
      known.delete(name);
      const next = before ? before.nextElementSibling : parent.firstElementChild;
      if (next !== element) parent.insertBefore(element, next);
      update(element, item);
      before = element;
    }
    known.forEach((element) => element.remove());
  };

  // -- theme and size ---------------------------------------------------------------------------------------------------
  const prefersLight = window.matchMedia("(prefers-color-scheme: light)");
  const isWall = window.matchMedia("(min-width: 1800px) and (min-height: 1000px)");
  const isDesk = window.matchMedia("(min-width: 900px)");

  function stored() {
    try { return window.localStorage.getItem("tikawatch-theme"); } catch (blocked) { return null; }
  }

  function current() {
    const theme = stored() || (prefersLight.matches ? "light" : "dark");
    return { theme: theme, size: isWall.matches ? "wall" : isDesk.matches ? "desk" : "phone" };
  }

  tw.applyView = function (send) {
    const view = current();
    const changed = view.theme !== tw.view.theme || view.size !== tw.view.size;
    tw.view = view;
    document.documentElement.dataset.theme = view.theme;
    const button = tw.byId("theme");
    if (button) {
      tw.text(button, view.theme === "dark" ? "Light" : "Dark");
      tw.attribute(button, "title", `Change to ${view.theme === "dark" ? "light" : "dark"} colours`);
    }
    if (changed && send && tw.tellsView) tw.send("view", view);
    return view;
  };

  tw.toggleTheme = function () {
    try { window.localStorage.setItem("tikawatch-theme", tw.view.theme === "dark" ? "light" : "dark"); } catch (blocked) { return; }
    tw.applyView(true);
  };

  // pages without a clock of their own bind the button by one of these; the second also tells the server theme and size
  window.dash_clientside.tikawatch.bindTheme = function () {
    tw.byId("theme").addEventListener("click", tw.toggleTheme);
    tw.applyView(false);
    return window.dash_clientside.no_update;
  };

  window.dash_clientside.tikawatch.bindView = function () {
    tw.tellsView = true;
    tw.byId("theme").addEventListener("click", tw.toggleTheme);
    return tw.applyView(false);
  };

  for (const query of [prefersLight, isWall, isDesk]) query.addEventListener("change", () => tw.applyView(true));
  tw.applyView(false);
})();
