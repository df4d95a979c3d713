// The moving parts: clock in the state's zone, age of the newest sample, and what to say when the server does not answer.
// All judged in the browser, so that a dead server cannot keep the page looking live.
(function () {
  "use strict";
  const tw = window.tikawatch;
  const OLD_S = 300;
  let told = null; // the last answer: {now_ms, newest_ms, stale_after_s}
  let arrived = 0; // when it came, by the browser's monotonic clock

  const format = (options) => new Intl.DateTimeFormat("en-GB", Object.assign({ timeZone: tw.static.zone, hour12: false }, options));
  const hour = (ms) => format({ hour: "2-digit", minute: "2-digit" }).format(new Date(ms));
  const lasting = (s) => (s < 120 ? `${Math.max(0, Math.round(s))} s` : s < 3600 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")}`);

  tw.now = () => (told ? told.now_ms + (performance.now() - arrived) : null);

  function age(now) {
    const place = tw.byId("age");
    if (told.newest_ms === null) {
      tw.text(place, "no sample yet");
      tw.name(place, "age");
      return null;
    }
    const seconds = Math.max(0, (now - told.newest_ms) / 1000);
    if (!place.querySelector("b")) place.replaceChildren(tw.make("span", { class: "words" }, "Newest sample "), tw.make("b", {}), " old");
    tw.text(place.querySelector("b"), lasting(seconds));
    tw.name(place, seconds > told.stale_after_s ? "age stale" : "age");
    return seconds;
  }

  function trouble(silent_s, age_s, now) {
    const place = tw.byId("trouble");
    const limit = Math.max(15, 3 * tw.static.refresh_s + 5);
    let words = "";
    if (silent_s > limit) {
      words = `This page has had no answer from the control room's server since ${hour(now - silent_s * 1000)}. What stands below is of then. Watching and mails do not depend on this page.`;
    } else if (age_s !== null && age_s > OLD_S && !(tw.snapshot && tw.snapshot.headline.state === "blind")) {
      words = `Data is old: nothing heard since ${hour(told.newest_ms)}, ${lasting(age_s)} ago. This is not the state now.`;
    }
    if (!words && told.judged_ms && now - told.judged_ms > 60000) {
      words = `Nothing has been judged since ${hour(told.judged_ms)}: the watch has stopped. What stands below is of then.`;
    }
    tw.text(place, words);
    tw.text(tw.byId("panel-trouble"), words);
    document.body.classList.toggle("old", Boolean(words) || (age_s !== null && age_s > OLD_S));
  }

  function tick() {
    if (!told) return;
    const now = tw.now();
    tw.text(tw.byId("clock"), `${hour(now)} IST`);
    trouble((performance.now() - arrived) / 1000, age(now), now);
  }

  window.dash_clientside.tikawatch.heard = function (heard) {
    if (!heard) return;
    told = heard;
    arrived = performance.now();
    document.body.dataset.heard = String(Number(document.body.dataset.heard || 0) + 1);
    tick();
    if (tw.refreshPanel) tw.refreshPanel();
  };

  // the first call of the page: keep what is given once, bind the buttons, tell the server theme and size
  window.dash_clientside.tikawatch.start = function (given) {
    Object.assign(tw.static, given);
    tw.tellsView = true;
    tw.byId("theme").addEventListener("click", tw.toggleTheme);
    tw.bindPanel();
    tw.bindAsk();
    tw.bindCharts();
    tw.bindTabs();
    window.setInterval(tick, 1000);
    return tw.applyView(false);
  };

  tw.bindTabs = function () {
    const tabs = [...document.querySelectorAll(".tabs a")];
    const mark = (chosen) => tabs.forEach((tab) => tab.classList.toggle("here", tab === chosen));
    tabs.forEach((tab) => tab.addEventListener("click", () => mark(tab)));
    mark(tabs[0]);
  };
})();
