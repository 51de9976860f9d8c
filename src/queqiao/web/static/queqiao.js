/* Queqiao: small helps on pages that also work without them. All sentences come from the page. */
(() => {
  "use strict";

  const root = document.documentElement;
  const store = {
    get(key) { try { return window.localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { window.localStorage.setItem(key, value); } catch { /* full or forbidden: nothing is kept */ } },
    drop(key) { try { window.localStorage.removeItem(key); } catch { /* as above */ } },
    keys() { try { return Object.keys(window.localStorage); } catch { return []; } },
  };

  // ---- reading size: before the first paint, so that the page does not jump
  const SIZES = ["normal", "large", "elder"];
  const applySize = (size) => {
    root.classList.toggle("q-large", size === "large");
    root.classList.toggle("q-elder", size === "elder");
  };
  root.classList.add("q-js");
  applySize(store.get("queqiao:size"));

  const showSize = () => {
    const size = store.get("queqiao:size") || "normal";
    applySize(size);
    for (const button of document.querySelectorAll("[data-size]")) {
      button.setAttribute("aria-pressed", String(button.dataset.size === size));
    }
  };
  const chooseSize = (button) => {
    const wanted = button.dataset.size;
    const size = SIZES.includes(wanted) && store.get("queqiao:size") !== wanted ? wanted : "normal";
    store.set("queqiao:size", size);
    showSize();
  };

  // ---- copy a link
  const copyText = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "visually-hidden";
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  };
  const copy = async (button) => {
    const label = button.querySelector("[data-copy-label]") || button;
    const before = button.dataset.copyBefore || label.textContent;
    button.dataset.copyBefore = before;
    await copyText(button.dataset.copy);
    label.textContent = button.dataset.copied || before;
    window.setTimeout(() => { label.textContent = before; }, 2000);
  };

  // ---- a second question before what cannot be undone
  const confirmed = new WeakSet();
  const askFirst = (event) => {
    const button = event.target.closest("[data-confirm]");
    const dialog = document.getElementById("q-confirm");
    if (!button || !dialog) return;
    if (confirmed.delete(button)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // What must be filled in is asked for before the question, not after the answer.
    if (button.form && !button.formNoValidate && !button.form.noValidate && !button.form.reportValidity()) return;
    const yes = dialog.querySelector("[data-confirm-yes]");
    dialog.querySelector("[data-confirm-text]").textContent = button.dataset.confirm;
    yes.textContent = button.dataset.confirmYes || button.textContent.trim();
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      button.focus();
      if (dialog.returnValue !== "yes") return;
      confirmed.add(button);
      button.click();
    }, { once: true });
    dialog.showModal();
  };

  // ---- the choices beside a search fill the screen of a phone
  const openFilter = () => {
    const sheet = document.querySelector("[data-filter-sheet]");
    const filter = document.querySelector("[data-filter]");
    const home = filter.parentElement;
    sheet.addEventListener("close", () => home.insertBefore(filter, sheet), { once: true });
    sheet.append(filter);
    sheet.showModal();
  };

  // ---- repeating rows of a formset
  const fillRow = (template, prefix, index) => {
    const made = template.content.cloneNode(true);
    for (const node of made.querySelectorAll("*")) {
      for (const attribute of Array.from(node.attributes)) {
        if (attribute.value.includes("__prefix__")) attribute.value = attribute.value.replaceAll("__prefix__", index);
      }
    }
    return made;
  };
  const addRow = (container) => {
    const prefix = container.dataset.rows;
    const total = container.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
    const most = Number(container.dataset.rowsMax || 1000);
    const index = Number(total.value);
    if (index >= most) return null;
    const list = container.querySelector("[data-rows-list]");
    list.append(fillRow(container.querySelector("template"), prefix, String(index)));
    total.value = String(index + 1);
    return list.lastElementChild;
  };
  const removeRow = (button) => {
    const row = button.closest("[data-row]");
    const container = button.closest("[data-rows]");
    const mark = row.querySelector('[name$="-DELETE"]');
    if (mark) mark.checked = true;
    row.hidden = true;
    // A hidden row must not stop the form from being sent.
    for (const control of row.querySelectorAll("[required]")) control.required = false;
    container.querySelector("[data-rows-add]").focus();
    (mark || container).dispatchEvent(new Event("input", { bubbles: true }));
  };

  // ---- forms that save by themselves
  const KEPT = "queqiao:autosave:";
  const PAUSE = 1500;
  const RETRIES = [5000, 10000, 20000, 40000, 60000];
  const KEEPALIVE_LIMIT = 60000; // browsers refuse longer bodies on a page that is closing

  class Autosave {
    constructor(form) {
      this.form = form;
      this.status = form.querySelector("[data-autosave-status]");
      this.conflict = form.querySelector("[data-autosave-conflict]");
      this.changes = 0;
      this.saved = 0;
      this.tries = 0;
      this.timer = 0;
      this.running = false;
      this.stopped = false; // somebody else has changed the record, and the person decides first
      this.restore();
      form.addEventListener("input", () => this.changed());
      form.addEventListener("change", () => this.changed());
      form.addEventListener("submit", () => this.submitted());
      window.addEventListener("online", () => { if (this.dirty) this.save(); });
      window.addEventListener("pagehide", () => this.leave());
      document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.leave(); });
    }

    get url() { return this.form.dataset.autosave; }
    get dirty() { return this.changes > this.saved; }

    fields() {
      const data = new FormData(this.form);
      for (const [name, value] of Array.from(data.entries())) {
        if (value instanceof File) data.delete(name);
      }
      return data;
    }

    say(state, time = "") {
      if (!this.status) return;
      const sentence = this.form.dataset[state];
      if (!sentence) return;
      this.status.dataset.state = state;
      this.status.textContent = sentence.replace("{time}", time);
    }

    changed() {
      this.changes += 1;
      if (this.stopped) this.keep();
      else this.plan(PAUSE);
    }

    resume(revision) {
      this.form.querySelector('[name="revision"]').value = revision;
      this.conflict.hidden = true;
      this.stopped = false;
      this.changes += 1;
      this.save();
    }

    discard() {
      store.drop(KEPT + this.url);
      this.saved = this.changes;
      window.location.reload();
    }

    plan(delay) {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.save(), delay);
    }

    entries() {
      return Array.from(this.fields().entries()).filter(([name]) => name !== "csrfmiddlewaretoken");
    }

    keep(more = {}) {
      const fields = this.entries();
      const revision = this.form.querySelector('[name="revision"]')?.value || "";
      store.set(KEPT + this.url, JSON.stringify({ fields, revision, ...more }));
    }

    restore() {
      let kept = null;
      try { kept = JSON.parse(store.get(KEPT + this.url)); } catch { /* unreadable: as if nothing was kept */ }
      if (!kept) return;
      const revision = this.form.querySelector('[name="revision"]');
      if (kept.submitted && revision && revision.value !== kept.revision) {
        store.drop(KEPT + this.url); // the page that was sent has arrived
        return;
      }
      const shown = JSON.stringify(this.entries());
      this.fill(kept.fields);
      // A page that was refused shows what was sent: nothing comes back from before.
      if (JSON.stringify(this.entries()) !== shown) this.say("restored");
      this.changes += 1;
      this.plan(PAUSE);
    }

    fill(fields) {
      const values = new Map();
      for (const [name, value] of fields) values.set(name, [...(values.get(name) || []), value]);
      for (const container of this.form.querySelectorAll("[data-rows]")) {
        const total = Number(values.get(`${container.dataset.rows}-TOTAL_FORMS`)?.[0] || 0);
        while (container.querySelectorAll("[data-row]").length < total && addRow(container));
      }
      for (const control of this.form.elements) {
        if (!control.name || control.name === "csrfmiddlewaretoken" || control.type === "file") continue;
        const wanted = values.get(control.name);
        if (control.type === "checkbox" || control.type === "radio") control.checked = Boolean(wanted?.includes(control.value));
        else if (control instanceof HTMLSelectElement) {
          for (const option of control.options) option.selected = Boolean(wanted?.includes(option.value));
        } else if (wanted && control.type !== "submit" && control.type !== "button") control.value = wanted.shift() ?? "";
      }
      for (const mark of this.form.querySelectorAll('[data-row] [name$="-DELETE"]:checked')) mark.closest("[data-row]").hidden = true;
    }

    request(more = {}) {
      return fetch(this.url, {
        method: "POST",
        body: this.fields(),
        credentials: "same-origin",
        headers: { "X-CSRFToken": this.form.querySelector('[name="csrfmiddlewaretoken"]')?.value || "", "X-Requested-With": "fetch" },
        ...more,
      });
    }

    async save() {
      window.clearTimeout(this.timer);
      if (this.running || this.stopped || !this.dirty) return;
      this.running = true;
      const upTo = this.changes;
      this.say("saving");
      try {
        await this.answered(await this.request(), upTo);
      } catch {
        this.away();
      }
      this.running = false;
      if (this.dirty && this.tries === 0 && !this.stopped) this.plan(PAUSE);
    }

    async answered(response, upTo) {
      if (response.status === 409) {
        this.keep();
        this.stopped = true;
        this.say("failed");
        if (this.conflict) {
          this.conflict.innerHTML = await response.text();
          this.conflict.hidden = false;
          this.conflict.tabIndex = -1;
          this.conflict.focus();
          window.htmx?.process(this.conflict);
        }
        return;
      }
      if (response.status >= 500 || response.redirected) throw new Error(String(response.status));
      if (!response.ok) {
        this.keep();
        this.saved = upTo; // the same text would be refused again: wait for the next change
        this.say("failed");
        return;
      }
      const answer = (response.headers.get("Content-Type") || "").includes("json") ? await response.json() : {};
      store.drop(KEPT + this.url);
      this.saved = upTo;
      this.tries = 0;
      this.apply(answer);
      this.say("saved", new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false }));
    }

    apply(answer) {
      const revision = this.form.querySelector('[name="revision"]');
      if (revision && answer.revision !== undefined) revision.value = String(answer.revision);
      if (answer.autosave) this.form.dataset.autosave = answer.autosave;
      if (answer.page) {
        window.history.replaceState(null, "", answer.page);
        if (this.form.hasAttribute("action")) this.form.action = answer.page;
      }
    }

    away() {
      this.keep();
      this.say("failed");
      this.plan(RETRIES[Math.min(this.tries, RETRIES.length - 1)]);
      this.tries += 1;
    }

    submitted() {
      window.clearTimeout(this.timer);
      this.keep({ submitted: true });
      this.saved = this.changes;
    }

    leave() {
      if (!this.dirty || this.stopped) return;
      this.keep();
      const upTo = this.changes;
      const size = new URLSearchParams(Array.from(this.fields().entries())).toString().length;
      this.request({ keepalive: size < KEEPALIVE_LIMIT }).then((response) => this.answered(response, upTo)).catch(() => this.away());
    }
  }

  const forms = new WeakMap();
  const startForms = () => {
    const addresses = new Set();
    for (const form of document.querySelectorAll("form[data-autosave]")) {
      addresses.add(KEPT + form.dataset.autosave);
      forms.set(form, new Autosave(form));
    }
    // A sent form that has led on to another page has arrived; an error page means that it has not.
    if (document.querySelector("[data-error-page]")) return;
    for (const key of store.keys()) {
      if (key.startsWith(KEPT) && !addresses.has(key) && store.get(key)?.includes('"submitted":true')) store.drop(key);
    }
  };

  // ---- being offline
  const showOffline = () => {
    const banner = document.querySelector("[data-offline]");
    if (banner) banner.hidden = navigator.onLine;
  };

  // ---- take a suggestion: tick its box, as if by hand
  const tick = (button) => {
    const box = button.form?.querySelector(`input[name="${button.dataset.tick}"][value="${button.dataset.value}"]`);
    if (!box) return;
    box.closest("details")?.setAttribute("open", "");
    box.checked = true;
    box.focus();
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  // ---- wiring: one listener for the page, so that parts loaded later work too
  const onClick = (event) => {
    const button = event.target.closest("button, a");
    if (!button) return;
    if (button.dataset.copy !== undefined) copy(button);
    else if (button.dataset.tick !== undefined) tick(button);
    else if (button.dataset.size !== undefined) chooseSize(button);
    else if (button.dataset.autosaveResume !== undefined) forms.get(button.form)?.resume(button.dataset.autosaveResume);
    else if (button.hasAttribute("data-autosave-discard")) forms.get(button.form)?.discard();
    else if (button.hasAttribute("data-open-filter")) openFilter();
    else if (button.hasAttribute("data-close-filter")) button.closest("dialog")?.close();
    else if (button.hasAttribute("data-print")) window.print();
    else if (button.hasAttribute("data-row-remove")) removeRow(button);
    else if (button.hasAttribute("data-rows-add")) {
      const row = addRow(button.closest("[data-rows]"));
      row?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    }
  };
  document.addEventListener("click", askFirst, true);
  document.addEventListener("click", onClick);
  document.addEventListener("submit", (event) => {
    // What was kept on this machine belongs to the one who signs out.
    if (!event.target.hasAttribute("data-sign-out")) return;
    for (const key of store.keys()) if (key.startsWith(KEPT)) store.drop(key);
  });
  document.addEventListener("change", (event) => {
    if (event.target.hasAttribute("data-submit-on-change")) event.target.form.requestSubmit?.();
  });
  // ---- "/" leads to the search: to the box of the page, or to the page that has one
  const TYPING = "input, textarea, select, [contenteditable]";
  const toSearch = (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
    const box = document.querySelector('main input[type="search"]');
    const link = document.querySelector("[data-search]");
    if (!box && !link) return;
    event.preventDefault();
    if (!box) window.location.assign(link.href);
    else { box.focus(); box.select(); }
  };
  document.addEventListener("keydown", toSearch);
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector(".q-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  // Errors come as whole sentences in HTML; htmx would throw them away.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ([400, 403, 409, 422].includes(event.detail.xhr.status)) event.detail.shouldSwap = true;
  });
  window.addEventListener("online", showOffline);
  window.addEventListener("offline", showOffline);

  const start = () => {
    showSize();
    showOffline();
    startForms();
    if (window.matchMedia("(max-width: 991.98px)").matches) {
      for (const filter of document.querySelectorAll(".q-filter[open]")) filter.open = false;
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
