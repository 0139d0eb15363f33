// Manners of record pages: colleagues' names while one is typed behind an @, the names of chosen files, records that look alike.
(() => {
  "use strict";

  // @name: the word at the caret begins with an @; a list of colleagues stands below the text.
  let asked = 0;
  document.addEventListener("input", (event) => {
    const text = event.target;
    if (!text.matches?.("textarea[data-mention]")) return;
    const word = wordAt(text);
    window.clearTimeout(asked);
    if (word === null) return close(text);
    asked = window.setTimeout(() => suggest(text, word), 120);
  });

  function wordAt(text) {
    const before = text.value.slice(0, text.selectionStart);
    const found = before.match(/(?:^|[^\p{L}\p{N}])@([\p{L}\p{N}.'-]{0,30}(?: [\p{L}\p{N}.'-]{0,30})?)$/u);
    return found ? found[1] : null;
  }

  async function suggest(text, word) {
    const answer = await fetch(`${text.dataset.mention}&q=${encodeURIComponent(word)}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || wordAt(text) !== word) return;
    const list = listOf(text);
    list.innerHTML = await answer.text();
    list.hidden = !list.children.length;
    text.setAttribute("aria-expanded", String(!list.hidden));
    mark(text, list.firstElementChild);
  }

  function listOf(text) {
    let list = document.getElementById(text.getAttribute("aria-controls") ?? "");
    if (list) return list;
    list = document.createElement("ul");
    Object.assign(list, { id: `mention-list-${document.querySelectorAll(".mention-list").length}`, className: "mention-list", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "@");
    text.setAttribute("role", "combobox");
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-controls", list.id);
    text.setAttribute("aria-expanded", "false");
    text.after(list);
    list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[data-name]");
      if (option) choose(text, option);
    });
    return list;
  }

  function mark(text, option) {
    if (!option) return;
    for (const other of option.parentElement.children) other.setAttribute("aria-selected", String(other === option));
    text.setAttribute("aria-activedescendant", option.id);
  }

  function close(text) {
    // A text without a list yet is no combobox, and must not say that it is closed.
    if (!text.hasAttribute("aria-controls")) return;
    const list = document.getElementById(text.getAttribute("aria-controls") ?? "");
    if (list) list.hidden = true;
    text.setAttribute("aria-expanded", "false");
    text.removeAttribute("aria-activedescendant");
  }

  function choose(text, option) {
    const at = text.selectionStart;
    const start = at - wordAt(text).length;
    text.setRangeText(`${option.dataset.name} `, start, at, "end");
    close(text);
  }

  document.addEventListener("keydown", (event) => {
    const text = event.target;
    if (!text.matches?.("textarea[data-mention]")) return;
    const list = document.getElementById(text.getAttribute("aria-controls") ?? "");
    if (!list || list.hidden) {
      // Sending without leaving the keyboard.
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) text.form.requestSubmit();
      return;
    }
    const present = list.querySelector("[aria-selected=true]");
    if (event.key === "ArrowDown") mark(text, present?.nextElementSibling ?? list.firstElementChild);
    else if (event.key === "ArrowUp") mark(text, present?.previousElementSibling ?? list.lastElementChild);
    else if ((event.key === "Enter" || event.key === "Tab") && present) choose(text, present);
    else if (event.key === "Escape") close(text);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("focusout", (event) => event.target.matches?.("textarea[data-mention]") && close(event.target));

  // The names of files that were chosen.
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches?.("input[data-files]")) return;
    const chosen = input.form.querySelector("[data-chosen]");
    chosen.textContent = [...input.files].map((file) => file.name).join(", ");
    chosen.hidden = !input.files.length;
  });

  // Who is kept of two that are merged gives its values, where it has them.
  document.addEventListener("change", (event) => {
    const { target } = event;
    if (!target.matches?.(".merge [name=keep]")) return;
    for (const line of target.form.querySelectorAll("tbody tr")) {
      const sides = [...line.querySelectorAll("input")];
      const own = sides.find((side) => side.value === target.value);
      if (own) (own.hasAttribute("data-empty") ? sides.find((side) => side !== own) : own).checked = true;
    }
  });

  // Records like the one that is being typed.
  let looking = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-alike]");
    if (!form || !document.getElementById("alike")) return;
    window.clearTimeout(looking);
    looking = window.setTimeout(() => {
      const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value && name !== "csrfmiddlewaretoken"));
      window.htmx.ajax("GET", `${form.dataset.alike}?${query}`, { target: "#alike", swap: "innerHTML" });
    }, 250);
  });
})();
