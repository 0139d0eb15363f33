// Moving cards: by mouse, by a long press on touch, and with Space and arrows. The server decides; a refusal puts the card back.
(() => {
  "use strict";

  const board = document.querySelector("#board");
  if (!board) return;
  followTabs();
  followOthers();
  if (!board.matches("[data-board]")) return;
  const says = document.getElementById("board-says");
  const tell = (name, stage) => (says.textContent = (board.dataset[name] ?? "").replace("{stage}", stage ?? ""));
  const address = (template, deal) => template.replace("/0/", `/${deal}/`);

  fetchSortable();
  document.addEventListener("htmx:afterSettle", prepare);
  document.addEventListener("htmx:oobAfterSwap", () => window.setTimeout(prepare));

  // Nobody drags before the cards are there to see: what only dragging needs comes after them.
  function fetchSortable() {
    const script = document.createElement("script");
    script.src = board.dataset.sortable;
    script.addEventListener("load", () => {
      prepare();
      board.dataset.ready = "1";
    });
    if (document.readyState === "complete") document.head.append(script);
    else window.addEventListener("load", () => document.head.append(script), { once: true });
  }

  function prepare() {
    if (!window.Sortable) return;
    for (const place of board.querySelectorAll("ul[data-cards], [data-gate]")) {
      if (place.dataset.sorting) continue;
      place.dataset.sorting = "1";
      for (const link of place.querySelectorAll(".deal > a:first-child")) link.setAttribute("aria-describedby", "board-help");
      window.Sortable.create(place, {
        group: { name: "deals", pull: true, put: true },
        sort: false,
        draggable: ".deal",
        delay: 250,
        delayOnTouchOnly: true,
        touchStartThreshold: 6,
        forceFallback: true,
        fallbackOnBody: true,
        fallbackTolerance: 4,
        scrollSensitivity: 60,
        filter: ".card-menu",
        preventOnFilter: false,
        onStart: () => (board.dataset.dragging = "1"),
        onEnd: (event) => end(event),
        onMove: (event) => over(event.to),
      });
    }
    for (const count of document.querySelectorAll("[data-count]")) {
      const section = document.getElementById(count.dataset.count);
      if (section?.dataset.n) count.textContent = section.dataset.n;
    }
  }

  function over(place) {
    for (const section of board.querySelectorAll("[data-over]")) delete section.dataset.over;
    if (place) (place.closest("[data-gate]") ?? place.closest(".stage")).dataset.over = "1";
  }

  function end(event) {
    delete board.dataset.dragging;
    over(null);
    const { item, from, oldDraggableIndex } = event;
    const others = [...from.querySelectorAll(":scope > .deal")].filter((card) => card !== item);
    const back = () => from.insertBefore(item, others[oldDraggableIndex] ?? null);
    const place = placeUnder(event.originalEvent);
    if (!place || place === from || place.closest(".stage") === from.closest(".stage")) return back();
    if (place.closest(".lane") !== from.closest(".lane")) return back();
    place.append(item);
    move(item, place, back);
  }

  // Sortable looks where the pointer is twenty times a second; a quick hand lets go between two looks.
  function placeUnder(event) {
    const { clientX, clientY } = event?.changedTouches?.[0] ?? event ?? {};
    if (clientX === undefined) return null;
    const under = document.elementFromPoint(clientX, clientY);
    return under?.closest("[data-gate]") ?? under?.closest(".stage")?.querySelector("ul[data-cards]");
  }

  // `place` is a column's list or a gate; `putBack` puts the card where it was, and the focus on it if it was there.
  function move(card, place, putBack) {
    const held = card.contains(document.activeElement);
    const back = () => {
      putBack();
      if (held) card.querySelector("a").focus();
    };
    const gate = place.dataset.gate;
    if (gate) {
      back();
      window.vunnet.openDialog(address(board.dataset.close, card.dataset.deal).replace("/won/", `/${gate}/`));
      return;
    }
    const section = place.closest(".stage");
    card.classList.add("is-busy");
    const [template, values] =
      section.dataset.stage === undefined
        ? [board.dataset.put, { by: board.dataset.by, place: section.dataset.place }]
        : [board.dataset.move, { to: section.dataset.stage, link: card.dataset.link }];
    request(card, template, values).then((status) => {
      card.classList.remove("is-busy");
      if (status >= 200 && status < 400) {
        tell("dropped", section.dataset.name);
        if (held) document.querySelector(`#deal-${card.dataset.deal} a`)?.focus();
      } else if (status === 409) back(); // The stage asks for fields first: the card waits where it was.
      else refuse(card, back, status);
    });
  }

  function request(card, template, values) {
    return new Promise((done) => {
      const listen = (event) => {
        if (event.detail.requestConfig.elt !== card) return;
        document.removeEventListener("htmx:afterRequest", listen);
        done(event.detail.xhr.status);
      };
      document.addEventListener("htmx:afterRequest", listen);
      window.htmx.ajax("POST", address(template, card.dataset.deal), { source: card, values, swap: "none" }).catch(() => {});
    });
  }

  // The server's sentence, if it sent one, already stands in the toast.
  function refuse(card, back, status) {
    back();
    card.classList.add("is-refused");
    window.setTimeout(() => card.classList.remove("is-refused"), 6000);
    tell(status === 422 ? "left" : "failed");
    if (status === 0) document.getElementById("save").textContent = board.dataset.failed;
  }

  // The menu of a card: the same places, chosen from a list.
  board.addEventListener("click", (event) => {
    const menu = event.target.closest("a[data-move]");
    if (!menu || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    window.vunnet.openDialog(menu.getAttribute("href"));
  });

  // The keyboard: Space picks up, arrows choose, Space or Enter puts down, Escape leaves.
  let held = null;
  board.addEventListener("keydown", (event) => {
    const card = event.target.closest(".deal");
    if (!card || event.target.closest(".card-menu")) return;
    if (!held && event.key === " ") return pick(event, card);
    if (!held) return walk(event, card);
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") return aim(event, event.key === "ArrowRight" ? 1 : -1);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") return event.preventDefault();
    if (event.key === " " || event.key === "Enter") return drop(event);
    if (event.key === "Escape" || event.key === "Tab") return leave(event);
  });

  function places() {
    return [...board.querySelectorAll(".stage > ul[data-cards]:first-of-type, [data-gate]")];
  }

  function pick(event, card) {
    event.preventDefault();
    const home = places().indexOf(card.closest(".stage").querySelector("ul[data-cards]"));
    held = { card, at: home, home };
    card.classList.add("is-picked");
    board.dataset.dragging = "1";
    tell("picked", nameOf(places()[home]));
  }

  function nameOf(place) {
    return place.dataset.gate ? place.querySelector("h2 .when-still").textContent : place.closest(".stage").dataset.name;
  }

  function aim(event, step) {
    event.preventDefault();
    const all = places();
    held.at = Math.min(all.length - 1, Math.max(0, held.at + step));
    for (const place of all) place.classList.remove("is-aimed");
    all[held.at].classList.add("is-aimed");
    over(all[held.at]);
    all[held.at].closest(".stage").scrollIntoView({ block: "nearest", inline: "nearest" });
    tell("over", nameOf(all[held.at]));
  }

  function drop(event) {
    event.preventDefault();
    const { card, at, home } = held;
    const place = places()[at];
    clear();
    if (at === home) return tell("left");
    const parent = card.parentNode;
    const next = card.nextSibling;
    move(card, place, () => parent.insertBefore(card, next));
  }

  function leave(event) {
    if (event.key === "Escape") event.preventDefault();
    clear();
    tell("left");
  }

  function clear() {
    held.card.classList.remove("is-picked");
    for (const place of places()) place.classList.remove("is-aimed");
    over(null);
    delete board.dataset.dragging;
    held = null;
  }

  // Arrows without a card in hand walk over the board.
  function walk(event, card) {
    const vertical = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling", j: "nextElementSibling", k: "previousElementSibling" }[event.key];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!vertical && !step) return;
    event.preventDefault();
    if (vertical) return card[vertical]?.querySelector("a")?.focus();
    const stages = [...board.querySelectorAll(".stage")];
    const index = [...card.parentNode.children].indexOf(card);
    const list = stages[stages.indexOf(card.closest(".stage")) + step]?.querySelector("ul[data-cards]");
    if (list?.children.length) list.children[Math.min(index, list.children.length - 1)].querySelector("a").focus();
  }

  // Without a card in focus, j begins at the first.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "j" || window.vunnet.isTyping(event) || event.target.closest(".deal")) return;
    event.preventDefault();
    board.querySelector(".deal a")?.focus();
  });

  // What others do appears within five seconds; never while a card is in hand, a menu is open or something is typed.
  function followOthers() {
    let place = { position: board.dataset.position, mark: "" };
    const inUse = () =>
      board.dataset.dragging ||
      document.querySelector("dialog[open], .cond-more[open], .deal.is-busy, .sortable-fallback") ||
      document.activeElement?.matches("input, select, textarea");
    document.body.addEventListener("board-position", (event) => (place = { ...event.detail }));
    document.addEventListener("htmx:configRequest", (event) => {
      const shown = [...board.querySelectorAll(".stage[data-stage]")].map((stage) => `${stage.dataset.stage}:${stage.querySelectorAll(".deal").length}`);
      event.detail.headers["X-Shown"] = shown.join(",");
    });
    window.setInterval(() => {
      if (document.hidden || inUse()) return;
      const { position, mark } = place;
      window.htmx.ajax("GET", `${board.dataset.since}${position}&mark=${mark}`, { source: board, swap: "none" }).catch(() => {});
    }, 4000);
  }

  // On the phone one column fills the screen: its tab is the chosen one, and a tap on another slides there.
  function followTabs() {
    const tabs = [...document.querySelectorAll(".stage-tabs a")];
    const choose = (id) => {
      for (const tab of tabs) {
        const chosen = tab.hash === `#${id}`;
        if (chosen) tab.setAttribute("aria-current", "true");
        else tab.removeAttribute("aria-current");
        if (chosen && tab.offsetParent) tab.parentElement.scrollTo({ left: tab.offsetLeft - tab.parentElement.clientWidth / 2 + tab.clientWidth / 2 });
      }
    };
    const seen = new IntersectionObserver((entries) => entries.forEach((entry) => entry.isIntersecting && choose(entry.target.id)), { root: board, rootMargin: "0px -50% 0px -49%" });
    const watch = () => board.querySelectorAll(".stage").forEach((section) => seen.observe(section));
    watch();
    document.addEventListener("htmx:oobAfterSwap", () => window.setTimeout(watch));
    for (const tab of tabs)
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        const section = document.getElementById(tab.hash.slice(1));
        board.scrollTo({ left: section.offsetLeft - board.offsetLeft - 16 });
      });
  }
})();
