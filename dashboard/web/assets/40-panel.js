// The panel of one district: a modal dialog, so the browser itself keeps the focus inside, closes on Escape and gives it back.
(function () {
  "use strict";
  const tw = window.tikawatch;
  const { make, text, byId } = tw;
  const LABELLED = [["line", "step-1"], ["registry answers", "step-3"], ["transfer", "ink3"], ["seen again", "step-2"]];
  let open = null; // code of the district on show

  tw.openPanel = function (code) {
    const tile = tw.snapshot && tw.snapshot.tiles.find((item) => item.code === code);
    const place = tw.static.tiles.find((item) => item.code === code);
    const dialog = byId("panel-dialog");
    open = code;
    dialog.classList.add("waiting");
    delete byId("panel-name").dataset.more;
    text(byId("panel-name"), place ? place.name : "District");
    if (tile) tw.sign(byId("panel-sign"), tile.state, `sign is-${tw.slug(tile.state)}`);
    text(byId("panel-sentence"), "");
    byId("panel-words").replaceChildren();
    if (!dialog.open) dialog.showModal();
    tw.send("selected", { code: code, n: Date.now() });
  };

  tw.refreshPanel = function () {
    if (open !== null) tw.send("selected", { code: open, n: Date.now() });
  };

  tw.bindPanel = function () {
    const dialog = byId("panel-dialog");
    byId("panel-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", function () { open = null; });
  };

  function figures(panel) {
    if (!panel.figures.length) return [make("p", { class: "dim" }, "Nothing told for this day yet: not reported, which is not zero.")];
    return [make("table", {}, make("tbody", {}, ...panel.figures.map(function (row) {
      const link = { href: row.source, target: "_blank", rel: "noopener noreferrer", title: row.title };
      const source = row.source ? make("a", link, "source") : make("span", { title: row.title }, row.title || "no source given");
      const remark = [row.hour, row.of, row.rehearsed ? "rehearsed, made up" : ""].filter(Boolean).join(" · ");
      return make("tr", {}, make("td", {}, row.label), make("td", { class: "right" }, row.value), make("td", {}, remark, make("span", { class: "dim" }, source)));
    })))];
  }

  function pace(panel) {
    if (!panel.pace.length) return [];
    return [make("table", {}, make("tbody", {}, ...panel.pace.map((row) => make("tr", {},
      make("td", {}, row.label), make("td", { class: "right" }, row.value), make("td", {}, row.hour, make("span", { class: "dim" }, row.title)))))),
      make("p", {}, make("a", { href: "/doses/" }, "How is this computed?"))];
  }

  function incidents(panel) {
    if (!panel.incidents.length) return [make("p", { class: "dim" }, "None today.")];
    return [make("table", {}, make("tbody", {}, ...panel.incidents.map((row) => make("tr", {},
      make("td", {}, make("span", { class: `word-${tw.slug(row.state)}` }, tw.glyph(row.state), " "), make("b", {}, row.kind), `, ${row.phase}`),
      make("td", {}, row.when, make("span", { class: "dim" }, row.sentence))))))];
  }

  tw.writePanel = function (panel) {
    if (panel.code !== open) return;
    byId("panel-dialog").classList.remove("waiting");
    const name = byId("panel-name");
    const more = `${panel.more} · ${panel.state}${panel.since ? ` since ${panel.since}` : ""}`;
    if (name.dataset.more !== panel.name + more) {
      name.dataset.more = panel.name + more;
      name.replaceChildren(panel.name, make("span", {}, more));
    }
    tw.sign(byId("panel-sign"), panel.state, `sign is-${tw.slug(panel.state)}`);
    text(byId("panel-sentence"), panel.sentence);
    const words = byId("panel-words");
    const { chart, ...rest } = panel;
    const key = JSON.stringify(rest);
    if (words.dataset.key === key && words.children.length) return;
    words.dataset.key = key;
    const officer = panel.officer;
    words.replaceChildren(
      make("p", { class: "phases" }, ...LABELLED.map(([part, colour]) => make("span", {}, make("i", { style: `display:inline-block;width:10px;height:10px;margin-right:5px;background:var(--${colour})` }), part))),
      make("p", {}, make("a", { href: `/why/?district=${panel.code}` }, "Why, and why not")),
      make("h3", {}, "Doses"), ...pace(panel), ...figures(panel), make("h3", {}, "Incidents today"), ...incidents(panel),
      make("h3", {}, "Officer"), make("p", {}, `${officer.name}, ${officer.mail}${officer.made_up ? " (made up for the rehearsal)" : ""}`));
  };
})();
