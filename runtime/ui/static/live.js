// Makes server-rendered pages live; without it they are the same pages, as of when they were asked for.
"use strict";
(() => {
  const body = document.body;
  let shown = location.href;

  // Elements with data-live and an id are replaced by those of a newer version of the same page.
  function update(text) {
    const next = new DOMParser().parseFromString(text, "text/html");
    const focused = document.activeElement && document.activeElement.id;
    for (const now of [...document.querySelectorAll("[data-live]")]) {
      const fresh = next.getElementById(now.id);
      if (!fresh || !now.isConnected || fresh.outerHTML === now.dataset.source) continue;
      const source = fresh.outerHTML;
      if (now.dataset.source === undefined && source === pristine(now)) continue;
      const opened = [...now.querySelectorAll("details[open][id]")].map((each) => each.id);
      const log = now.querySelector("[data-follow]");
      const followed = log && log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
      const place = log ? log.scrollTop : 0;
      const put = document.importNode(fresh, true);
      now.replaceWith(put);
      put.dataset.source = source;
      for (const id of opened) put.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
      const newLog = put.querySelector("[data-follow]");
      if (newLog) newLog.scrollTop = followed ? newLog.scrollHeight : place;
    }
    document.title = next.title;
    if (focused && document.activeElement === body) document.getElementById(focused)?.focus({ preventScroll: true });
    tick();
    body.dispatchEvent(new Event("studio:updated"));
  }

  function pristine(element) {
    const copy = element.cloneNode(true);
    for (const time of copy.querySelectorAll("time[data-since][data-text]")) {
      time.textContent = time.dataset.text;
      time.removeAttribute("data-text");
    }
    return copy.outerHTML;
  }

  // Running times: the page says since when, this counts.
  function tick() {
    for (const time of document.querySelectorAll("time[data-since]")) {
      if (!time.dataset.text) time.dataset.text = time.textContent;
      const seconds = Math.max(0, Date.now() / 1000 - Number(time.dataset.since));
      time.textContent = spoken(seconds);
    }
  }

  function spoken(seconds) {
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }

  function connection(text) {
    const place = document.querySelector(".connection");
    place.textContent = text;
    place.hidden = !text;
  }

  // A window follows one page: its name tells the server that the page before is no longer looked at.
  const named = sessionStorage.getItem("window") || Math.random().toString(36).slice(2);
  sessionStorage.setItem("window", named);

  // One stream for the page that is shown; where there is none, the page is asked for now and then.
  let source = null;
  let timer = 0;
  function follow() {
    source?.close();
    clearTimeout(timer);
    if (!body.dataset.events) return;
    const path = location.pathname.slice(body.dataset.events.length - "/events".length) + location.search;
    source = new EventSource(`${body.dataset.events}?window=${named}&page=${encodeURIComponent(path)}`);
    source.addEventListener("page", (event) => { connection(""); update(event.data); });
    source.addEventListener("gone", () => { source.close(); connection("This is no longer there"); });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(poll, 3000);
      else connection("The runtime does not answer");
    };
  }

  async function poll() {
    try {
      const answer = await fetch(location.href);
      if (answer.ok) update(await answer.text());
      connection("");
      timer = setTimeout(poll, 3000);
    } catch {
      connection("The runtime does not answer");
      timer = setTimeout(follow, 3000);
    }
  }

  // Links with data-swap change the parts of this page instead of loading it again.
  async function go(address, remember) {
    const answer = await fetch(address);
    if (!answer.ok) { location.href = address; return; }
    update(await answer.text());
    if (remember) history.pushState(null, "", address);
    shown = location.href;
    follow();
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    // Not `link.href`: of a link in SVG that is no text.
    go(new URL(link.getAttribute("href"), location.href).href, true).then(() => document.getElementById(link.dataset.swap)?.focus());
  });
  addEventListener("popstate", () => { if (location.href.split("#")[0] !== shown.split("#")[0]) go(location.href, false); });
  addEventListener("pagehide", () => source?.close());

  // A select that only chooses what the page shows sends its form itself.
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
  });
  // A form is sent once.
  document.addEventListener("submit", (event) => {
    if (event.target.method === "post") for (const button of event.target.querySelectorAll("button")) button.disabled = true;
  });

  tick();
  setInterval(tick, 1000);
  for (const log of document.querySelectorAll("[data-follow]")) log.scrollTop = log.scrollHeight;
  follow();
})();
