// A record that was opened from a list: the ones before and after it there, and the keys of record pages.
(() => {
  "use strict";

  const FROM = "vunnet.list"; // kept by lists.js: the list's address, its rows' addresses in their order, and the one opened
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
  const beside = { previous: list.rows?.[at - 1], next: list.rows?.[at + 1] };
  // Back leads to the list, to the row of the record one came to.
  if (at >= 0) window.sessionStorage.setItem(FROM, JSON.stringify({ ...list, at: here }));

  function draw() {
    const place = document.querySelector("[data-beside]");
    if (!place || at < 0) return;
    place.hidden = false;
    for (const [name, address] of Object.entries(beside)) {
      const link = place.querySelector(`[data-go=${name}]`);
      link.hidden = !address;
      if (address) link.setAttribute("href", address);
    }
  }
  draw();
  document.addEventListener("htmx:afterRequest", draw);

  function go(name) {
    if (at >= 0 && beside[name]) window.location.replace(beside[name]);
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
