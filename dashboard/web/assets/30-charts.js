// Charts: a figure stands once in the layout and is only ever patched, so that a zoom survives (replacing it would lose it).
(function () {
  "use strict";
  const tw = window.tikawatch;
  const plot = (id) => document.querySelector(`#${id} .js-plotly-plot`);
  const axes = (layout) => Object.keys(layout).filter((name) => /^xaxis\d*$/.test(name));
  const moment = (stamp) => Date.parse(String(stamp).replace(" ", "T"));
  let whole = null; // the range of the whole window on the screen

  function register() {
    if (window.Plotly && !tw.localised) {
      window.Plotly.register(tw.locale);
      tw.localised = true;
    }
  }

  // the range that the user chose; null when the whole window is on the screen
  function zoomed() {
    const graph = plot("day-chart");
    if (!whole || !graph || !graph._fullLayout || graph._fullLayout.uirevision !== "day") return null;
    const range = graph._fullLayout.xaxis.range;
    const moved = range.some((end, n) => Math.abs(moment(end) - moment(whole[n])) > 1000);
    return moved ? range.slice() : null;
  }

  function showWhole() {
    const graph = plot("day-chart");
    if (!whole || !graph) return;
    window.Plotly.relayout(graph, Object.fromEntries(axes(graph.layout).map((name) => [`${name}.range`, whole.slice()])));
  }

  tw.bindCharts = function () {
    const button = tw.byId("whole-day");
    button.addEventListener("click", showWhole);
    window.setInterval(() => { button.hidden = zoomed() === null; }, 250);
  };

  window.dash_clientside.tikawatch.day = function (day, figure) {
    if (!day) return window.dash_clientside.no_update;
    register();
    const next = day.figure;
    const chosen = zoomed();
    whole = next.layout.xaxis.range.slice();
    // a window that has moved on to another day leaves the chosen range behind
    if (chosen && moment(chosen[0]) >= moment(whole[0]) && moment(chosen[1]) <= moment(whole[1])) {
      for (const name of axes(next.layout)) next.layout[name].range = chosen.slice();
    }
    const patch = new window.dash_clientside.Patch();
    window.setTimeout(() => { document.body.dataset.charted = String(Number(document.body.dataset.charted || 0) + 1); }, 0);
    return patch.assign(["data"], next.data).assign(["layout"], next.layout).build();
  };

  window.dash_clientside.tikawatch.panel = function (panel, figure) {
    if (!panel) return window.dash_clientside.no_update;
    register();
    tw.writePanel(panel);
    const patch = new window.dash_clientside.Patch();
    window.setTimeout(() => { const graph = plot("panel-chart"); if (graph && window.Plotly && graph.offsetWidth) window.Plotly.Plots.resize(graph); }, 50);
    return patch.assign(["data"], panel.chart.data).assign(["layout"], panel.chart.layout).build();
  };
})();
