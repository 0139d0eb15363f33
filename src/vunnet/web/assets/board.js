// Moving cards: by mouse, by a long press on touch, and with Space and arrows. The server decides; a refusal puts the card back.
(() => {
  "use strict";

  const board = document.querySelector("[data-board]");
  if (!board || !window.Sortable) return;
  const says = document.getElementById("board-says");
  const tell = (name, stage) => (says.textContent = (board.dataset[name] ?? "").replace("{stage}", stage ?? ""));
  const address = (template, deal) => template.replace("/0/", `/${deal}/`);

  for (const section of board.querySelectorAll(".stage")) prepare(section);
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const section = event.detail.target;
    if (section.matches?.(".stage")) prepare(document.getElementById(section.id));
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const list of board.querySelectorAll("ul[data-cards]:not([data-sorting])")) prepare(list.closest(".stage"));
  });

  function prepare(section) {
    if (!section) return;
    for (const place of section.querySelectorAll("ul[data-cards], [data-gate]")) {
      if (place.dataset.sorting) continue;
      place.dataset.sorting = "1";
      window.Sortable.create(place, {
        group: { name: "deals", pull: place.matches("ul"), put: true },
        sort: false,
        draggable: ".deal",
        animation: 120,
        delay: 250,
        delayOnTouchOnly: true,
        touchStartThreshold: 6,
        forceFallback: false,
        filter: ".card-menu",
        preventOnFilter: false,
        onStart: (event) => begin(event.item),
        onEnd: (event) => end(event),
        onMove: (event) => over(event.to),
      });
    }
  }

  function begin(card) {
    board.dataset.dragging = "1";
    card.dataset.drag = "1";
  }

  function over(place) {
    for (const section of board.querySelectorAll("[data-over]")) delete section.dataset.over;
    const section = place.closest(".stage");
    if (section) section.dataset.over = "1";
  }

  function end(event) {
    delete board.dataset.dragging;
    delete event.item.dataset.drag;
    for (const section of board.querySelectorAll("[data-over]")) delete section.dataset.over;
    if (event.to === event.from) return;
    const home = { list: event.from, next: event.from.children[event.oldIndex] ?? null };
    move(event.item, event.to, () => home.list.insertBefore(event.item, home.next));
  }

  // `place` is a column's list or a gate; `back` puts the card where it was.
  function move(card, place, back) {
    const gate = place.dataset.gate;
    if (gate) {
      back();
      window.vunnet.openDialog(`${address(board.dataset.close, card.dataset.deal).replace("/won/", `/${gate}/`)}?on=board`);
      return;
    }
    const section = place.closest(".stage");
    card.classList.add("is-busy");
    const values = { to: section.dataset.stage, link: card.dataset.link, on: "board" };
    const before = document.activeElement?.closest(".deal") === card;
    request(card, values).then((answer) => {
      card.classList.remove("is-busy");
      if (answer.ok) {
        tell("dropped", section.dataset.name);
        if (before) document.querySelector(`#deal-${card.dataset.deal} a`)?.focus();
      } else refuse(card, back, answer);
    });
  }

  function request(card, values) {
    return new Promise((done) => {
      const listen = (event) => {
        if (event.detail.elt !== card) return;
        document.removeEventListener("htmx:afterRequest", listen);
        done({ ok: event.detail.successful && event.detail.xhr.status < 400, status: event.detail.xhr.status });
      };
      document.addEventListener("htmx:afterRequest", listen);
      window.htmx.ajax("POST", address(board.dataset.move, card.dataset.deal), { source: card, values, swap: "none" });
    });
  }

  // The server's sentence, if it sent one, already stands in the toast.
  function refuse(card, back, answer) {
    back();
    card.classList.add("is-refused");
    window.setTimeout(() => card.classList.remove("is-refused"), 6000);
    tell(answer.status === 422 ? "left" : "failed");
    if (answer.status === 0) document.getElementById("toast").textContent = board.dataset.failed;
  }

  // The menu of a card: the same places, chosen from a list.
  board.addEventListener("click", (event) => {
    const menu = event.target.closest("[data-move]");
    if (!menu || menu === board) return;
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
    if (event.key === " " || event.key === "Enter") return drop(event);
    if (event.key === "Escape" || event.key === "Tab") return leave(event);
  });

  function places() {
    return [...board.querySelectorAll(".stage ul[data-cards]:first-of-type, [data-gate]")].filter((place) => !place.closest("li"));
  }

  function pick(event, card) {
    event.preventDefault();
    const list = card.closest(".stage").querySelector("ul[data-cards]");
    held = { card, at: places().indexOf(list), home: places().indexOf(list) };
    card.classList.add("is-picked");
    board.dataset.dragging = "1";
    tell("picked", nameOf(list));
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
    all[held.at].scrollIntoView({ block: "nearest", inline: "nearest" });
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
    for (const section of board.querySelectorAll("[data-over]")) delete section.dataset.over;
    delete board.dataset.dragging;
    held = null;
  }

  // Arrows without a card in hand walk over the board.
  function walk(event, card) {
    const vertical = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (vertical) {
      event.preventDefault();
      card[vertical]?.querySelector("a")?.focus();
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stages = [...board.querySelectorAll(".stage")];
    const index = [...card.parentNode.children].indexOf(card);
    const list = stages[stages.indexOf(card.closest(".stage")) + step]?.querySelector("ul[data-cards]");
    if (list?.children.length) list.children[Math.min(index, list.children.length - 1)].querySelector("a").focus();
  }
})();
