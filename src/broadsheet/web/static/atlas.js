// The map: papers as points on a canvas, fetched in tiles the nearer one looks; the page has the same as a list.
// A tile: n (uint32), numbers (n uint32), x and y in 65535ths, finest regions and years (n uint16 each).
"use strict";

(() => {
  const section = document.getElementById("map");
  const canvas = document.getElementById("map-canvas");
  const pen = canvas?.getContext("2d");
  if (!section || !pen) return;
  const part = (id) => document.getElementById(`map-${id}`);
  const map = JSON.parse(section.dataset.map);
  const [tip, said, card, box] = ["tip", "said", "card", "q"].map(part);
  const [from, to, colours] = ["from", "to", "colours"].map(part);
  const FULL = 65535;
  const NEAREST = 600;  // times the whole map
  const CLASSES = 8;  // of years
  const LABELS = [2.2, 6];  // zoom from which the next finer names are shown
  const outers = [...new Set(map.outer)].sort((a, b) => a - b);
  const tiles = new Map();  // "z/x/y" → points, or null while they are fetched
  const marks = { saved: null, new: null, found: null };
  const titles = new Map();
  const regions = [map.regions, null, null];  // of each zoom, or null until they are asked for
  const pointers = new Map();
  const view = { x: 0.5, y: 0.5, zoom: 1 };
  let [width, height, level, drawn, chosen, order, waiting] = [0, 0, 0, 0, null, [], false];
  let look = {};  // colours of the theme

  section.hidden = false;

  // ---- what is fetched ----------------------------------------------------------------------------------------

  function decode(buffer) {
    const n = new DataView(buffer).getUint32(0, true);
    const short = (at) => new Uint16Array(buffer, 4 + 4 * n + 2 * n * at, n);
    const points = { n, ids: new Uint32Array(buffer, 4, n), x: short(0), y: short(1), leaves: short(2), years: short(3) };
    points.region = group(points, (i) => outers.indexOf(map.outer[points.leaves[i]]));
    points.year = group(points, (i) => yearClass(points.years[i]));
    return points;
  }

  function group(points, classOf) {  // class → its points: one colour each
    const groups = new Map();
    for (let i = 0; i < points.n; i++) {
      const key = classOf(i);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(i);
    }
    return groups;
  }

  function yearClass(year) {
    const [first, last] = [Math.max(Number(from.min), Number(from.max) - 4 * CLASSES + 1), Number(from.max)];
    return year ? Math.max(0, Math.min(CLASSES - 1, Math.floor((CLASSES * (year - first)) / (last - first + 1)))) : 0;
  }

  async function ask(path) {
    const answer = await fetch(path).catch(() => null);
    return answer?.ok ? answer : null;
  }

  async function mark(kind, query = "") {
    const answer = await ask(`/atlas/points/${kind}${query && `?${new URLSearchParams({ q: query })}`}`);
    if (answer) marks[kind] = decode(await answer.arrayBuffer());
    redraw();
    return marks[kind]?.n ?? 0;
  }

  function need() {
    const size = scale();
    for (let z = 0; z <= level; z++) {
      const side = 1 << z;
      const span = (middle, pixels) => [middle - pixels / 2 / size, middle + pixels / 2 / size]
        .map((at) => Math.max(0, Math.min(side - 1, Math.floor(at * side))));
      const [[left, right], [top, bottom]] = [span(view.x, width), span(view.y, height)];
      for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) load(`${z}/${x}/${y}`);
    }
  }

  async function load(key) {
    if (tiles.has(key)) return;
    tiles.set(key, null);
    const answer = await ask(`/atlas/tiles/${key}?of=${map.stamp}`);
    if (answer) tiles.set(key, decode(await answer.arrayBuffer()));
    else tiles.delete(key);
    redraw();
  }

  // ---- drawing ------------------------------------------------------------------------------------------------

  const scale = () => Math.min(width, height) * view.zoom;
  const across = (x) => (x - view.x) * scale() + width / 2;
  const down = (y) => (y - view.y) * scale() + height / 2;
  const inYears = (year) => year >= Number(from.value || 0) && (year <= Number(to.value || 9999)) || (!year && from.value === from.min);

  function theme() {
    const colour = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
    const ink = colour("body", "color");
    const dark = ink.match(/[\d.]+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0) > 384;
    const light = dark ? 66 : 42;
    look = {
      ink, paper: colour(".map-view", "backgroundColor"), found: colour(".map-found", "color"), new: colour(".map-new", "color"),
      saved: document.querySelector(".map-saved") ? colour(".map-saved", "color") : ink,
      region: (at) => `hsl(${(at * 137.5 + 20) % 360} 48% ${light}%)`,
      year: (at) => `hsl(${230 - (210 * at) / (CLASSES - 1)} 55% ${light}%)`,
    };
    redraw();
  }

  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  function draw() {
    const pixels = Math.min(2, devicePixelRatio || 1);
    pen.setTransform(pixels, 0, 0, pixels, 0, 0);
    pen.clearRect(0, 0, width, height);
    const size = Math.max(1.5, Math.min(6, 1.6 + 0.5 * Math.log2(view.zoom)));
    drawn = 0;
    for (const points of shown()) {
      for (const [at, members] of points[colours.value]) {
        pen.fillStyle = look[colours.value](at);
        for (const i of members) {
          const [x, y] = [across(points.x[i] / FULL), down(points.y[i] / FULL)];
          if (x < -size || y < -size || x > width + size || y > height + size || !inYears(points.years[i])) continue;
          pen.fillRect(x - size / 2, y - size / 2, size, size);
          drawn++;
        }
      }
    }
    for (const kind of ["new", "saved", "found"]) signs(kind);
    if (chosen) ring(chosen, look.ink, 8);
    labels();
    canvas.dataset.drawn = drawn;
    canvas.dataset.at = `${view.x.toFixed(4)} ${view.y.toFixed(4)} ${view.zoom.toFixed(3)}`;
    if (drawn && !canvas.dataset.ready) {
      canvas.dataset.ready = "yes";
      performance.mark("map-drawn");
    }
  }

  function* shown() {
    for (const [key, points] of tiles) if (points && Number(key.split("/")[0]) <= level) yield points;
  }

  function ring(point, colour, radius) {
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(across(point.x), down(point.y), radius, 0, 7);
    pen.stroke();
  }

  function signs(kind) {  // saved: a full circle; new: a diamond; found: a ring
    const points = marks[kind];
    for (let i = 0; i < (points?.n ?? 0); i++) {
      const [x, y] = [points.x[i] / FULL, points.y[i] / FULL];
      if (!inYears(points.years[i])) continue;
      if (kind === "found") { ring({ x, y }, look.found, 5); continue; }
      pen.fillStyle = look[kind];
      pen.strokeStyle = look.paper;
      pen.lineWidth = 1;
      pen.beginPath();
      if (kind === "saved") pen.arc(across(x), down(y), 4, 0, 7);
      else [[0, -5], [5, 0], [0, 5], [-5, 0]].forEach(([right, below]) => pen.lineTo(across(x) + right, down(y) + below));
      pen.closePath();
      pen.fill();
      pen.stroke();
    }
  }

  function labels() {
    const zoom = LABELS.filter((least) => view.zoom >= least).length;
    if (!regions[zoom]) names(zoom);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `600 ${zoom ? 12 : 13}px ${getComputedStyle(canvas).fontFamily}`;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeStyle = look.paper;
    pen.fillStyle = look.ink;
    const taken = [[width - 26, 64, 26, 64]];  // the buttons
    for (const [, name, , x, y] of regions[zoom]?.length ? regions[zoom] : regions[0]) {
      const lines = name.split(", ");
      const half = Math.max(...lines.map((line) => pen.measureText(line).width)) / 2 + 4;
      const tall = 8 * lines.length + 3;
      const [middle, top] = [across(x / 1000), down(y / 1000)];
      if (middle < 0 || top < 0 || middle > width || top > height || 2 * half > width) continue;
      const at = [Math.max(half, Math.min(width - half, middle)), Math.max(tall, Math.min(height - tall, top))];
      if (taken.some(([x2, y2, w2, h2]) => Math.abs(x2 - at[0]) < half + w2 && Math.abs(y2 - at[1]) < tall + h2)) continue;
      taken.push([...at, half, tall]);
      lines.forEach((line, i) => {
        const below = at[1] + 15 * (i - (lines.length - 1) / 2);
        pen.strokeText(line, at[0], below);
        pen.fillText(line, at[0], below);
      });
    }
    canvas.dataset.labels = taken.length - 1;
  }

  async function names(zoom) {
    regions[zoom] = [];
    const answer = await ask(`/atlas/names/${zoom}?of=${map.stamp}`);
    if (answer) regions[zoom] = await answer.json();
    redraw();
  }

  // ---- moving -------------------------------------------------------------------------------------------------

  function moved() {
    view.zoom = Math.max(0.8, Math.min(NEAREST, view.zoom));
    view.x = Math.max(0, Math.min(1, view.x));
    view.y = Math.max(0, Math.min(1, view.y));
    level = Math.max(0, Math.min(map.depth, Math.ceil(Math.log2(Math.max(view.zoom, 1)) + 1)));
    order = [];
    tip.hidden = true;
    need();
    redraw();
  }

  function nearer(times, x = width / 2, y = height / 2) {
    const [right, below] = [(x - width / 2) / scale(), (y - height / 2) / scale()];
    const before = view.zoom;
    view.zoom = Math.max(0.8, Math.min(NEAREST, view.zoom * times));
    view.x += right * (1 - before / view.zoom);
    view.y += below * (1 - before / view.zoom);
    moved();
  }

  function pan(right, below) {
    view.x += right / scale();
    view.y += below / scale();
    moved();
  }

  function home() {
    Object.assign(view, { x: 0.5, y: 0.5, zoom: 1 });
    moved();
  }

  const moves = {
    ArrowLeft: () => pan(-60, 0), ArrowRight: () => pan(60, 0), ArrowUp: () => pan(0, -60), ArrowDown: () => pan(0, 60),
    "+": () => nearer(1.5), "=": () => nearer(1.5), "-": () => nearer(1 / 1.5), 0: home,
    n: () => step(1), p: () => step(-1), Enter: () => { if (!chosen) step(1); if (chosen) open(chosen, true); },
  };
  canvas.addEventListener("keydown", (event) => {
    const act = moves[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();  // these keys mean something else on the rest of the page
    act();
  });
  section.addEventListener("click", (event) => {
    const way = event.target.closest("[data-move]")?.dataset.move;
    if (way) ({ in: () => nearer(2), out: () => nearer(0.5), home })[way]();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    nearer(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.offsetX, event.offsetY);
  }, { passive: false });

  let travelled = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (pointers.size === 1) travelled = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const old = pointers.get(event.pointerId);
    if (!old) return point(event.offsetX, event.offsetY);
    const [right, below] = [event.offsetX - old[0], event.offsetY - old[1]];
    travelled += Math.abs(right) + Math.abs(below);
    if (pointers.size === 2) {
      const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const apart = (x, y) => Math.max(1, Math.hypot(x - other[0], y - other[1]));
      nearer(apart(event.offsetX, event.offsetY) / apart(...old), other[0], other[1]);
    } else if (travelled > 4) pan(-right, -below);
    pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => {
    const was = pointers.size;
    pointers.delete(event.pointerId);
    if (end !== "pointerup" || was !== 1 || travelled > 6) return;
    const near = under(event.offsetX, event.offsetY, event.pointerType === "mouse" ? 9 : 18);
    if (near) open(near, false);
  });
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });

  // ---- papers -------------------------------------------------------------------------------------------------

  function* papers() {
    for (const points of [...shown(), ...Object.values(marks).filter(Boolean)])
      for (let i = 0; i < points.n; i++)
        if (inYears(points.years[i])) yield { id: points.ids[i], x: points.x[i] / FULL, y: points.y[i] / FULL };
  }

  function under(x, y, within) {
    let [best, least] = [null, within];
    for (const paper of papers()) {
      const apart = Math.hypot(across(paper.x) - x, down(paper.y) - y);
      if (apart < least) [best, least] = [paper, apart];
    }
    return best;
  }

  async function titleOf(id) {
    if (!titles.has(id)) {
      const answer = await ask(`/atlas/titles?ids=${id}`);
      titles.set(id, answer ? (await answer.json())[id] ?? "" : "");
    }
    return titles.get(id);
  }

  let pointing = 0;
  function point(x, y) {
    clearTimeout(pointing);
    pointing = setTimeout(async () => {
      const near = under(x, y, 8);
      const title = near ? await titleOf(near.id) : "";
      tip.hidden = !title;
      tip.textContent = title;
      tip.style.left = `${Math.min(Math.max(0, x + 12), Math.max(0, width - tip.offsetWidth))}px`;
      tip.style.top = `${Math.max(0, y + 14 + tip.offsetHeight > height ? y - tip.offsetHeight - 8 : y + 14)}px`;
    }, 60);
  }

  async function step(by) {
    if (!order.length) {
      const seen = new Map([...papers()].map((paper) => [paper.id, paper]));
      const apart = (paper) => Math.hypot(paper.x - view.x, paper.y - view.y);
      order = [...seen.values()].sort((a, b) => apart(a) - apart(b)).slice(0, 500);
    }
    if (!order.length) return;
    const at = order.findIndex((paper) => paper.id === chosen?.id);
    const now = order[Math.max(0, Math.min(order.length - 1, at + by))];
    chosen = now;
    redraw();
    const title = await titleOf(now.id);
    if (chosen === now) said.textContent = title;
  }

  async function open(paper, focus) {
    chosen = paper;
    redraw();
    const answer = await ask(`/atlas/papers/${paper.id}`);
    if (!answer || chosen !== paper) return;
    const arrived = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("map-card");
    if (!arrived) return;
    card.replaceChildren(...arrived.childNodes);
    if (focus) card.querySelector(".title a")?.focus();
  }

  // ---- search, years, colours ---------------------------------------------------------------------------------

  async function light() {
    const query = box.value.trim();
    const address = new URL(location.href);
    if (query) address.searchParams.set("q", query);
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
    const count = await mark("found", query);
    said.textContent = query ? `${count} found paper${count === 1 ? "" : "s"} on the map` : "";
  }

  section.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); light(); });
  for (const control of [from, to, colours]) control.addEventListener("change", () => { order = []; redraw(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);
  new ResizeObserver(() => {
    [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const pixels = Math.min(2, devicePixelRatio || 1);
    [canvas.width, canvas.height] = [Math.round(width * pixels), Math.round(height * pixels)];
    draw();
  }).observe(canvas);

  [width, height] = [canvas.clientWidth, canvas.clientHeight];
  theme();
  if (section.dataset.at) {
    const [x, y, zoom] = section.dataset.at.split(" ").map(Number);
    Object.assign(view, { x, y, zoom: [1.6, 4, 10][zoom] });
    moved();
  } else load("0/0/0");  // finer tiles come with the first move
  if (look.saved !== look.ink) mark("saved");
  mark("new");
  if (box.value) light();
})();
