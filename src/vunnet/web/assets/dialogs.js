// Dialogs, and the one rule of where the focus goes: whatever is swapped, refused or closed, it never ends on the page's body.
(() => {
  "use strict";

  const dialog = () => document.getElementById("dialog");
  const TYPED = "input:not([type=hidden], [tabindex='-1'], :disabled), select:not(:disabled), textarea:not(:disabled)";
  const REACHED = `a[href], summary, button:not(:disabled, [tabindex='-1']), ${TYPED}`;
  const seen = (element) => element.checkVisibility({ visibilityProperty: true });
  const first = (place, what) => [...place.querySelectorAll(what)].find(seen);
  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;

  document.addEventListener("click", (event) => {
    const shown = dialog();
    const isBeside = event.target === shown && !isWrittenIn(shown);
    if (shown?.open && (isBeside || event.target.closest("[data-close-dialog]"))) {
      event.preventDefault();
      shown.close();
    }
    const link = event.target.closest("[data-dialog]");
    if (!link || !shown?.showModal || !plain(event)) return;
    event.preventDefault();
    openDialog(link.getAttribute("href"));
    link.closest("details")?.removeAttribute("open");
  });

  // A tap beside a dialog must not throw away what was typed in it.
  function isWrittenIn(shown) {
    return [...shown.querySelectorAll("textarea, input:is([type=text], [type=email], :not([type]))")].some((input) => input.value !== input.defaultValue);
  }

  function openDialog(address) {
    const trail = isLost() ? [] : trailOf(document.activeElement);
    return window.htmx.ajax("GET", address, { target: "#dialog", swap: "innerHTML" }).then(() => show(trail), () => sayOffline());
  }

  // What it was opened from gets the focus again when it closes.
  let opener = [];
  function show(trail) {
    const shown = dialog();
    if (!shown.firstElementChild) return;
    if (!shown.open) {
      opener = isLost() ? trail : trailOf(document.activeElement);
      shown.showModal();
    }
    begin(shown);
  }

  function begin(shown) {
    const heading = shown.querySelector("h2");
    heading?.setAttribute("tabindex", "-1");
    const at = wrong(shown) ?? first(shown, "[autofocus]") ?? first(shown, TYPED) ?? first(shown, "button:not(:disabled, [data-close-dialog])") ?? heading;
    at?.focus({ preventScroll: true });
    shown.scrollTop = 0;
  }

  function sayOffline() {
    const words = document.body.dataset.offline;
    const save = document.getElementById("save");
    if (save) Object.assign(save, { textContent: words }).dataset.state = "failed";
    else document.getElementById("toast")?.replaceChildren(Object.assign(document.createElement("p"), { className: "bulk is-refusal", textContent: words }));
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    const { successful, requestConfig, xhr } = event.detail;
    // A move that closed the dialog's question has been answered.
    if (successful && requestConfig.verb === "post" && dialog()?.open && xhr.status !== 422) dialog().close();
    // A stage that asks for fields first.
    const gate = xhr.status === 409 && xhr.getResponseHeader("X-Gate");
    if (gate) window.setTimeout(() => openDialog(gate));
  });

  // Another edit that is open stays, whatever the page shows anew.
  let sent = null;
  document.addEventListener("htmx:beforeSwap", (event) => (sent = event.detail.requestConfig.elt));
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const open = event.detail.target.querySelector("form[data-edit]");
    if (open && open !== sent) event.detail.shouldSwap = false;
  });

  // The focus. Its way back is noted while it is there: the element, one like it, what stands beside it, and so on outwards.
  function isLost() {
    const at = document.activeElement;
    return !at || at === document.body || at === dialog() || at.matches("dialog:not([open]) *");
  }

  function trailOf(element) {
    const trail = [];
    for (let at = element; at && !at.matches("main, dialog, body, #list, #board"); at = at.parentElement) {
      trail.push([at, at.id ? `#${CSS.escape(at.id)}` : at === element ? like(at) : ""]);
      for (const beside of [at.nextElementSibling, at.previousElementSibling]) if (beside) trail.push([beside, beside.id ? `#${CSS.escape(beside.id)}` : ""]);
    }
    return trail;
  }

  function like(element) {
    const names = element.matches("textarea, select, input:not([type=radio], [type=checkbox])") ? ["name"] : ["name", "value", "href", "aria-label"];
    const own = names.filter((name) => element.hasAttribute(name)).map((name) => `[${name}="${CSS.escape(element.getAttribute(name))}"]`);
    const holder = element.closest("[id]");
    return `${holder ? `#${CSS.escape(holder.id)} ` : ""}${element.localName}${own.join("")}`;
  }

  function follow(trail, within) {
    for (const [element, selector] of trail) {
      const found = element.isConnected ? element : selector && document.querySelector(selector);
      if (!found || !within.contains(found)) continue;
      const at = found.matches(REACHED) ? seen(found) && found : first(found, REACHED);
      if (at) return at;
    }
    return undefined;
  }

  // The first field that is wrong, or that stands where something is said to be wrong.
  function wrong(place) {
    const about = place.querySelector("[role=alert]")?.closest("fieldset, label, dd");
    return first(place, "[aria-invalid=true]") ?? (about && first(about, TYPED));
  }

  const trails = new WeakMap();
  for (const name of ["htmx:beforeRequest", "htmx:beforeSwap"]) {
    document.addEventListener(name, (event) => {
      if (!isLost()) trails.set(event.detail.xhr, trailOf(document.activeElement));
    });
  }
  // After everything else that listens has had its say.
  document.addEventListener("htmx:afterRequest", (event) => window.setTimeout(() => settle(event.detail)));

  function settle({ target, xhr, requestConfig }) {
    const shown = dialog()?.open ? dialog() : null;
    const place = shown || (target?.isConnected ? target : document.getElementById(target?.id)) || document.body;
    let at = xhr.status === 422 ? wrong(place) : undefined;
    const trail = trails.get(xhr);
    if (!at && (!trail || !isLost())) return;
    if (!at && shown) at = follow(trail, shown);
    if (!at && shown) return begin(shown);
    at ??= home(requestConfig.elt.dataset?.then, trail);
    at?.focus({ preventScroll: true });
    if (requestConfig.verb !== "get") at?.scrollIntoView({ block: "nearest" });
  }

  // A form may name where its answer leads the eye (`data-then`); a list has a row that one stands on.
  function home(then, trail) {
    const named = then ? document.querySelector(then) : null;
    const its = named?.matches(REACHED) ? named : named && first(named, REACHED);
    return its || follow(trail, document.body) || follow(opener, document.body) || document.querySelector(".is-current th a") || document.getElementById("main");
  }

  document.addEventListener("close", (event) => {
    if (event.target.id === "dialog") window.setTimeout(() => isLost() && home("", [])?.focus({ preventScroll: true }));
  }, true);

  Object.assign((window.vunnet ??= {}), { openDialog, show });
})();
