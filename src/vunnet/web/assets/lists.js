// Lists by keyboard and in place: j and k walk, x selects, e edits, Enter opens; cells become inputs; many rows are selected.
// Without this file every cell, menu and bulk change still has a page of its own.
(() => {
  "use strict";

  const list = () => document.getElementById("list");
  const lines = () => [...document.querySelectorAll("tr[data-row]")];
  const current = () => document.querySelector("tr.is-current");
  const say = (state) => {
    const save = document.getElementById("save");
    if (!save) return;
    save.dataset.state = state;
    save.textContent = save.dataset[state] ?? "";
    if (state === "saved") window.setTimeout(() => save.dataset.state === "saved" && (save.textContent = ""), 2000);
  };

  // The row one stands on, marked again when the list is drawn anew.
  let standing = "";
  function stand(line) {
    current()?.classList.remove("is-current");
    line.classList.add("is-current");
    standing = line.id;
  }
  document.addEventListener("htmx:afterSettle", () => {
    const line = !current() && standing && document.getElementById(standing);
    if (line) stand(line);
  });

  function walk(step) {
    const all = lines();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    stand(next);
    next.querySelector("th a")?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    if (next === all.at(-1)) document.querySelector(".more-row .more")?.click();
  }

  document.addEventListener("focusin", (event) => {
    const line = event.target.closest("tr[data-row]");
    if (line && line !== current()) stand(line);
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("[data-cell-form]")) return inCell(event);
    const open = event.key === "Escape" && document.querySelector("[data-cell-form]");
    if (open) return leave(open.closest("[data-edit]"));
    if (window.vunnet.isTyping(event) || event.target.closest(".pop")) return;
    const line = current();
    if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else if (event.key === "x" && line) tick(line);
    else if (event.key === "e" && line) edit(line.querySelector("td[data-edit]") ?? line.querySelector("[data-edit]"));
    else if (event.key === "Escape" && selected().length) none();
    else return;
    event.preventDefault();
  });

  // Cells. A double click or `e` opens one; Tab goes to the next, Enter saves, Escape leaves.
  document.addEventListener("dblclick", (event) => {
    const cell = event.target.closest("[data-edit]");
    if (cell && !event.target.closest("a, input")) edit(cell);
  });

  const before = new WeakMap();
  function edit(cell) {
    if (!cell || cell.querySelector("form")) return;
    before.set(cell, cell.innerHTML);
    window.htmx.ajax("GET", cell.dataset.edit, { target: cell, swap: "innerHTML" }).then(() => {
      const input = cell.querySelector("input:not([type=hidden]), select, textarea");
      if (!input) return;
      cell.classList.add("cell-edit");
      input.focus();
      input.select?.();
    });
  }

  function close(cell) {
    if (!cell || !before.has(cell)) return;
    cell.innerHTML = before.get(cell);
    cell.classList.remove("cell-edit");
  }
  function leave(cell) {
    close(cell);
    cell.closest("tr").querySelector("th a")?.focus();
  }

  function inCell(event) {
    const cell = event.target.closest("[data-edit]");
    if (event.key === "Escape") {
      event.preventDefault();
      return leave(cell);
    }
    if (event.key === "Enter" && event.target.matches("select")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    if (event.key === "Tab") {
      event.preventDefault();
      const all = [...cell.closest("tr").querySelectorAll("[data-edit]")];
      const next = all[all.indexOf(cell) + (event.shiftKey ? -1 : 1)];
      wanted = next ? { row: cell.closest("tr").id, edit: next.dataset.edit } : null;
      event.target.form.requestSubmit();
    }
  }

  // Going elsewhere saves what was typed, as Enter does; a cell where nothing was changed just closes.
  document.addEventListener("focusout", (event) => {
    const form = event.target.closest?.("[data-cell-form]");
    if (!form || form.contains(event.relatedTarget) || !document.hasFocus()) return;
    window.setTimeout(() => {
      if (!form.isConnected || form.contains(document.activeElement) || form.classList.contains("htmx-request")) return;
      if (window.vunnet.isChanged(form)) form.requestSubmit();
      else close(form.closest("[data-edit]"));
    });
  });

  let wanted = null;
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-cell-form] select")) event.target.form.requestSubmit();
    if (event.target.matches("[data-how]")) {
      const form = event.target.form;
      const and = form.querySelector("[data-and]");
      if (and) and.hidden = event.target.value !== "between";
    }
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches("[data-cell-form]")) say("saving");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, xhr } = event.detail;
    if (!requestConfig.elt?.matches?.("[data-cell-form]") || xhr.status !== 422) return;
    // Refused: the form comes back into its own cell, with what was typed and why not.
    event.detail.target = requestConfig.elt;
    say("failed");
    document.getElementById("save").textContent = "";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { requestConfig, successful, xhr } = event.detail;
    const form = requestConfig.elt;
    if (!form?.matches?.("[data-cell-form]")) return;
    if (xhr.status === 0) return say("failed");
    if (!successful) return;
    say("saved");
    const row = document.getElementById(`row-${/\/(\d+)\/[^/]+\/$/.exec(requestConfig.path)?.[1]}`);
    if (!row) return;
    stand(row);
    const next = wanted && row.querySelector(`[data-edit="${wanted.edit}"]`);
    wanted = null;
    if (next) edit(next);
    else if (!document.activeElement || document.activeElement === document.body) row.querySelector("th a")?.focus();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.xhr?.status === 422) window.setTimeout(() => document.querySelector("[data-cell-form] [aria-invalid]")?.focus());
  });

  // Many rows.
  const boxes = () => [...document.querySelectorAll("input[name=row][form=bulk-rows]")];
  const selected = () => boxes().filter((box) => box.checked);
  const bar = () => document.getElementById("bulk-rows");

  function tick(line) {
    const box = line.querySelector("input[name=row]");
    if (!box) return;
    box.checked = !box.checked;
    count();
  }

  function none() {
    for (const box of boxes()) box.checked = false;
    picking(false);
    count();
  }

  function picking(on) {
    list()?.toggleAttribute("data-picking", on);
    document.querySelector("[data-pick]")?.setAttribute("aria-pressed", String(on));
    if (!on && selected().length) none();
  }

  function count() {
    const form = bar();
    if (!form) return;
    const chosen = selected();
    for (const box of boxes()) box.closest("tr").toggleAttribute("aria-selected", box.checked) && box.closest("tr").setAttribute("aria-selected", "true");
    form.elements.all.value = "";
    form.querySelector("[data-select-all]")?.removeAttribute("aria-pressed");
    form.querySelector("[data-count-selected]").textContent = chosen.length ? form.dataset.selected.replace("{n}", chosen.length) : "";
    form.toggleAttribute("data-shown", chosen.length > 0);
    const head = document.querySelector("[data-all]");
    if (head) {
      head.checked = chosen.length > 0 && chosen.length === boxes().length;
      head.indeterminate = chosen.length > 0 && !head.checked;
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches("[data-all], input[name=row]")) count();
  });
  document.addEventListener("click", (event) => {
    const box = event.target.closest("input[name=row]");
    if (box && event.shiftKey && lastBox) range(lastBox, box);
    if (box) lastBox = box;
    if (event.target.closest("[data-select-none]")) none();
    if (event.target.closest("[data-pick]")) picking(!list().hasAttribute("data-picking"));
    // On the phone, where a row is one link, a touch selects it meanwhile.
    const line = list()?.hasAttribute("data-picking") && !box && event.target.closest("tr[data-row]");
    if (line) {
      event.preventDefault();
      tick(line);
    }
    const all = event.target.closest("[data-select-all]");
    if (!all) return;
    const form = bar();
    form.elements.all.value = "1";
    all.setAttribute("aria-pressed", "true");
    form.querySelector("[data-count-selected]").textContent = all.dataset.words;
  });
  let lastBox = null;
  function range(from, to) {
    const all = boxes();
    const [low, high] = [all.indexOf(from), all.indexOf(to)].sort((one, other) => one - other);
    for (const box of all.slice(low, high + 1)) box.checked = to.checked;
    count();
  }

  // A dialog of many rows opens when it has come, and the list shows what was done.
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = document.getElementById("dialog");
    if (event.detail.requestConfig?.elt?.matches?.("[data-bulk]")) return;
    if (event.detail.target !== dialog && event.detail.target?.id !== "bulk-form") return;
    // Behind the manner of every page that a dialog closes once its form was answered.
    window.setTimeout(() => dialog?.querySelector("[data-bulk]") && !dialog.open && window.vunnet.show([]));
  });
  document.addEventListener("rows-changed", () => {
    window.htmx.ajax("GET", window.location.pathname + window.location.search, { target: "#list", select: "#list", swap: "outerHTML" });
  });
  document.addEventListener("htmx:afterSettle", () => count());

  // Menus near the window's edge open towards its middle.
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target;
      if (!menu.matches?.("details.cond-more[open]")) return;
      const pop = menu.querySelector(".pop");
      pop?.classList.toggle("is-left", pop.getBoundingClientRect().left + 300 > window.innerWidth);
      for (const other of document.querySelectorAll("details.cond-more[open]")) if (other !== menu) other.open = false;
    },
    true,
  );
  count();
})();
