// Small manners of every page: filters that submit themselves, keys, edits in place, the ten seconds of an undo, saving states.
// Everything works without this file; it only makes it quicker.
(() => {
  "use strict";

  const toast = () => document.getElementById("toast");
  const save = () => document.getElementById("save");

  // Back asks the server again: what was changed meanwhile is shown as it is, and nothing is kept in the browser's storage.
  window.htmx.config.historyCacheSize = 0;
  window.htmx.config.refreshOnHistoryMiss = true;

  // Filters. Conditions that were not set stay out of the address. Where htmx draws the answer the page stays; the board is loaded anew.
  const isDrawn = (form) => Boolean(form.closest("[hx-boost=true]"));
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filter]");
    if (form && event.target.matches("select")) form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-filter]") || isDrawn(event.target)) return;
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters } = event.detail;
    if (elt.matches?.("form[data-filter]")) for (const [name, value] of [...parameters]) if (!value) parameters.delete(name);
  });
  // What was drawn anew is said too.
  document.addEventListener("htmx:afterSettle", (event) => {
    const { id } = event.detail.target ?? {};
    const words = { list: document.getElementById("sums")?.textContent, main: document.title }[id];
    if (words) document.getElementById("announce").textContent = words.replace(/\s+/g, " ").trim();
  });
  function send(form) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.set(name, value);
    const text = query.toString();
    window.location.assign(form.action.split("?")[0] + (text ? `?${text}` : ""));
  }

  // Where there are more tabs than fit, the present one is in sight.
  for (const tab of document.querySelectorAll(".views [aria-current]")) tab.scrollIntoView({ block: "nearest", inline: "center" });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details:is(.menu, .cond-more)[open]")) if (!menu.contains(event.target)) menu.open = false;
    event.target.closest("[data-dismiss]")?.closest("#toast > *, #dialog > *").remove();
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) toggle(reveal);
    const leave = event.target.closest("form[data-edit] [data-leave]");
    if (leave && leaveEdit(leave.closest("form"))) event.preventDefault();
  });

  // Keys of a page rest while somebody types; a ticked row of a list is not typing, nor is a dialog that has just closed.
  const TYPING = "input:not(.rows .checkbox), textarea, select, [contenteditable], dialog[open]";
  const isTyping = (event) =>
    event.ctrlKey || event.metaKey || event.altKey || (event.target.closest(TYPING) !== null && event.target.closest("dialog:not([open])") === null);

  window.vunnet.isTyping = isTyping;

  // Dragging leaves empty style attributes behind, and htmx would copy them: the page's policy knows no styles in markup.
  document.addEventListener("htmx:beforeSwap", () => document.querySelectorAll('[style=""]').forEach((element) => element.removeAttribute("style")));

  function toggle(button) {
    const part = document.getElementById(button.dataset.reveal);
    const shown = part.toggleAttribute("data-shown");
    button.setAttribute("aria-expanded", String(shown));
    if (shown) part.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("form[data-edit] select")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    if (event.key === "Escape") {
      const edit = event.target.closest("form[data-edit]");
      if (edit && leaveEdit(edit)) event.preventDefault();
      for (const menu of document.querySelectorAll("details:is(.menu, .cond-more)[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    if (isTyping(event)) return;
    if (event.key === "/") {
      event.preventDefault();
      const find = document.querySelector(".cond-find input, main input[type=search]");
      if (find) find.focus();
      else document.querySelector("[data-open=search]")?.click();
    }
    // What the page is about, or a list of; anywhere else a deal (the phone's bar has it on every page).
    const create = event.key === "c" && ["[data-create]", "a.btn-primary[href$='/new/']", ".tabbar .add"].map((one) => document.querySelector(one)).find(Boolean);
    if (create) {
      event.preventDefault();
      create.click();
    }
  });

  // Edits in place: what stood there comes back on Escape; the caret goes in, and back to the fact afterwards.
  const before = new Map();
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig } = event.detail;
    if (requestConfig.verb === "get" && target.matches?.(".fact, .fact-name")) before.set(requestConfig.path, target.outerHTML);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const { requestConfig, xhr } = event.detail;
    if (!/\/change\//.test(requestConfig?.path ?? "")) return;
    const input = document.querySelector(`form[data-edit][action="${requestConfig.path}"] :is(input:not([type=hidden]), select, textarea)`);
    if (input) {
      input.focus();
      input.select?.();
    } else if (requestConfig.verb === "post" && xhr.status < 400 && document.activeElement === document.body) focusFact(requestConfig.path);
  });
  function isChanged(form) {
    const input = form.querySelector("input:not([type=hidden]), select, textarea");
    if (!input || input.getAttribute("aria-invalid")) return false;
    return input.matches("select") ? [...input.options].some((option) => option.selected !== option.defaultSelected) : input.value !== input.defaultValue;
  }
  // Who leaves a changed fact means it, as in a list's cell. Not every browser focuses the link or button that is pressed in it.
  let pressed = null;
  document.addEventListener("pointerdown", (event) => (pressed = event.target.closest?.("form[data-edit]")));
  document.addEventListener("keydown", () => (pressed = null), true);
  document.addEventListener("focusout", (event) => {
    const form = event.target.closest?.("form[data-edit]");
    if (!form || form.contains(event.relatedTarget) || !document.hasFocus()) return;
    window.setTimeout(() => {
      const isAway = pressed !== form && form.isConnected && !form.contains(document.activeElement) && !form.classList.contains("htmx-request");
      if (isAway && isChanged(form)) form.requestSubmit();
    });
  });
  // A choice is made by choosing, as in a list's cell.
  document.addEventListener("change", (event) => event.target.matches("form[data-edit] select") && event.target.form.requestSubmit());
  function focusFact(path) {
    window.setTimeout(() => document.querySelector(`[hx-get="${path}"]`)?.focus());
  }
  function leaveEdit(form) {
    const path = form.getAttribute("action");
    if (!before.has(path)) return false;
    const parent = form.parentElement;
    form.outerHTML = before.get(path);
    window.htmx.process(parent);
    focusFact(path);
    return true;
  }

  // What is opened from a list or a column of the board is remembered with its neighbours (neighbours.js); Back stands on it again.
  const OPENED = "vunnet.list";
  const ROWS = "tr[data-row] th a, .deal > a:first-child";
  const rowsIn = (place) => ({ rows: [...place.querySelectorAll(ROWS)].map((row) => row.getAttribute("href")), more: place.querySelector(".more")?.getAttribute("hx-get") });
  document.addEventListener("click", (event) => {
    const row = event.target.closest(ROWS);
    const place = row?.closest("table, .stage, ul");
    if (!place) return;
    const address = window.location.pathname + window.location.search;
    window.sessionStorage.setItem(OPENED, JSON.stringify({ address, ...rowsIn(place), at: row.getAttribute("href") }));
  });
  window.addEventListener("pageshow", (event) => {
    const opened = JSON.parse(window.sessionStorage.getItem(OPENED) ?? "{}");
    const isBack = event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    if (isBack && opened.address === window.location.pathname + window.location.search) standOn(opened.at, 20);
  });
  // It may have stood behind "Show 50 more".
  function standOn(address, pages) {
    const row = [...document.querySelectorAll(ROWS)].find((one) => one.getAttribute("href") === address);
    const more = document.querySelector(".more-row .more");
    if (row) row.focus();
    else if (more && pages) {
      document.addEventListener("htmx:afterSettle", () => standOn(address, pages - 1), { once: true });
      more.click();
    }
  }
  Object.assign(window.vunnet, { OPENED, rowsIn, isChanged });

  // Names of companies while one is typed.
  let typing = 0;
  document.addEventListener("input", (event) => {
    const list = event.target.matches("[data-suggest]") && document.getElementById(event.target.dataset.suggest);
    if (!list || !list.dataset.from) return;
    window.clearTimeout(typing);
    const words = event.target.value.trim();
    if (words) typing = window.setTimeout(() => window.htmx.ajax("GET", `${list.dataset.from}?q=${encodeURIComponent(words)}`, { target: list, swap: "innerHTML" }), 150);
  });

  // A day is text; its button opens the browser's calendar and writes the chosen day in the reader's order.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pick-day]");
    if (!button) return;
    event.preventDefault();
    const native = button.parentElement.querySelector(".day-native");
    native.value = isoOf(button.parentElement.querySelector("[data-day]").value);
    native.showPicker?.();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches(".day-native")) return;
    event.stopPropagation();
    const [year, month, day] = event.target.value.split("-");
    const text = event.target.parentElement.querySelector("[data-day]");
    text.value = !day ? "" : orders()[document.body.dataset.days || "dmy_dots"](day, month, year);
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.dispatchEvent(new Event("change", { bubbles: true }));
    text.focus();
  }, true);
  function orders() {
    return { dmy_dots: (d, m, y) => `${d}.${m}.${y}`, dmy_slashes: (d, m, y) => `${d}/${m}/${y}`, mdy_slashes: (d, m, y) => `${m}/${d}/${y}`, iso: (d, m, y) => `${y}-${m}-${d}` };
  }
  function isoOf(text) {
    const numbers = text.match(/\d+/g) ?? [];
    if (numbers.length !== 3) return "";
    const [a, b, c] = numbers.map((number) => number.padStart(2, "0"));
    if (a.length === 4) return `${a}-${b}-${c}`;
    return document.body.dataset.days === "mdy_slashes" ? `${c}-${a}-${b}` : `${c}-${b}-${a}`;
  }

  // An undo counts its ten seconds down and goes.
  let ticking = 0;
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (["toast", "said"].includes(event.detail.target.id)) countDown();
  });
  function countDown() {
    window.clearInterval(ticking);
    const undo = document.querySelector("[data-undo]");
    if (!undo) return;
    let left = Number(undo.dataset.undo);
    ticking = window.setInterval(() => {
      if (undo.matches(":hover, :focus-within")) return;
      left -= 1;
      undo.querySelector("[data-seconds]").textContent = String(left);
      if (left <= 0) {
        window.clearInterval(ticking);
        undo.remove();
      }
    }, 1000);
  }
  countDown();

  // Saving, saved, failed: always said, beside the title.
  const words = () => save()?.dataset ?? {};
  // A dialog for many rows is asked for with all of them, and saves nothing yet.
  const isSaving = ({ detail }) => detail.requestConfig.verb !== "get" && !detail.elt.closest("[data-quiet]");
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isSaving(event)) say("saving", words().saving);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isSaving(event)) return;
    const { status } = event.detail.xhr;
    // An answer that leads elsewhere is not marked as a success by htmx, and is one.
    if (status >= 200 && status < 400) {
      say("saved", words().saved);
      window.setTimeout(() => save()?.dataset.state === "saved" && say("", ""), 2000);
    } else if (status === 0) say("failed", words().failed);
    else if (status === 422 || status === 409) say("", "");
    else say("failed", words().refused);
  });
  // What an answer says that is not shown by itself: a page that is too old, a row that is gone, something that broke.
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, requestConfig } = event.detail;
    // What the page asks of itself, again and again, may fail while the server restarts.
    const isItsOwn = requestConfig.verb === "get" && requestConfig.elt.matches("#board, [hx-trigger*=every], [hx-trigger*=load]");
    if (isItsOwn || xhr.getResponseHeader("X-Gate")) return;
    const told = document.createElement("template");
    told.innerHTML = xhr.responseText;
    const why = told.content.querySelector("#toast > *") ?? Object.assign(document.createElement("p"), { className: "bulk is-refusal", textContent: `${words().refused ?? ""} (${xhr.status})` });
    const dialog = document.querySelector("#dialog[open]");
    dialog?.querySelector(".is-refusal")?.remove();
    if (dialog) dialog.append(why); // what stands behind an open dialog is not reached
    else toast()?.replaceChildren(why);
  });
  function say(state, text) {
    if (!save()) return;
    save().dataset.state = state;
    save().textContent = text ?? "";
  }
})();
