// Half-written notes wait on the device until they are saved: under workspace, person and record, and nowhere else.
// Signing out clears them as it clears what waits to be sent (device.js).
(() => {
  "use strict";

  const me = document.body.dataset.me;
  const PREFIX = `vunnet.draft.${me}.`;
  const MOST = 30;
  const KEPT = ["body", "next_step", "next_kind", "due_on", "due_time", "kind"];
  const keyOf = (form) => `${PREFIX}${form.getAttribute("action")}#${form.id}`;
  const isBlank = (form) => !form.elements.body.value.trim() && !form.elements.next_step.value.trim();

  document.addEventListener("input", (event) => keep(event.target.form));
  document.addEventListener("change", (event) => keep(event.target.form));
  function keep(form) {
    if (!me || !form?.matches("[data-waiting]")) return;
    if (isBlank(form)) return drop(form);
    const fields = [...new FormData(form)].filter(([name, value]) => KEPT.includes(name) && value);
    try {
      makeRoom(keyOf(form));
      window.localStorage.setItem(keyOf(form), JSON.stringify([...fields, ["at", Date.now()]]));
    } catch {
      // A browser that keeps nothing keeps no drafts.
    }
  }
  const drop = (form) => window.localStorage.removeItem(keyOf(form));

  function read(key) {
    try {
      return Object.fromEntries(JSON.parse(window.localStorage.getItem(key)) ?? []);
    } catch {
      return {};
    }
  }

  function makeRoom(but) {
    const others = Object.keys(window.localStorage).filter((key) => key.startsWith(PREFIX) && key !== but);
    others.sort((one, two) => read(one).at - read(two).at);
    for (const key of others.slice(0, Math.max(0, others.length + 1 - MOST))) window.localStorage.removeItem(key);
  }

  function restore(form) {
    if (!me || !form.elements.body || !isBlank(form)) return;
    const draft = read(keyOf(form));
    for (const name of KEPT) {
      const input = form.elements[name];
      if (input && draft[name]) input.value = draft[name];
    }
    if (draft.next_step) form.querySelector(".next-fields")?.setAttribute("data-shown", "");
  }

  const restoreAll = () => document.querySelectorAll("form[data-waiting]").forEach(restore);
  document.addEventListener("htmx:afterRequest", (event) => {
    const { requestConfig, successful, xhr } = event.detail;
    const { elt } = requestConfig;
    if (elt.matches?.("form[data-waiting]") && requestConfig.verb === "post" && successful && xhr.status !== 422) drop(elt);
    restoreAll();
  });
  // Put aside for want of a connection: it waits there, and is no draft any more.
  document.addEventListener("reset", (event) => event.target.matches("form[data-waiting]") && drop(event.target));
  restoreAll();
})();
