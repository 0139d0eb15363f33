// Today by the keyboard alone: j and k go through the rows, Enter opens, e is done, s another day, l logs and goes on.
(() => {
  "use strict";

  const PLACE = "today-row";
  const rows = () => [...document.querySelectorAll("[data-row]")];
  let at = -1;

  function go(to) {
    const all = rows();
    if (!all.length) return;
    at = Math.max(0, Math.min(to, all.length - 1));
    all[at].querySelector("[data-open]").focus();
    all[at].scrollIntoView({ block: "nearest" });
  }

  function here() {
    const row = document.activeElement?.closest("[data-row]");
    if (row) at = rows().indexOf(row);
    return row;
  }

  const DO = {
    j: () => go(here() ? at + 1 : Math.max(at, 0)),
    k: () => go(here() ? at - 1 : Math.max(at, 0)),
    e: (row) => row?.querySelector("[data-done]")?.click(),
    l: (row) => remember() && row?.querySelector("[data-log]")?.click(),
    s: (row) => snooze(row),
  };

  function remember() {
    window.sessionStorage.setItem(PLACE, String(at));
    return true;
  }

  function snooze(row) {
    const menu = row?.querySelector("[data-snooze]")?.closest("details");
    if (!menu) return;
    menu.open = true;
    menu.querySelector("[data-key]").focus();
  }

  document.addEventListener("keydown", (event) => {
    if (window.vunnet.isTyping(event)) return;
    const menu = event.target.closest("details.menu[open]");
    const choice = menu?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (choice) {
      event.preventDefault();
      if (choice.matches("button")) choice.click();
      else choice.focus();
      return;
    }
    const act = !menu && Object.hasOwn(DO, event.key) && DO[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act(here());
  });

  // After a row was dealt with the next one stands in its place.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb === "post") here();
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "today" && at >= 0) window.setTimeout(() => go(at));
  });
  const before = window.sessionStorage.getItem(PLACE);
  window.sessionStorage.removeItem(PLACE);
  if (before !== null) go(Number(before));
})();
