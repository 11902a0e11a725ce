// Instant actions and keyboard for pages that work without either. Attributes of ours: data-post, where a form is sent
// without leaving the page; data-swap on a part of the answer, "outer" or "inner" of the element with its id;
// data-poll and data-seconds, an element to fetch again until its answer has no data-poll.
"use strict";

const root = document.documentElement;
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
root.classList.add("js");

// ---- marking: what is selected in a text goes into the form that marks it ------------------------------------

document.addEventListener("selectionchange", () => {
  const field = one("[data-selection]");
  const chosen = document.getSelection();
  if (!field || !chosen || chosen.isCollapsed || !chosen.rangeCount) return;
  const within = chosen.getRangeAt(0).commonAncestorContainer;
  const element = within.nodeType === Node.ELEMENT_NODE ? within : within.parentElement;
  const words = chosen.toString().trim();
  if (words && words.length <= field.maxLength && element?.closest("article.paper") && element.closest(field.dataset.selection)) field.value = words;
});

// ---- order: a paper of a list is dragged to the place of another -----------------------------------------------

let dragged = null;
const row = (event) => event.target.closest?.("[data-order] > li");
document.addEventListener("dragstart", (event) => { dragged = event.target.closest?.("[data-grip]") ? row(event) : null; });
document.addEventListener("dragover", (event) => { if (dragged && row(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  const there = row(event);
  if (!dragged || !there || there === dragged) return;
  event.preventDefault();
  const place = one("[name=place]", dragged);
  place.value = one("[name=place]", there).defaultValue;
  place.form.requestSubmit(one("button", place.form));
});

// ---- swapping -------------------------------------------------------------------------------------------------

function reveal(within) {
  all("[data-dismiss], [data-help], [data-copy], [data-grip]", within).forEach((element) => { element.hidden = false; });
}

function say(text) {
  const line = document.createElement("p");
  line.textContent = text;
  one("#notice").replaceChildren(line);
}

function place(html) {
  const arrived = new DOMParser().parseFromString(html, "text/html");
  for (const part of all("[data-swap]", arrived)) {
    const old = document.getElementById(part.id);
    const how = part.dataset.swap;
    delete part.dataset.swap;
    if (!old) continue;
    const held = old.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    if (how === "inner") old.replaceChildren(...part.childNodes);
    else old.replaceWith(part);
    const now = document.getElementById(part.id);
    reveal(now);
    if (held) (one(`[data-key="${held}"]`, now) || one("button", now))?.focus();
  }
}

async function send(form, button) {
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.set(button.name, button.value);
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.post, { method: "POST", body, headers: { "X-Fragment": "true" } });
    if (answer.ok) place(await answer.text());
    else say((await answer.json()).error.message);
  } catch {
    say("Broadsheet does not answer. Is it still running?");
  }
  form.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("post" in form.dataset) {
    event.preventDefault();
    if (!form.hasAttribute("aria-busy")) send(form, event.submitter);
    return;
  }
  const file = one("input[type=file]", form)?.files[0];
  if (file && file.size > Number(form.dataset.maxBytes)) {
    event.preventDefault();
    say("This file is larger than 10 MB. Split it, or add it with: broadsheet add");
  }
});

async function poll(element) {
  const seconds = Number(element.dataset.seconds);
  await new Promise((done) => { setTimeout(done, seconds * 1000); });
  const answer = await fetch(element.dataset.poll).catch(() => null);
  if (!answer?.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
  element.replaceWith(next);
  if ("poll" in next.dataset) poll(next);
  else location.reload();
}

// ---- small things ---------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const link = event.target.closest(".card .title a");
  if (link) {  // remember where on which page a paper was opened, for the event its page sends
    const { position, policy } = one(".actions", link.closest(".card"))?.elements ?? {};
    const from = { path: new URL(link.href).pathname, position: position?.value ?? "", policy: policy?.value ?? "" };
    sessionStorage.setItem("from", JSON.stringify(from));
  }
  const button = event.target.closest("button");
  if (button?.hasAttribute("data-dismiss")) one("#notice").replaceChildren();
  if (button?.hasAttribute("data-help")) one("#help").showModal();
  if (button?.hasAttribute("data-copy")) {
    navigator.clipboard.writeText(one(button.dataset.copy).textContent.trim())
      .then(() => say("Copied."), () => say("The browser did not allow copying. Select the text instead."));
  }
});

document.addEventListener("input", (event) => {
  if (event.target.type === "range") one(`output[for="${event.target.id}"]`).value = Number(event.target.value).toFixed(2);
});

document.addEventListener("change", () => {
  const count = one("[data-count]");
  const chosen = all("input[form=batch]:checked").length;
  if (count) count.textContent = chosen ? `${chosen} picked:` : "With the picked papers:";
  const told = one("[data-picked]");
  const picked = all("input[form=start]:checked").length;
  if (told) told.textContent = picked ? `${picked} picked${picked < 3 ? ", three make a good start" : ""}` : "Tick three.";
});

function opened() {
  const paper = document.body.dataset.open;
  const form = paper && one(`#a${paper}`);
  if (!form) return;
  const from = JSON.parse(sessionStorage.getItem("from") || "{}");
  const here = from.path === location.pathname ? from : {};
  const body = new URLSearchParams({
    csrf: form.elements.csrf.value, action: "open", position: here.position ?? "", policy: here.policy ?? "",
  });
  fetch(form.getAttribute("action"), { method: "POST", body, keepalive: true, headers: { "X-Fragment": "true" } }).catch(() => {});
}

// ---- keyboard -------------------------------------------------------------------------------------------------

let current = -1;
let before = "";

function step(by) {
  const cards = all(".card");
  if (!cards.length) return;
  current = Math.max(0, Math.min(cards.length - 1, current + by));
  cards.forEach((card, i) => card.classList.toggle("current", i === current));
  (one(".title a", cards[current])).focus({ preventScroll: true });
  cards[current].scrollIntoView({ block: "nearest" });
}

function press(key) {
  const place = all(".card")[current] ?? one("article.paper") ?? document.createElement("p");
  one(`[data-key="${key}"]`, place)?.click();
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  o: () => one(".card.current .title a")?.click(),
  s: () => press("s"),
  v: () => press("v"),
  x: () => press("x"),
  m: () => one("[data-key=m]", all(".card")[current] ?? document.createElement("p"))?.click(),
  "+": () => press("+"),
  "=": () => press("+"),
  "-": () => press("-"),
  u: () => (one("#notice [data-key=u]") ?? one("[data-key=u]"))?.click(),
  "/": () => { const box = one("#q"); box?.focus(); box?.select(); },
  "?": () => one("#help").showModal(),
  p: () => one("a[rel=prev]")?.click(),
  n: () => one("a[rel=next]")?.click(),
  "g t": () => location.assign(one("a[data-today]")?.href ?? "/"),
  "g l": () => location.assign("/library"),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]):not([type=range]), textarea, select, dialog[open]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem("keys") === "off") return;
  const act = keys[`${before} ${event.key}`] ?? keys[event.key];
  before = event.key;
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("focusin", (event) => {
  const card = event.target.closest(".card");
  if (!card) return;
  const cards = all(".card");
  current = cards.indexOf(card);
  cards.forEach((other) => other.classList.toggle("current", other === card && card.matches(":focus-within:has(:focus-visible)")));
});

const switchBox = one("#keys-on");
switchBox.checked = localStorage.getItem("keys") !== "off";
switchBox.addEventListener("change", () => localStorage.setItem("keys", switchBox.checked ? "on" : "off"));

reveal(document);
opened();
all("[data-poll]").forEach(poll);
