/* The match workbench: keys, the cursor, dialogs that ask, undo, and marks that answer each other.
   Everything here only presses what the page already has: without this file its forms and links do the same. */
(() => {
  "use strict";
  const UNDO_MS = 10000;
  const KEYS = "queqiao:bench-keys";
  let cursor = ""; // the match whose row was used last
  let pressed = ""; // what was pressed last, and for which match; the focus may go elsewhere before the answer
  let acted = "";
  let byKey = false; // whether it was pressed by a key of ours
  let visited = new Set(); // the matches that were looked at already
  let picked = [];
  let timer = 0;

  const bench = () => document.getElementById("bench");
  const list = () => document.getElementById("candidates");
  const rows = () => Array.from(document.querySelectorAll("#candidates [data-row]"));
  const rowOf = (id) => rows().find((row) => row.dataset.row === id);
  const here = () => document.activeElement?.closest?.("[data-row]") || rowOf(cursor);

  // ---- the cursor is the focus
  const go = (row) => {
    if (!row) return;
    cursor = row.dataset.row;
    visited.add(cursor);
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const all = rows();
    const at = all.indexOf(here());
    go(at < 0 ? all[by > 0 ? 0 : all.length - 1] : all[Math.min(Math.max(at + by, 0), all.length - 1)]);
  };
  const press = (selector) => {
    if (!here()) go(rows()[0]); // before one is chosen, the first is meant
    const button = here()?.querySelector(selector);
    if (!button) return;
    byKey = true;
    button.click();
  };
  // A judgement moves the others: what comes next is the best that was neither judged nor passed over.
  const onward = () => {
    const open = rows().filter((one) => !one.hasAttribute("data-judged"));
    go(open.find((one) => !visited.has(one.dataset.row)) || open[0] || rowOf(cursor));
  };

  // ---- what a screen reader hears
  const say = (text) => {
    const line = document.getElementById("bench-said");
    if (!line || !text) return;
    line.textContent = "";
    window.setTimeout(() => { line.textContent = text; }, 50);
  };

  // ---- a small dialog asks for a reason or a name
  const ask = (link) => {
    const dialog = document.getElementById(`ask-${link.dataset.ask}`);
    const row = link.closest("[data-row]");
    if (!dialog || !row) return false;
    cursor = row.dataset.row;
    pressed = link.dataset.ask;
    const form = dialog.querySelector("form");
    if (form.elements.match.value !== cursor) form.reset();
    form.elements.match.value = cursor;
    form.elements.revision.value = row.dataset.revision;
    if (form.elements.broker) form.elements.broker.value = link.dataset.broker;
    dialog.querySelector("[data-ask-title]").textContent = row.querySelector("h3").textContent.trim();
    dialog.querySelector("[data-ask-said]").hidden = true;
    dialog.showModal();
    dialog.querySelector("[type=radio], select").focus();
    return true;
  };
  const answered = (failed, said) => {
    const dialog = document.querySelector(".q-dialog[id^=ask-][open]");
    if (!dialog) return;
    const form = dialog.querySelector("form");
    if (!failed) {
      dialog.close();
      form.reset();
      form.elements.match.value = "";
      return;
    }
    // Somebody was faster, or something is wanting: what was typed stays, and may be sent for the row as it is now.
    const line = dialog.querySelector("[data-ask-said]");
    line.textContent = said;
    line.hidden = false;
    form.elements.revision.value = rowOf(form.elements.match.value)?.dataset.revision || "";
  };

  // ---- after a part of the page was replaced
  const showPicked = () => {
    const boxes = Array.from(document.querySelectorAll("#candidates [name=pair]"));
    for (const box of boxes) box.checked = picked.includes(box.value);
    picked = boxes.filter((box) => box.checked).map((box) => box.value);
    for (const box of boxes) box.disabled = picked.length >= 2 && !box.checked;
    const button = document.querySelector("#compare button");
    if (button) button.disabled = picked.length !== 2;
  };
  const showToast = () => {
    window.clearTimeout(timer);
    const toast = document.querySelector("[data-toast]");
    if (toast) timer = window.setTimeout(() => toast.remove(), UNDO_MS);
  };
  const showKeys = () => {
    const box = document.querySelector("[data-keys]");
    try { if (box) box.checked = localStorage.getItem(KEYS) !== "off"; } catch { /* no storage: the keys are on */ }
  };
  const renewed = () => {
    const said = list()?.dataset.said || "";
    const failed = list()?.hasAttribute("data-failed") || false;
    showPicked();
    showToast();
    answered(failed, said);
    say(said);
    if (document.querySelector(".q-dialog[open]")) return;
    const advances = byKey && !failed;
    byKey = false;
    if (advances) {
      onward();
      return;
    }
    // Who used the pointer stays where the page is.
    const row = rowOf(acted);
    (row?.querySelector(`[name="do"][value="${pressed}"]`) || row)?.focus({ preventScroll: true });
    if (pressed === "undo" && row) go(row);
    if (pressed === "add") document.querySelector("#hand form[role=search]")?.requestSubmit();
  };
  const arrived = () => {
    cursor = "";
    visited = new Set();
    picked = [];
    showPicked();
    showKeys();
    const own = window.location.pathname.match(/\/staff\/bench\/.*/)[0] + window.location.search;
    // The header stays: its links to other languages lead to the need that stands here now.
    for (const link of document.querySelectorAll(".q-languages a, .q-menu-row a")) {
      link.href = link.getAttribute("href").replace(/\/staff\/bench\/.*/, own);
    }
    if (rows().length) go(rows()[0]);
    else list()?.focus({ preventScroll: true });
  };

  // ---- an indicator, and the words that ask for it
  const light = (place) => {
    for (const mark of document.querySelectorAll("[data-mark].q-lit")) mark.classList.remove("q-lit");
    if (!place) return;
    const mark = document.querySelector(`[data-mark="${CSS.escape(place)}"]`);
    const panel = document.getElementById("need-body");
    if (!mark || !panel) return;
    mark.classList.add("q-lit");
    const above = mark.getBoundingClientRect().top - panel.getBoundingClientRect().top;
    if (above < 0 || above > panel.clientHeight - 24) panel.scrollTop += above - panel.clientHeight / 3;
  };

  // ---- keys
  const typing = (node) => Boolean(node.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]"));
  const keysOn = () => document.querySelector("[data-keys]")?.checked !== false;
  const ACTS = {
    j: () => step(1),
    k: () => step(-1),
    a: () => press('[value="accept"]'),
    x: () => press('[data-ask="reject"]'),
    u: () => document.querySelector("[data-undo]")?.click(),
    n: () => document.querySelector("[data-next]")?.click(),
    "?": () => {
      const shown = document.querySelector(".q-keys");
      shown.open = !shown.open;
    },
  };
  for (const grade of "1234") ACTS[grade] = () => press(`[value="grade-${grade}"]`);
  const onKey = (event) => {
    if (event.key === "Escape") {
      for (const said of document.querySelectorAll(".q-ind")) said.classList.add("q-quiet");
      const shown = document.querySelector(".q-keys[open]");
      if (shown) shown.open = false;
      return;
    }
    const asking = document.querySelector("#ask-reject[open]");
    if (asking && /^\d$/.test(event.key) && !typing(event.target)) {
      const reasons = asking.querySelectorAll("[name=reason]");
      const reason = reasons[(Number(event.key) + 9) % 10];
      if (reason) reason.checked = true;
      reason?.focus();
      return;
    }
    if (!bench() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (typing(event.target) || document.querySelector("dialog[open]") || !keysOn()) return;
    const act = ACTS[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  };

  const onClick = (event) => {
    const node = event.target.closest("a, button");
    const row = event.target.closest("[data-row]");
    if (row) cursor = row.dataset.row;
    if (event.detail > 0) byKey = false;
    if (!node) return;
    if (node.form?.elements.match) acted = node.form.elements.match.value;
    if (node.hasAttribute("data-undo")) pressed = "undo";
    if (node.dataset.place) {
      // The words are beside the candidates already; on a phone the link leads to them.
      if (window.matchMedia("(min-width: 992px)").matches) event.preventDefault();
      light(node.dataset.place);
    } else if (node.dataset.ask && ask(node)) event.preventDefault();
    else if (node.hasAttribute("data-ask-close")) node.closest("dialog").close();
    if (node.name === "do") pressed = node.value;
  };

  document.addEventListener("click", onClick);
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) cursor = row.dataset.row;
    light(event.target.dataset?.place);
  });
  document.addEventListener("mouseover", (event) => {
    const tag = event.target.closest("[data-place]");
    event.target.closest(".q-ind")?.classList.remove("q-quiet");
    if (tag) light(tag.dataset.place);
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === "pair") {
      picked = Array.from(document.querySelectorAll("#candidates [name=pair]:checked")).map((box) => box.value);
      showPicked();
    } else if (event.target.hasAttribute("data-keys")) {
      try { localStorage.setItem(KEYS, event.target.checked ? "on" : "off"); } catch { /* until the page is left */ }
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const id = event.detail.target.id;
    // Forms that have just arrived work at once, not only after the pause in which htmx lets a page settle.
    if (id === "candidates" || id === "bench") window.htmx.process(document.getElementById(id));
    if (id === "candidates") renewed();
    else if (id === "bench") arrived();
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.addEventListener("keydown", onKey); // from now on forms are sent without loading the page
    showPicked();
    showKeys();
    showToast();
  });
})();
