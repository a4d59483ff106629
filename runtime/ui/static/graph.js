// Zoom, find and keyboard for the graph. Without it the graph scrolls in its box, and the table has the same links.
"use strict";
(() => {
  const box = document.getElementById("graph");
  const picture = box?.querySelector("svg");
  const tools = document.querySelector(".graph-tools");
  if (!picture || !tools) return;
  const width = Number(picture.getAttribute("width"));
  const height = Number(picture.getAttribute("height"));
  let scale = 1;

  function zoom(next) {
    const middle = [(box.scrollLeft + box.clientWidth / 2) / scale, (box.scrollTop + box.clientHeight / 2) / scale];
    scale = Math.min(2, Math.max(0.08, next));
    picture.setAttribute("width", width * scale);
    picture.setAttribute("height", height * scale);
    box.scrollLeft = middle[0] * scale - box.clientWidth / 2;
    box.scrollTop = middle[1] * scale - box.clientHeight / 2;
  }
  function fit() { zoom(Math.min(1, (box.clientWidth - 2) / width)); }
  function whole() { zoom(Math.min(1, (box.clientWidth - 2) / width, (box.clientHeight - 2) / height)); }

  function button(text, label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    tools.append(made);
  }
  const find = document.createElement("input");
  find.type = "search";
  find.placeholder = "Find a step";
  find.setAttribute("aria-label", "Find a step");
  tools.append(find);
  button("−", "Zoom out", () => zoom(scale / 1.25));
  button("+", "Zoom in", () => zoom(scale * 1.25));
  button("Width", "Fit the width", fit);
  button("All", "Show the whole graph", whole);

  const nodes = () => [...picture.querySelectorAll(".node")];
  function dim() {
    const wanted = find.value.trim().toLowerCase();
    let first = null;
    for (const node of nodes()) {
      const fits = !wanted || node.dataset.name.toLowerCase().includes(wanted);
      node.classList.toggle("dim", !fits);
      if (fits && wanted && !first) first = node;
    }
    return first;
  }
  function reveal(node) {
    const place = node.getBoundingClientRect(), frame = box.getBoundingClientRect();
    box.scrollLeft += place.left + place.width / 2 - frame.left - frame.width / 2;
    box.scrollTop += place.top + place.height / 2 - frame.top - frame.height / 2;
  }
  find.addEventListener("input", () => { const first = dim(); if (first) reveal(first); });
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = dim();
    if (first) first.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  });
  // Chosen by the page, or changed by it: keep what the reader set.
  document.body.addEventListener("studio:updated", dim);

  // Arrow keys go from a node to the nearest one in that direction.
  const ways = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  box.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    const from = event.target.closest(".node");
    if (!way || !from) return;
    event.preventDefault();
    const at = centre(from);
    let best = null, least = Infinity;
    for (const node of nodes()) {
      if (node === from) continue;
      const [x, y] = centre(node);
      const along = (x - at[0]) * way[0] + (y - at[1]) * way[1];
      const aside = Math.abs((x - at[0]) * way[1]) + Math.abs((y - at[1]) * way[0]);
      if (along > 4 && along + 2 * aside < least) { least = along + 2 * aside; best = node; }
    }
    best?.focus();
  });
  function centre(node) {
    const place = node.getBoundingClientRect();
    return [place.left + place.width / 2, place.top + place.height / 2];
  }

  if (width > box.clientWidth) zoom(Math.max(0.8, (box.clientWidth - 2) / width));
  const chosen = picture.querySelector(".chosen");
  if (chosen) reveal(chosen);

  // In a definition a node leads to the request of its step on the same page: open it.
  function unfold() {
    const wanted = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (wanted && wanted.tagName === "DETAILS") { wanted.open = true; wanted.scrollIntoView(); }
  }
  addEventListener("hashchange", unfold);
  unfold();
})();
