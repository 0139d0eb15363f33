// The palette over every page (Ctrl K), and the keys that lead somewhere. Without this file the search page does the finding.
(() => {
  "use strict";

  const palette = document.getElementById("palette");
  if (!palette) return;
  const words = palette.querySelector("input");
  const found = document.getElementById("palette-found");
  const MEMORY = `seen ${palette.dataset.from}`;
  const RECORD = /\/(deals|companies|people)\/(\d+)\//;
  const TABLES = { deals: "deal", companies: "company", people: "person" };

  // What one looked at lately: numbers only; the server says what they are called now, if they may still be seen.
  function here() {
    const place = window.location.pathname.match(RECORD);
    return place ? `${TABLES[place[1]]}:${place[2]}` : "";
  }
  function seen() {
    try {
      return JSON.parse(window.localStorage.getItem(MEMORY) ?? "[]");
    } catch {
      return [];
    }
  }
  function remember() {
    const place = here();
    if (!place) return;
    const places = [place, ...seen().filter((one) => one !== place)].slice(0, 12);
    try {
      window.localStorage.setItem(MEMORY, JSON.stringify(places));
    } catch {
      // A browser that keeps nothing shows nothing seen lately.
    }
  }
  remember();
  document.addEventListener("htmx:pushedIntoHistory", remember);

  let asked = 0;
  let typing = 0;
  let answered = Promise.resolve(); // when what stands there answers the words that stand there
  function ask() {
    const mine = (asked += 1);
    window.clearTimeout(typing);
    typing = 0;
    const query = new URLSearchParams({ q: words.value.trim(), on: here(), recent: seen().filter((one) => one !== here()).join(",") });
    answered = fetch(`${palette.dataset.from}?${query}`, { headers: { "HX-Request": "true" }, credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
      .then((text) => {
        if (mine !== asked) return; // a later question was asked meanwhile
        found.innerHTML = text;
        window.htmx.process(found);
        choose(0);
      })
      .catch(() => {
        if (mine === asked) found.textContent = palette.dataset.failed ?? "";
      });
  }
  // Who types and presses Enter at once means what was typed, not what stood there before it.
  async function settled() {
    if (typing) ask();
    for (let of = -1; of !== asked; ) {
      of = asked;
      await answered;
    }
  }

  const options = () => [...found.querySelectorAll("[role=option]")];
  function choose(at) {
    const all = options();
    const chosen = all[Math.max(0, Math.min(at, all.length - 1))];
    for (const one of all) one.setAttribute("aria-selected", String(one === chosen));
    if (chosen) {
      words.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else words.removeAttribute("aria-activedescendant");
  }
  const chosenAt = () => options().findIndex((one) => one.getAttribute("aria-selected") === "true");

  function open(text = "") {
    // Over an open dialog: what is being typed there stays.
    words.value = text;
    if (!palette.open) palette.showModal();
    words.focus();
    ask();
  }

  words.addEventListener("input", () => {
    window.clearTimeout(typing);
    typing = window.setTimeout(ask, 60);
  });
  words.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const count = options().length;
      if (count) choose((chosenAt() + step + count) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const isBeside = event.ctrlKey || event.metaKey;
      settled().then(() => {
        const chosen = palette.open && options()[chosenAt()];
        if (chosen && isBeside && chosen.href) window.open(chosen.href, "_blank", "noopener");
        else if (chosen) chosen.click();
      });
    }
  });
  palette.addEventListener("click", (event) => {
    if (event.target === palette || event.target.closest("[data-close-palette]")) palette.close();
    const option = event.target.closest("[role=option]");
    if (!option) return;
    const kind = option.dataset.log;
    const body = kind && document.querySelector(".compose [name=body]");
    if (body) {
      event.preventDefault();
      palette.close();
      document.querySelector(`.compose [name=kind][value="${kind}"]`)?.click();
      body.focus();
    } else if (option.hasAttribute("data-dialog") && document.getElementById("dialog")?.showModal) palette.close();
    else if (option.closest("form")) window.setTimeout(() => palette.close());
  });

  const places = { t: "today", a: "activities", n: "notices", d: "board", l: "deals", p: "people", c: "companies", i: "insight" };
  let went = -Infinity; // "c" soon after the page came is no "g c"
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (palette.open) palette.close();
      else open();
      return;
    }
    if (window.vunnet.isTyping(event)) return;
    if (event.key === "?") {
      event.preventDefault();
      document.getElementById("keys").showModal();
    } else if (event.key === "g") went = event.timeStamp;
    else if (event.timeStamp - went < 1200 && places[event.key]) {
      event.preventDefault();
      event.stopImmediatePropagation(); // "g c" goes to companies; it does not create
      went = -Infinity;
      const address = palette.dataset.from.replace(/palette\/$/, `${places[event.key]}/`);
      window.location.assign(address);
    }
  }, { capture: true });

  document.addEventListener("click", (event) => event.target.closest("[data-keys]") && document.getElementById("keys").showModal());
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open=search]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    open();
  });
})();
