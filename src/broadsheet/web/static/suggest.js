// Suggestions under the search box: a combobox with a list (WAI-ARIA), over a form that works without it.
"use strict";

(() => {
  const input = document.querySelector("input[data-suggest]");
  if (!input) return;
  const WAIT = 120;  // milliseconds after a key
  const MOST = 200;  // characters; a longer text is not a beginning
  const KINDS = { title: "Titles", author: "Authors", venue: "Venues", topic: "Topics" };
  const box = document.createElement("span");
  const list = document.createElement("div");
  const told = document.createElement("span");
  let options = [];  // {element, href, query, kind}
  let active = -1;
  let timer = 0;
  let running = null;

  box.className = "combo";
  input.before(box);
  box.append(input, list, told);
  Object.assign(list, { id: "suggestions", className: "suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  told.className = "quiet";
  told.setAttribute("role", "status");
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, "aria-haspopup": "listbox",
  })) input.setAttribute(name, value);

  function close() {
    clearTimeout(timer);
    running?.abort();
    list.hidden = true;
    list.replaceChildren();
    options = [];
    active = -1;
    told.textContent = "";
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function option(one, at) {
    const element = document.createElement("div");
    element.id = `suggestion-${at}`;
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", "false");
    element.textContent = one.label;
    if (one.count !== null) {
      const count = document.createElement("small");
      count.textContent = ` ${one.count.toLocaleString("en")} paper${one.count === 1 ? "" : "s"}`;
      element.append(count);
    }
    element.addEventListener("mousedown", (event) => event.preventDefault());
    element.addEventListener("click", () => choose(options[at]));
    options.push({ ...one, element });
    return element;
  }

  function show(suggestions) {
    close();
    for (const [kind, name] of Object.entries(KINDS)) {
      const own = suggestions.filter((one) => one.kind === kind);
      if (!own.length) continue;
      const group = document.createElement("div");
      const heading = document.createElement("div");
      group.setAttribute("role", "group");
      group.setAttribute("aria-labelledby", `suggestions-${kind}`);
      Object.assign(heading, { id: `suggestions-${kind}`, className: "heading", textContent: name });
      heading.setAttribute("role", "presentation");
      group.append(heading, ...own.map((one) => option(one, options.length)));
      list.append(group);
    }
    if (!options.length) return;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    told.textContent = `${options.length} suggestion${options.length === 1 ? "" : "s"}`;
  }

  function move(by) {
    options[active]?.element.setAttribute("aria-selected", "false");
    active = (active + by + options.length + 2) % (options.length + 1) - 1;  // -1: the box itself
    const now = options[active]?.element;
    if (!now) return input.removeAttribute("aria-activedescendant");
    now.setAttribute("aria-selected", "true");
    now.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", now.id);
  }

  function choose(one) {
    if (one.kind === "title") return location.assign(one.href);
    input.value = one.query;
    close();
    input.form.requestSubmit();
  }

  async function ask() {
    running = new AbortController();
    const typed = input.value;
    try {
      const answer = await fetch(`/api/suggest?${new URLSearchParams({ q: typed })}`, { signal: running.signal });
      if (answer.ok && typed === input.value && document.activeElement === input) show(await answer.json());
    } catch { /* another key was pressed, or nobody answers: the form works without */ }
  }

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    running?.abort();
    if (event.isComposing || !input.value.trim() || input.value.length > MOST) return close();
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && options.length) {
      event.preventDefault();
      move(steps[event.key]);
    } else if (event.key === "ArrowDown" && input.value.trim()) {
      event.preventDefault();
      ask();
    } else if (event.key === "Escape" && options.length) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && options[active]) {
      event.preventDefault();
      choose(options[active]);
    }
  });
  input.addEventListener("blur", close);
  input.form.addEventListener("submit", close);
})();
