// Draws the figures of a page, and renews the page when the tables change.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const live = document.getElementById("live");
let themes = null;

async function draw() {
  const plots = [...document.querySelectorAll("figure.plot")];
  if (!plots.length || !window.Plotly) return;
  const inline = document.getElementById("themes");
  themes = themes || (inline ? JSON.parse(inline.textContent) : await (await fetch("/static/themes.json")).json());
  for (const plot of plots) {
    const figure = JSON.parse(plot.querySelector("script").textContent);
    figure.layout.template = themes[dark.matches ? "dark" : "light"];
    const place = plot.querySelector("div");
    const isNarrow = window.innerWidth < 500;
    if (isNarrow) figure.data.filter((each) => each.type === "heatmap").forEach((each) => Object.assign(each, { showscale: false, xgap: 0 }));
    const narrow = isNarrow ? { font: { size: 11 }, legend: { y: -0.35, yanchor: "top" }, xaxis: { nticks: 4, tickangle: 0, ...figure.layout.xaxis } } : {};
    await window.Plotly.react(place, figure.data, { ...figure.layout, ...narrow }, { displaylogo: false, responsive: true, displayModeBar: false });
    if (figure.layout.meta?.path && !place.dataset.opens) {
      place.dataset.opens = figure.layout.meta.path;
      place.on("plotly_click", (event) => openPage(figure.layout.meta, event.points[0]));
    }
  }
}

function openPage({ path, query, columns }, point) {
  // A point of a plot opens the page of its window, a cell of a heat map that of its column, too.
  const [day, hour] = String(point.customdata || point.x).split(/[ T]/);
  const column = columns.length ? { column: columns[point.y] } : {};
  window.location.assign(`${path}?${new URLSearchParams({ ...query, ...column, window: `${day}T${hour || "00:00"}` })}`);
}

// Plotly is large: a page has it only if it has figures, and it comes after this script.
window.addEventListener("load", draw);
dark.addEventListener("change", draw);

function isBusy() {
  // What somebody is writing or has opened is left alone.
  const active = document.activeElement;
  return Boolean(active && active.matches("input, select, button, summary")) || Boolean(document.querySelector("details[open]"));
}

async function renew() {
  if (isBusy()) {
    live.textContent = "there is something new; it is shown when you leave the form";
    window.setTimeout(renew, 2000);
    return;
  }
  const answer = await fetch(window.location.href, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focus = document.activeElement && document.activeElement.getAttribute("href");
  document.getElementById("main").replaceChildren(...page.getElementById("main").childNodes);
  live.textContent = page.getElementById("live").textContent;
  if (focus) [...document.querySelectorAll("main a")].find((each) => each.getAttribute("href") === focus)?.focus();
  if (document.querySelector("figure.plot") && !window.Plotly) window.location.reload();
  await draw();
}

if (live && live.dataset.changes) {
  const changes = new EventSource(live.dataset.changes);
  changes.addEventListener("change", () => renew().catch(() => live.classList.add("off")));
  changes.addEventListener("open", () => {
    if (live.classList.contains("off")) renew();
    live.classList.remove("off");
  });
  changes.addEventListener("error", () => {
    if (!live.classList.contains("off")) live.textContent += "; the dashboard does not answer, this may be old";
    live.classList.add("off");
  });
}
