// What was half written waits on the device until it is saved: under workspace, person and form, and nowhere else.
// Signing out clears it as it clears what waits to be sent (device.js).
(() => {
  "use strict";

  const me = document.body.dataset.me;
  if (!me) return;
  const PREFIX = `vunnet.draft.${me}.`;
  const MOST = 30;
  const FOR = 14 * 24 * 3_600_000; // what lay there longer was given up
  const FORMS = "form:is([data-waiting], [data-draft])";
  const TYPED = "textarea, input:is(:not([type]), [type=text], [type=email], [type=tel], [type=url], [type=number])";
  const keyOf = (form) => `${PREFIX}${form.getAttribute("action") ?? window.location.pathname + window.location.search}#${form.id}`;
  const fields = (form) => [...form.elements].filter((one) => one.name && !["hidden", "file", "password", "submit", "button"].includes(one.type));
  // The kind of a note and a suggested day stand there before anything is written.
  const isBlank = (form) =>
    form.matches("[data-waiting]")
      ? !form.elements.body.value.trim() && !form.elements.next_step.value.trim()
      : [...form.querySelectorAll(TYPED)].every((one) => one.value.trim() === one.defaultValue.trim());

  document.addEventListener("input", (event) => keep(event.target.form));
  document.addEventListener("change", (event) => keep(event.target.form));
  function keep(form) {
    if (!form?.matches(FORMS)) return;
    if (isBlank(form)) return drop(form);
    const values = fields(form).map((one) => [one.name, one.type === "checkbox" ? one.checked : one.type === "radio" ? form.elements[one.name].value : one.value]);
    try {
      makeRoom(keyOf(form));
      window.localStorage.setItem(keyOf(form), JSON.stringify([...values, ["at", Date.now()]]));
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
    const draft = read(keyOf(form));
    if (!draft.at || !isBlank(form)) return;
    if (Date.now() - draft.at > FOR) return drop(form);
    let isOther = false; // a form that was refused holds what was typed already
    for (const one of fields(form)) {
      if (!(one.name in draft)) continue;
      const before = one.type === "checkbox" || one.type === "radio" ? one.checked : one.value;
      const after = one.type === "radio" ? one.value === draft[one.name] : draft[one.name];
      if (one.type === "checkbox" || one.type === "radio") one.checked = after;
      else one.value = after;
      isOther ||= before !== after;
    }
    if (draft.next_step) form.querySelector(".next-fields")?.setAttribute("data-shown", "");
    if (isOther && form.matches("[data-draft]")) say(form);
  }

  function say(form) {
    const note = document.getElementById("draft-note").content.firstElementChild.cloneNode(true);
    note.querySelector("button").addEventListener("click", () => {
      form.reset();
      drop(form);
      note.remove();
      form.querySelector(TYPED)?.focus();
    });
    (form.querySelector("h2") ?? form.querySelector("[name=csrfmiddlewaretoken]")).after(note);
  }

  const restoreAll = () => document.querySelectorAll(FORMS).forEach(restore);
  document.addEventListener("htmx:afterRequest", (event) => {
    const { requestConfig, xhr } = event.detail;
    const { elt } = requestConfig;
    // An answer that leads elsewhere is not marked as a success by htmx, and is one.
    if (elt.matches?.(FORMS) && requestConfig.verb === "post" && xhr.status >= 200 && xhr.status < 400) drop(elt);
    restoreAll();
  });
  // A form of a whole page tells its draft's name; an answer that took what was sent gives it back, and no other does.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-draft]:not([hx-post])")) return;
    form.querySelector("[name=draft]")?.remove();
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "draft", value: keyOf(form) }));
  });
  const taken = document.cookie.match(/(?:^|; )vunnet-taken=([^;]*)/);
  if (taken) {
    const key = decodeURIComponent(taken[1]);
    if (key.startsWith(PREFIX)) window.localStorage.removeItem(key);
    document.cookie = "vunnet-taken=; path=/; max-age=0";
  }
  // "Cancel" gives it up; put aside for want of a connection it waits there, and is no draft any more.
  document.addEventListener("click", (event) => {
    const form = event.target.closest("[data-close-dialog]")?.closest("form[data-draft]");
    if (form) drop(form);
  }, true);
  document.addEventListener("reset", (event) => event.target.matches("form[data-waiting]") && drop(event.target));
  restoreAll();
})();
