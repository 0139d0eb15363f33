// Small manners of every page: filters that submit themselves, dialogs, the ten seconds of an undo, saving states.
// Everything works without this file; it only makes it quicker.
(() => {
  "use strict";

  document.documentElement.classList.add("with-script");
  const dialog = () => document.getElementById("dialog");
  const toast = () => document.getElementById("toast");

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filter]");
    if (form && event.target.matches("select")) send(form);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-filter]")) return;
    event.preventDefault();
    send(event.target);
  });

  // Conditions that were not set stay out of the address.
  function send(form) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.set(name, value);
    const text = query.toString();
    window.location.assign(form.action.split("?")[0] + (text ? `?${text}` : ""));
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) toast().replaceChildren();
    if (event.target.closest("[data-close-dialog]") && dialog()?.open) {
      event.preventDefault();
      dialog().close();
    }
    if (dialog()?.open && event.target === dialog()) dialog().close();
    const opener = event.target.closest("[data-dialog]");
    if (opener && dialog()) {
      event.preventDefault();
      openDialog(opener.getAttribute("href"));
    }
    const kind = event.target.closest("[data-kind]");
    if (kind) chooseKind(kind);
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) toggle(reveal);
  });

  function openDialog(address) {
    window.htmx.ajax("GET", address, { target: "#dialog", swap: "innerHTML" }).then(() => {
      if (!dialog().open) dialog().showModal();
      dialog().querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
    });
  }
  window.vunnet = { openDialog };

  function chooseKind(button) {
    const form = button.closest("form");
    for (const other of form.querySelectorAll("[data-kind]")) other.setAttribute("aria-pressed", String(other === button));
    form.querySelector("[name=kind]").value = button.dataset.kind;
  }

  function toggle(button) {
    const part = document.getElementById(button.dataset.reveal);
    part.hidden = !part.hidden;
    button.setAttribute("aria-expanded", String(!part.hidden));
    if (!part.hidden) part.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      (document.querySelector(".cond-find input") ?? document.querySelector("[data-open=search]"))?.[document.querySelector(".cond-find input") ? "focus" : "click"]();
    }
    if (event.key === "c") document.querySelector("a.btn-primary[href$='/new/']")?.click();
  });

  // An undo counts its ten seconds down and goes.
  let ticking = 0;
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "toast") countDown();
  });
  function countDown() {
    window.clearInterval(ticking);
    const undo = toast().querySelector("[data-undo]");
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

  // Saving, saved, failed: always said, beside the title.
  const save = () => document.getElementById("save");
  const words = () => save()?.dataset ?? {};
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "get" && save()) say("saving", words().saving);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig.verb === "get" || !save()) return;
    if (event.detail.successful) {
      say("saved", words().saved);
      window.setTimeout(() => say("", ""), 2000);
    } else if (event.detail.xhr.status === 422) say("", "");
    else say("failed", words().failed);
  });
  function say(state, text) {
    if (!save()) return;
    save().dataset.state = state;
    save().textContent = text ?? "";
  }

  // A move that closed the dialog's question has been answered.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.requestConfig.verb === "post" && dialog()?.open && event.detail.xhr.status !== 422) dialog().close();
  });
})();
