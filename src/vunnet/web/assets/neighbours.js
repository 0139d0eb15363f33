// A record that was opened from a list or a column of the board: the ones before and after it there, and the keys of record pages.
(() => {
  "use strict";

  // Kept by vunnet.js: the list's address, its rows' addresses in their order, the one opened, and where the rows go on.
  const FROM = window.vunnet.OPENED;
  const here = window.location.pathname;

  function read() {
    try {
      return JSON.parse(window.sessionStorage.getItem(FROM)) ?? {};
    } catch {
      return {};
    }
  }
  const list = read();
  const at = (list.rows ?? []).indexOf(here);
  const beside = () => ({ previous: list.rows?.[at - 1], next: list.rows?.[at + 1] });
  const keep = () => window.sessionStorage.setItem(FROM, JSON.stringify({ ...list, at: here }));
  // Back leads to the list, to the row of the record one came to.
  if (at >= 0) keep();
  if (at >= 0 && at === list.rows.length - 1 && list.more) goOn();

  // The last row that was shown is not the list's last.
  async function goOn() {
    const answer = await fetch(list.more, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) return;
    const place = document.createElement("template");
    place.innerHTML = await answer.text();
    const { rows, more } = window.vunnet.rowsIn(place.content);
    Object.assign(list, { rows: [...list.rows, ...rows.filter((row) => !list.rows.includes(row))], more });
    keep();
    draw();
  }

  function draw() {
    const place = document.querySelector("[data-beside]");
    if (!place || at < 0) return;
    place.hidden = false;
    for (const [name, address] of Object.entries(beside())) {
      const link = place.querySelector(`[data-go=${name}]`);
      link.hidden = !address;
      if (address) link.setAttribute("href", address);
    }
  }
  draw();
  document.addEventListener("htmx:afterRequest", draw);

  function go(name) {
    const address = beside()[name];
    if (at >= 0 && address) window.location.replace(address);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-go]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(link.dataset.go);
  });

  function write(kind) {
    document.querySelector(`.compose [name=kind][value=${kind}]`)?.click();
    document.querySelector(".compose [name=body]")?.focus();
  }
  function snooze() {
    const menu = document.querySelector("#next details.postpone");
    if (!menu) return;
    menu.open = true;
    menu.querySelector("button").focus();
  }

  const DO = {
    j: () => go("next"),
    k: () => go("previous"),
    e: () => document.querySelector("a.fact-name")?.click(),
    n: () => write("note"),
    l: () => write("call"),
    s: snooze,
    m: () => document.querySelector("[data-move-to]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (window.vunnet.isTyping(event) || !Object.hasOwn(DO, event.key)) return;
    event.preventDefault();
    DO[event.key]();
  });
})();
