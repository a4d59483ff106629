// Draws a tuning job's plots: data from our server, colours from our style sheet, drawing by plotly.
"use strict";
(() => {
  const PAUSE = 3000; // milliseconds between two times of asking for the plots of a job that runs
  const place = document.getElementById("plots");
  if (!place || !window.Plotly) return;
  const wide = matchMedia("(max-width: 720px)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let figures = {};
  let version = "";
  let asked = 0;
  let timer = 0;

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Between two colours of the palette, written #rrggbb.
  function between(from, to, share) {
    const part = (text, index) => parseInt(text.slice(1 + 2 * index, 3 + 2 * index), 16);
    const mixed = [0, 1, 2].map((index) => Math.round(part(from, index) + share * (part(to, index) - part(from, index))));
    return `rgb(${mixed.join(", ")})`;
  }

  function trace(one) {
    const made = { ...one };
    const role = (one.meta || {}).role;
    if (role === "dots") made.marker = { color: css("--line-strong"), size: 7 };
    if (role === "best") made.line = { ...one.line, color: css("--accent"), width: 2.4 };
    if (role === "bars") { made.marker = { color: css("--accent") }; made.textfont = { color: css("--ink") }; }
    if (role === "line") made.line = { ...one.line, color: between(css("--line"), css("--accent"), one.meta.place) };
    if (role === "shades") {
      const scale = [[0, between(css("--line"), css("--accent"), 0.25)], [1, css("--accent")]];
      made.marker = { ...one.marker, colorscale: scale, size: 7, line: { width: 1, color: css("--card") } };
    }
    return made;
  }

  function layout(figure, name) {
    const quiet = css("--quiet");
    const made = { ...figure.layout, autosize: true, showlegend: false, hovermode: "closest" };
    made.font = { family: css("--sans"), size: 12, color: quiet };
    made.paper_bgcolor = made.plot_bgcolor = "rgba(0, 0, 0, 0)";
    made.margin = { l: 62, r: 24, t: 12, b: 46 };
    made.hoverlabel = { bgcolor: css("--card"), bordercolor: css("--line-strong"), font: { color: css("--ink"), size: 12.5 } };
    // Dragging would keep a finger from scrolling the page.
    made.dragmode = wide.matches ? false : "zoom";
    made.height = { importance: 40 + 34 * figure.columns + 46, parallel: 360, slices: 300, history: 300 }[name];
    for (const key of Object.keys(figure.layout).filter((each) => /^[xy]axis/.test(each))) {
      made[key] = { ...figure.layout[key], gridcolor: css("--line"), zerolinecolor: css("--line"), linecolor: css("--line-strong") };
    }
    if (figure.layout.annotations) {
      made.annotations = figure.layout.annotations.map((each) => ({ ...each, font: { size: 11, color: quiet } }));
    }
    if (figure.layout.shapes) {
      made.shapes = figure.layout.shapes.map((each) => ({ ...each, line: { color: css("--line-strong"), width: 1 } }));
    }
    return made;
  }

  function draw() {
    for (const target of place.querySelectorAll("[data-figure]")) {
      const name = target.dataset.figure;
      const figure = figures[name];
      const part = target.closest(".plot-part");
      if (part) part.hidden = !figure;
      if (!figure) continue;
      const least = { parallel: 110, slices: 200 }[name];
      if (least) target.style.minWidth = `${least * figure.columns}px`;
      target.setAttribute("role", "img");
      target.setAttribute("aria-label", figure.summary);
      const fresh = !target.classList.contains("js-plotly-plot");
      Plotly.react(target, figure.data.map(trace), layout(figure, name), { displayModeBar: false, responsive: true });
      if (fresh) target.on("plotly_click", (event) => find(event.points[0]));
    }
    document.documentElement.classList.toggle("plotted", Boolean(figures.history));
  }

  // From a point to its row of the table.
  function find(point) {
    const number = point.data.ids ? point.data.ids[0] : point.customdata;
    const row = document.getElementById(`trial-${number}`);
    const link = row && row.querySelector("a");
    if (!link) return;
    row.scrollIntoView({ block: "center" });
    link.focus({ preventScroll: true });
  }

  async function load() {
    timer = 0;
    asked = Date.now();
    const answer = await fetch(place.dataset.plots).catch(() => null);
    if (!answer || !answer.ok) return; // the table and the chart of the server stay
    figures = await answer.json();
    draw();
  }

  // Asks again only when a trial more has ended.
  function renew() {
    const now = document.getElementById("trials")?.dataset.version;
    if (now === version) return;
    version = now;
    if (!timer) timer = setTimeout(load, Math.max(0, asked + PAUSE - Date.now()));
  }

  document.body.addEventListener("studio:updated", renew);
  dark.addEventListener("change", draw);
  wide.addEventListener("change", draw);
  renew();
})();
