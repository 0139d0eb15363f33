// What a phone needs: an app that is installed, notes that survive a dead spot and are sent once, and a call that is logged after it.
// What waits lies on the device under workspace and person, and nowhere else; signing out clears it after asking.
(() => {
  "use strict";

  const PREFIX = "vunnet.waiting.";
  const DRAFTS = "vunnet.draft."; // written by drafts.js
  const CALLED = "vunnet.called";
  const HOURS = 3_600_000;
  const me = document.body.dataset.me;
  const tray = document.getElementById("waiting");

  if ("serviceWorker" in navigator && me) navigator.serviceWorker.register("/sw.js").catch(() => {});

  // Signing out, also on the page that asks for it: nothing stays behind on a device that somebody else may hold next.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-sign-out]")) return;
    const keys = Object.keys(window.localStorage).filter((key) => key.startsWith(PREFIX) || key.startsWith(DRAFTS));
    const count = keys.reduce((sum, key) => sum + (key.startsWith(DRAFTS) ? 1 : listAt(key).length), 0);
    if (count && !window.confirm(event.target.dataset.signOut)) return event.preventDefault();
    keys.forEach((key) => window.localStorage.removeItem(key));
    window.sessionStorage.removeItem(CALLED);
  });

  function listAt(key) {
    try {
      return JSON.parse(window.localStorage.getItem(key)) ?? [];
    } catch {
      return [];
    }
  }
  if (!me || !tray) return;

  const words = tray.dataset;
  const waiting = () => listAt(PREFIX + me);
  function keep(list) {
    if (list.length) window.localStorage.setItem(PREFIX + me, JSON.stringify(list));
    else window.localStorage.removeItem(PREFIX + me);
    draw();
  }

  // Each entry gets a number of its own before it is first sent: whatever is sent twice is written once.
  function newNumber() {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }
  const once = (form) => (form.dataset.once ??= newNumber());
  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.detail.elt;
    if (form.matches?.("form[data-waiting]")) event.detail.parameters.set("once", once(form));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = event.detail;
    if (elt.matches?.("form[data-waiting]") && successful && xhr.status !== 422) delete elt.dataset.once;
  });
  // No answer: it waits on the device.
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, (event) => {
    if (event.detail.elt.matches?.("form[data-waiting]")) putAside(event.detail.elt);
  });

  function putAside(form) {
    const files = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["csrfmiddlewaretoken", "once"].includes(name));
    const entry = { once: once(form), action: form.getAttribute("action"), about: form.dataset.waiting, fields, files, at: Date.now() };
    try {
      keep([...waiting().filter((other) => other.once !== entry.once), entry]);
    } catch {
      return;
    }
    delete form.dataset.once;
    form.reset();
    form.closest("dialog")?.close();
    const save = document.getElementById("save");
    if (save) Object.assign(save, { textContent: "" }).dataset.state = "";
    tray.scrollIntoView({ block: "nearest" });
  }

  function draw() {
    const list = waiting();
    tray.hidden = !list.length;
    const items = tray.querySelector("ul");
    items.replaceChildren(...list.map(drawn));
    tray.querySelector("[data-count]").textContent = (list.length === 1 ? words.one : words.many).replace("{n}", list.length);
  }
  function drawn(entry) {
    const item = tray.querySelector("template").content.firstElementChild.cloneNode(true);
    const given = Object.fromEntries(entry.fields);
    item.querySelector("[data-about]").textContent = entry.about;
    item.querySelector("[data-body]").textContent = [given.body, given.next_step].filter(Boolean).join(" → ");
    item.querySelector("[data-why]").textContent = [entry.refused, entry.files ? words.files : ""].filter(Boolean).join(" ");
    item.querySelector("[data-discard]").addEventListener("click", () => {
      if (window.confirm(words.ask)) keep(waiting().filter((other) => other.once !== entry.once));
    });
    return item;
  }

  // Sent one after the other, by one window at a time, with a fresh token: the page may be older than the session.
  async function send() {
    if (!waiting().length || navigator.onLine === false) return;
    if (navigator.locks) await navigator.locks.request(PREFIX + me, { ifAvailable: true }, (lock) => lock && sendAll());
    else await sendAll();
  }
  async function sendAll() {
    const token = await freshToken();
    if (!token) return;
    for (const entry of waiting().filter((one) => !one.refused)) if (!(await sendOne(entry, token))) return;
  }
  async function freshToken() {
    try {
      const answer = await fetch(words.token, { headers: { Accept: "application/json" }, redirect: "error", cache: "no-store" });
      const found = answer.ok ? await answer.json() : {};
      return found.me === me ? found.token : null;
    } catch {
      return null;
    }
  }
  async function sendOne(entry, token) {
    let answer;
    try {
      const body = new URLSearchParams([...entry.fields, ["once", entry.once]]);
      answer = await fetch(entry.action, { method: "POST", body, headers: { "X-CSRFToken": token }, redirect: "manual" });
    } catch {
      return false;
    }
    if (answer.type === "opaqueredirect" || answer.ok) {
      keep(waiting().filter((other) => other.once !== entry.once));
      refresh(entry);
      return true;
    }
    if (answer.status >= 500) return false;
    const why = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main [role=alert], main h1 + p");
    keep(waiting().map((other) => (other.once === entry.once ? { ...other, refused: why?.textContent.trim() || words.refused } : other)));
    return true;
  }
  function refresh(entry) {
    const page = window.location.pathname;
    for (const id of ["timeline", "next"]) {
      if (entry.action.startsWith(page) && document.getElementById(id)) {
        window.htmx.ajax("GET", page, { target: `#${id}`, select: `#${id}`, swap: "outerHTML" });
      }
    }
  }
  window.addEventListener("online", send);
  window.addEventListener("storage", (event) => event.key === PREFIX + me && draw());
  tray.querySelector("[data-try]").addEventListener("click", () => {
    keep(waiting().map((entry) => ({ ...entry, refused: undefined })));
    send();
  });
  window.setInterval(send, 30_000);
  draw();
  send();

  // Back from a call on a phone: its form stands open, with the call chosen.
  const touches = window.matchMedia("(pointer: coarse)").matches;
  document.addEventListener("click", (event) => {
    const link = touches && event.target.closest("a[href^='tel:'][data-call]");
    if (link) window.sessionStorage.setItem(CALLED, JSON.stringify({ to: link.dataset.call, at: Date.now() }));
  });
  function askAboutCall() {
    if (document.visibilityState !== "visible") return;
    let called;
    try {
      called = JSON.parse(window.sessionStorage.getItem(CALLED));
    } catch {
      called = null;
    }
    window.sessionStorage.removeItem(CALLED);
    if (called && Date.now() - called.at < 4 * HOURS) openForm(called.to);
  }
  function openForm(address) {
    if (document.getElementById("dialog")?.showModal) window.vunnet.openDialog(address);
    else window.location.assign(address);
  }
  document.addEventListener("visibilitychange", () => {
    send();
    askAboutCall();
  });
  // The phone may have thrown the page away meanwhile.
  askAboutCall();
})();
