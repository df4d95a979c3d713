// Writes a snapshot into the page: headline, equation, tiles, lists, incidents, monitor. Words come ready from the server.
(function () {
  "use strict";
  const tw = window.tikawatch;
  const { make, text, byId } = tw;

  function headline(item) {
    tw.sign(byId("headline-sign"), item.state, `sign is-${tw.slug(item.state)}`);
    const title = byId("sentence");
    text(title, item.text);
    tw.name(title, item.text.length > 98 ? "long-one" : "");
    const second = byId("second");
    const key = JSON.stringify(item.second);
    if (second.dataset.key === key) return;
    second.dataset.key = key;
    second.replaceChildren(...item.second.map(([words, strong]) => (strong ? make("strong", {}, words) : words)));
  }

  function card(item) {
    const place = byId(`number-${item.kind}`);
    const absent = !/^[\d\u2212]/.test(item.value);
    tw.name(place, `number ${item.kind}${absent ? " absent" : ""}`);
    tw.attribute(place, "title", item.title);
    text(place.querySelector(".value"), item.value);
    text(place.querySelector(".sub"), item.sub);
    corner(place.querySelector(".corner"), item);
    const bar = place.querySelector(".fill");
    bar.style.left = item.bar ? `${item.bar[0]}%` : "0";
    bar.style.width = item.bar ? `${item.bar[1] - item.bar[0]}%` : "0";
  }

  // the words beside a figure lead to its source, when that is an address
  function corner(place, item) {
    const key = `${item.corner}|${item.source}`;
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    const link = { href: item.source, target: "_blank", rel: "noopener noreferrer", title: `Source: ${item.source}` };
    place.replaceChildren(item.source ? make("a", link, item.corner) : item.corner);
  }

  function makeTile(place) {
    const button = make("button", { type: "button", style: `grid-area: ${place.row} / ${place.col}`, "data-code": place.code },
      make("span", { class: "name" }, place.name), make("span", { class: "value" }, make("span", { class: "sign" }), make("span", { class: "text" })),
      make("span", { class: "short" }, place.short),
      make("span", { class: "foot" }, make("span", { class: "share" }, make("i", {})), make("span", { class: "told" })));
    button.addEventListener("click", () => tw.openPanel(place.code));
    return button;
  }

  tw.drawTiles = function (tiles) {
    const states = new Map(tiles.map((tile) => [tile.code, tile]));
    tw.keyed(byId("tiles"), tw.static.tiles, (place) => place.code, makeTile, function (button, place) {
      const tile = states.get(place.code);
      if (!tile) return;
      tw.name(button, `tile is-${tw.slug(tile.state)}`);
      tw.attribute(button, "title", tile.title);
      tw.sign(button.querySelector(".sign"), tile.state, "sign");
      text(button.querySelector(".text"), tile.value);
      const told = button.querySelector(".told");
      text(told, tile.told);
      told.classList.toggle("absent", tile.share === null);
      const share = button.querySelector(".share");
      share.hidden = tile.share === null;
      share.firstElementChild.style.width = `${tile.share || 0}%`;
    });
  };

  function counts(place, items) {
    tw.keyed(place, items, (item) => item.state, function (item) {
      const chip = make("span", { class: `chip is-${tw.slug(item.state)}` }, tw.glyph(item.state));
      const sign = tw.glyph(item.state);
      sign.classList.add(`word-${tw.slug(item.state)}`);
      return make("span", { class: "count" }, chip, sign, make("span", {}, make("b", {}), ` ${item.state}`));
    }, function (element, item) {
      element.classList.toggle("none", item.count === 0);
      text(element.querySelector("b"), String(item.count));
    });
  }

  // a table whose rows are kept by key
  function table(place, heads, className) {
    let found = place.querySelector("table");
    if (!found) {
      const row = make("tr", {}, ...heads.map(([words, name]) => make("th", { scope: "col", class: name }, words)));
      found = make("table", { class: `rows ${className}` }, make("thead", {}, row), make("tbody", {}));
      place.replaceChildren(found);
    }
    return found;
  }

  function nameButton(code) {
    const button = make("button", { type: "button", class: "name" });
    button.addEventListener("click", () => tw.openPanel(code));
    return button;
  }

  function worst(item) {
    const place = byId("worst");
    const heads = [[item.title, ""], ["what", "unseen"], ["since", "right"], ["reported", "right told"], ["behind", "right behind"]];
    const found = table(place, heads, "");
    text(found.querySelector("th"), item.title);
    tw.keyed(found.tBodies[0], item.rows, (row) => row.code, function (row) {
      return make("tr", {}, make("td", {}, make("span", { class: "sign" }), nameButton(row.code)), make("td", { class: "what" }),
        make("td", { class: "right" }), make("td", { class: "right told" }), make("td", { class: "right behind" }));
    }, function (element, row) {
      const cells = element.children;
      tw.sign(cells[0].firstElementChild, row.state, `sign word-${tw.slug(row.state)}`);
      text(cells[0].lastElementChild, row.name);
      text(cells[1], row.what);
      text(cells[2], row.since);
      text(cells[3], row.told);
      tw.attribute(cells[3], "title", row.told_title);
      text(cells[4], row.behind);
      tw.attribute(cells[4], "title", row.behind_title);
      cells[4].classList.toggle("dim", row.behind === "?");
    });
    let rest = place.querySelector(".rest");
    if (!rest) place.append((rest = make("p", { class: "rest" })));
    place.classList.toggle("bare", item.rows.length === 0);
    text(rest, item.rest);
    rest.hidden = !item.rest;
  }

  function box(item) {
    const place = byId("box");
    tw.name(place, `box${item.waits ? " waits" : ""}`);
    const key = JSON.stringify(item);
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    place.replaceChildren(make("strong", {}, item.title), ...item.lines.map((line) => make("span", {}, line)));
  }

  function incidentRow(row) {
    const button = make("button", { type: "button", class: "action" }, "Acknowledge");
    button.addEventListener("click", () => tw.ask(row, button));
    return make("tr", {}, make("td", { class: "kind" }, make("span", { class: "sign" }), make("a", { href: `/incidents/?id=${row.id}` })), make("td", { class: "where" }),
      make("td", { class: "since" }), make("td", { class: "lasts" }), make("td", { class: "told" }), make("td", { class: "answered" }, button, make("span", {})));
  }

  function writeIncident(element, row) {
    const [kind, where, since, lasts, told, answered] = element.children;
    const [button, words] = answered.children;
    element.classList.toggle("gone", Boolean(row.until));
    tw.sign(kind.firstElementChild, row.state, `sign word-${tw.slug(row.state)}`);
    text(kind.lastElementChild, row.kind);
    text(where, row.doses ? `${row.doses} · ${row.where}` : row.where);
    tw.attribute(where, "title", `${row.where}. ${row.sentence} ${row.doses_title}`.trim());
    text(since, row.since);
    text(lasts, row.lasts);
    text(told, row.told);
    if (button.dataset.step !== String(row.step)) {
      button.dataset.step = String(row.step);
      button.disabled = false;
      text(button, "Acknowledge");
    }
    button.hidden = !row.waiting;
    const said = row.until ? row.ended : row.answered;
    text(words, said);
    tw.attribute(answered, "title", said);
  }

  function incidents(open, resolved) {
    const place = byId("incidents");
    const title = open.length ? `${open.length} open ${open.length === 1 ? "incident" : "incidents"}` : "No open incident";
    const rows = [...open, ...resolved];
    if (!rows.length) {
      if (!place.querySelector(".calm")) place.replaceChildren(make("p", { class: "calm" }, "No open incident, and none ended today."));
      return;
    }
    const found = table(place, [[title, ""], ["where", ""], ["since", "right"], ["lasts", "right"], ["told", "right"], ["answered", ""]], "");
    text(found.querySelector("th"), title);
    tw.keyed(found.tBodies[0], rows, (row) => row.id, incidentRow, writeIncident);
    const card = byId("incidents-card");
    if (card.scrollHeight > card.clientHeight + 1) card.setAttribute("tabindex", "0");
    else card.removeAttribute("tabindex");
  }

  function monitor(items) {
    const place = byId("monitor");
    const key = JSON.stringify(items);
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    place.replaceChildren(...items.map(function (item) {
      const sign = item.state ? make("span", { class: `sign word-${tw.slug(item.state)}`, style: "display: inline" }, tw.glyph(item.state), " ") : null;
      return make("div", { class: "item" }, make("strong", {}, sign, item.main), make("span", {}, item.sub));
    }));
  }

  window.dash_clientside.tikawatch.words = function (snapshot) {
    if (!snapshot) return;
    tw.snapshot = snapshot;
    text(byId("date"), snapshot.date);
    headline(snapshot.headline);
    snapshot.equation.forEach(card);
    text(byId("equation-line"), snapshot.equation_line);
    tw.drawTiles(snapshot.tiles);
    for (const id of ["counts", "counts-on-map"]) counts(byId(id), snapshot.counts);
    worst(snapshot.worst);
    box(snapshot.box);
    incidents(snapshot.incidents, snapshot.resolved);
    monitor(snapshot.footer);
    document.body.dataset.drawn = String(Number(document.body.dataset.drawn || 0) + 1);
  };

  window.dash_clientside.tikawatch.answered = function (answer) {
    if (!answer || answer.taken) return;
    const row = (tw.snapshot ? tw.snapshot.incidents : []).find((item) => item.id === answer.incident);
    const button = document.querySelector(`#incidents tr[data-key="${answer.incident}"] .action`);
    if (row && button) tw.notTaken(button);
  };
})();
