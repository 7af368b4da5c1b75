// How does a figure get onto the screen, and stay there while it grows?
//
// Streamlit calls the default export at the first mount and again whenever `data` or the theme
// changes, on the same element. The element owns one Chart; a Chart owns a panel for each figure.
// chart.py describes the protocol of the stream.

const FAST_MS = 60; // between questions, until the first points came ...
const FAST_FOR_MS = 8000; // ... but at most for so long
const LONGEST_WAIT_MS = 10000;
const SAY_AGAIN_MS = 1500; // a page that was not connected has not heard that its stream is over
const HOLD_MS = 800; // the old figure stays so long, at most, while a new stream's points come
const MOST_POINTS = 5000;
const TOKEN = /var\(--([a-z0-9-]+)(?:, ([\d.]+))?\)/g;

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rl-chart");
  const chart = (root.resnetLabChart ??= new Chart(root));
  chart.emit = setTriggerValue;
  chart.show(data);
  return () => {
    chart.end();
    delete root.resnetLabChart;
  };
}

class Chart {
  constructor(root) {
    this.root = root;
    this.panels = [];
    this.points = new Map(); // uid -> what the stream says of a trace; wins over the figure's
    this.captions = []; // what the stream says of a figure; wins over the page's
    this.generation = 0; // of the stream: an older loop ends when it sees a newer number
    this.grid = make("div", "rl-grid", root);
    this.strip = make("div", "rl-strip", root);
    this.status = make("p", "rl-status", this.strip);
    this.cells = make("ol", "rl-cells", this.strip);
    this.cellOf = new Map();
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(root);
  }

  show(data) {
    const before = this.data;
    this.data = data;
    const scheme = schemeOf(this.root);
    const changed = !before || JSON.stringify(before) !== JSON.stringify(data);
    this.root.dataset.scheme = scheme;
    if (!changed && scheme === this.scheme) return; // the page ran again for something else
    this.scheme = scheme;
    this.palette = data.palette[scheme];
    for (const [name, value] of Object.entries(this.palette)) {
      this.root.style.setProperty(`--rl-${name}`, value);
    }
    this.lay();
    if (changed) this.listen(before);
    this.drawAll();
  }

  end() {
    this.generation += 1;
    this.ended = true;
    this.observer.disconnect();
    this.panels.forEach((panel) => panel.end());
  }

  // One panel a figure; those that are there stay.
  lay() {
    const { figures, widths, words } = this.data;
    while (this.panels.length > figures.length) this.panels.pop().end();
    while (this.panels.length < figures.length) {
      this.panels.push(new Panel(this, this.panels.length));
    }
    this.panels.forEach((panel) => panel.prepare());
    this.grid.style.setProperty(
      "--rl-columns",
      widths.map((width) => `minmax(0, ${width}fr)`).join(" "),
    );
    for (const cell of this.cellOf.values()) cell.say(words);
  }

  // Start, go on with, or leave the stream.
  listen(before) {
    const { live } = this.data;
    const sameStream = live && before?.live?.url === live.url;
    this.strip.hidden = !live;
    if (sameStream) {
      this.follow(live); // from the beginning: the new figure may have traces the old one had not
      return;
    }
    this.generation += 1;
    this.captions = [];
    this.patience = 0;
    if (!live) {
      this.points = new Map();
      this.hold(false);
      return;
    }
    const drawn = Boolean(before && this.plotly);
    if (!drawn) this.points = new Map();
    this.hold(drawn);
    this.status.textContent = "";
    this.showCells([]);
    this.follow(live);
  }

  // Keep what is on screen until the first points of the new stream are here: no blink.
  hold(held) {
    clearTimeout(this.holdTimer);
    this.held = held;
    if (held) {
      this.holdTimer = setTimeout(() => {
        this.points = new Map();
        this.held = false;
        this.drawAll();
      }, HOLD_MS);
    } else if (!this.data.live) {
      this.points = new Map();
    }
  }

  async follow(live) {
    const generation = (this.generation += 1);
    const begun = performance.now();
    let cursor = -1;
    let seen = false;
    let failures = 0;
    let missing = 0;
    const current = () => generation === this.generation;
    while (current()) {
      await untilVisible();
      if (!current()) return;
      try {
        const response = await fetch(addressOf(live.url, cursor), {
          cache: "no-store",
          signal: AbortSignal.timeout(15000),
        });
        if (!current()) return;
        missing = response.status === 404 ? missing + 1 : 0;
        if (missing === 3) {
          this.status.textContent = this.data.words.gone;
          return;
        }
        if (response.status === 200) {
          const message = await response.json();
          if (!current()) return;
          await this.take(message, cursor === -1);
          if (!current()) return;
          cursor = message.cursor;
          seen ||= [message.append, message.replace].some(hasPoints);
          if (message.done) return await this.sayDone(cursor, current);
        } else if (response.status !== 204) {
          throw new Error(`${response.status}`);
        }
        if (failures > 1) this.status.textContent = this.lastStatus ?? "";
        failures = 0;
      } catch {
        if (!current()) return;
        failures += 1;
        if (failures === 2) this.status.textContent = this.data.words.reconnecting;
      }
      const slow = live.interval_seconds * 1000;
      const fast = !seen && performance.now() - begun < FAST_FOR_MS;
      const wait = failures
        ? Math.min(LONGEST_WAIT_MS, Math.max(slow, 250) * 2 ** failures)
        : fast
          ? Math.min(FAST_MS, slow)
          : slow;
      await sleep(wait * (0.9 + 0.2 * Math.random()));
    }
  }

  // Until the page has shown that it heard: a click is lost while the server is away.
  async sayDone(cursor, current) {
    for (;;) {
      await sleep(this.patience);
      if (!current()) return;
      this.emit("done", cursor);
      this.patience = Math.min(LONGEST_WAIT_MS, Math.max(SAY_AGAIN_MS, 2 * this.patience));
    }
  }

  async take(message, isFirst) {
    const touched = new Set();
    const touch = (uid, points) => {
      // Drawing what was empty and still is would keep the first points waiting.
      if (pointsIn(points) || pointsIn(this.points.get(uid) ?? this.own(uid))) touched.add(uid);
      this.points.set(uid, points);
    };
    if (isFirst) {
      for (const uid of this.points.keys()) touched.add(uid);
      this.points = new Map();
    }
    for (const [uid, more] of Object.entries(message.append ?? {})) {
      const known = this.points.get(uid) ?? (isFirst ? {} : this.own(uid));
      const grown = { ...known };
      for (const [name, values] of Object.entries(more)) {
        grown[name] = [...(known[name] ?? []), ...values].slice(-MOST_POINTS);
      }
      touch(uid, grown);
    }
    for (const [uid, whole] of Object.entries(message.replace ?? {})) touch(uid, whole);
    if (message.status !== undefined) {
      this.lastStatus = message.status;
      this.status.textContent = message.status;
    }
    if (message.cells) this.showCells(message.cells);
    (message.captions ?? []).forEach((caption, index) => {
      if (caption !== null) this.captions[index] = caption;
      this.panels[index]?.describe();
    });
    const released = this.held && [message.append, message.replace].some(hasPoints);
    if (released) this.hold(false);
    for (const panel of this.panels) {
      if (released || (!this.held && panel.has(touched))) {
        await nextFrame(); // each figure in a task of its own: none of them is long
        await panel.draw();
      }
    }
  }

  // The points the page gave a trace before the stream began.
  own(uid) {
    for (const panel of this.panels) {
      const trace = panel.figure.data.find((one) => one.uid === uid);
      if (trace) return { x: listOf(trace.x), y: listOf(trace.y) };
    }
    return {};
  }

  showCells(cells) {
    const ids = new Set(cells.map((cell) => cell.id));
    for (const [id, cell] of this.cellOf) {
      if (!ids.has(id)) {
        cell.element.remove();
        this.cellOf.delete(id);
      }
    }
    for (const cell of cells) {
      if (!this.cellOf.has(cell.id)) this.cellOf.set(cell.id, new Cell(this.cells));
      this.cellOf.get(cell.id).set(cell, this.data.words);
    }
    this.cells.dataset.many = String(cells.length > 16);
  }

  async drawAll() {
    if (!this.plotly) {
      this.loading ??= loadPlotly(this.data.plotlyUrl, () => this.ended);
      this.plotly = await this.loading;
    }
    // What stands around the figures is painted first: somebody moved a slider and looks there.
    if (this.panels.some((panel) => panel.drawn)) {
      await nextFrame();
      await sleep(0);
    }
    for (const panel of [...this.panels]) await panel.draw();
  }

  resized() {
    const width = this.root.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.drawAll());
  }
}

// One figure with its caption and its tools.
class Panel {
  constructor(chart, index) {
    this.chart = chart;
    this.index = index;
    this.resets = 0;
    this.hidden = new Set(); // groups of the legend
    this.element = make("figure", "rl-panel", chart.grid);
    this.legend = make("div", "rl-legend", this.element);
    this.plot = make("div", "rl-plot", this.element);
    this.plot.setAttribute("role", "img");
    const foot = make("figcaption", "rl-foot", this.element);
    this.caption = make("p", "rl-caption", foot);
    const tools = make("div", "rl-tools", foot);
    this.buttons = {
      reset: make("button", "rl-tool rl-reset", tools),
      svg: make("button", "rl-tool", tools),
      png: make("button", "rl-tool", tools),
      csv: make("button", "rl-tool", tools),
    };
    this.buttons.reset.hidden = true;
    this.buttons.reset.onclick = () => this.reset();
    this.buttons.svg.onclick = () => this.saveImage("svg");
    this.buttons.png.onclick = () => this.saveImage("png");
    this.buttons.csv.onclick = () => this.saveData();
  }

  // What does not change while points come.
  prepare() {
    const { figures, alts, height, words } = this.chart.data;
    this.figure = figures[this.index];
    this.painted = paint(this.figure, this.chart.palette);
    this.uids = new Set(this.figure.data.map((trace) => trace.uid));
    this.plot.setAttribute("aria-label", alts[this.index]);
    this.plot.style.height = `${height}px`;
    for (const [name, button] of Object.entries(this.buttons)) {
      button.type = "button";
      button.textContent = name === "reset" ? words.reset : name.toUpperCase();
      button.title = words[name];
      button.setAttribute("aria-label", words[name]);
    }
    this.describe();
    this.showLegend();
  }

  // One button a group and name; it stands there from the start, points or not.
  showLegend() {
    const entries = new Map();
    const ranked = this.painted.data
      .filter((trace) => trace.name && (trace.showlegend ?? this.painted.data.length > 1))
      .sort((one, other) => (one.legendrank ?? 1000) - (other.legendrank ?? 1000));
    for (const trace of ranked) {
      const id = `${groupOf(trace)}\n${trace.name}`;
      entries.set(id, [...(entries.get(id) ?? []), trace]);
    }
    this.legend.replaceChildren();
    for (const traces of entries.values()) {
      const [{ name }] = traces;
      const group = groupOf(traces[0]);
      const button = make("button", "rl-entry", this.legend);
      button.type = "button";
      button.classList.toggle("rl-long", name.length > 28);
      button.setAttribute("aria-pressed", String(!this.hidden.has(group)));
      traces.forEach((trace) => drawSwatch(trace, button));
      make("span", "", button).textContent = plain(name);
      button.onclick = () => {
        this.hidden.delete(group) || this.hidden.add(group);
        button.setAttribute("aria-pressed", String(!this.hidden.has(group)));
        this.draw();
      };
    }
  }

  describe() {
    const text = this.chart.captions[this.index] ?? this.chart.data.captions[this.index];
    if (this.caption.textContent !== text) this.caption.textContent = text;
  }

  has(uids) {
    return [...uids].some((uid) => this.uids.has(uid));
  }

  // Traces go by uid and `uirevision` stays: Plotly.react keeps zoom and hover.
  async draw() {
    const { chart, plot } = this;
    const width = plot.clientWidth;
    if (!chart.plotly || chart.ended || chart.held || !width) return;
    if (plot._dragging) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.draw(), 150); // somebody is zooming: not under their hand
      return;
    }
    const data = this.painted.data.map((trace) => ({
      ...trace,
      ...chart.points.get(trace.uid),
      uid: trace.uid?.replace(/[^\w-]/g, "_"), // Plotly makes a CSS class of it, unescaped
      visible: this.hidden.has(groupOf(trace)) ? false : (trace.visible ?? true),
    }));
    const layout = structuredClone(this.painted.layout);
    layout.width = width;
    layout.height = chart.data.height;
    layout.showlegend = false;
    layout.uirevision = `${layout.uirevision}/${this.resets}`;
    layout.dragmode ??= matchMedia("(pointer: coarse)").matches ? false : "zoom";
    const isNew = !this.drawn;
    this.drawn = true;
    await chart.plotly.react(plot, data, layout, { displayModeBar: false, showTips: false });
    if (isNew) this.watch();
  }

  watch() {
    this.plot.classList.add("rl-ready");
    this.plot.on("plotly_relayout", (event) => {
      const zoomed = Object.keys(event).some((name) => /axis\d*\.range/.test(name));
      const whole = Object.keys(event).some((name) => /axis\d*\.autorange/.test(name));
      if (zoomed || whole) this.buttons.reset.hidden = !zoomed;
    });
    this.plot.on("plotly_doubleclick", () => {
      this.buttons.reset.hidden = true;
    });
  }

  reset() {
    this.resets += 1; // a new `uirevision` forgets the zoom
    this.buttons.reset.hidden = true;
    this.draw();
  }

  get file() {
    const { name, figures } = this.chart.data;
    return figures.length > 1 ? `${name}-${this.index + 1}` : name;
  }

  saveImage(format) {
    const { data, layout } = this.plot;
    const size = { width: Math.max(640, layout.width), height: layout.height + 80 };
    this.chart.plotly.downloadImage(
      { data, layout: { ...layout, ...size, showlegend: this.legend.childElementCount > 0 } },
      { format, filename: this.file, ...size, scale: format === "png" ? 3 : 1 },
    );
  }

  saveData() {
    const text = csvOf(this.plot, this.chart.data.words.series);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    link.download = `${this.file}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  end() {
    clearTimeout(this.later);
    if (this.drawn) this.chart.plotly.purge(this.plot);
    this.element.remove();
  }
}

// The progress of one run.
class Cell {
  constructor(list) {
    this.element = make("li", "rl-cell", list);
    this.fill = make("span", "rl-fill", this.element);
    this.label = make("span", "rl-label", this.element);
  }

  set(cell, words) {
    this.cell = cell;
    this.element.dataset.status = cell.status;
    this.fill.style.transform = `scaleX(${Math.min(1, Math.max(0, cell.progress))})`;
    this.label.textContent = cell.label;
    this.say(words);
  }

  say(words) {
    const { label, status, progress } = this.cell;
    const text = `${label}: ${words[status] ?? status}, ${Math.round(100 * progress)} %`;
    if (this.element.title === text) return;
    this.element.title = text;
    this.element.setAttribute("aria-label", text);
  }
}

// The series that are shown, one row a point. Outlines of bands are no data, nor are marks over a
// heat map, whose cells say the same. Where a colour or a place at an edge only stands for a value,
// the value is in `customdata` (or in the words of `text`).
function csvOf(plot, seriesTitle) {
  const layout = plot._fullLayout;
  const titleOf = (axis) => plain(layout[axis]?.title?.text ?? "");
  const shown = plot._fullData.filter((trace) => trace.visible === true && trace.fill !== "toself");
  const maps = shown.filter((trace) => trace.z);
  const traces = maps.length ? maps : shown;
  const rows = [[seriesTitle, titleOf("xaxis"), titleOf("yaxis")]];
  if (maps.length) rows[0].push(plain(maps[0].colorbar?.title?.text ?? "z"));
  for (const trace of traces) {
    const hover = trace.hovertemplate?.match(/^<b>(.*?)<\/b>/)?.[1]; // names the run
    const name = hover ? `${hover}: ${trace.name}` : trace.name;
    const xs = listOf(trace.x);
    const isPlaced = layout[`yaxis${trace.yaxis?.slice(1) ?? ""}`]?.visible === false;
    const ys = listOf(isPlaced ? (trace.customdata ?? trace.text) : trace.y);
    if (trace.z) {
      (trace.customdata ?? trace.z).forEach((line, i) =>
        [...line].forEach((z, j) => rows.push([name, xs[j] ?? j, ys[i] ?? i, z])),
      );
    } else {
      ys.forEach((y, i) => rows.push([name, xs[i] ?? i, y]));
    }
  }
  const quoted = (value) => {
    const text = String(value ?? "");
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function plain(html) {
  return new DOMParser().parseFromString(html.replaceAll("<br>", " "), "text/html").body.textContent;
}

function groupOf(trace) {
  return trace.legendgroup || trace.uid || trace.name;
}

// The line and marker of a trace, as in the figure.
function drawSwatch(trace, parent) {
  const hasLine = (trace.mode ?? "").includes("lines");
  const width = hasLine ? 32 : 14;
  const image = svg("svg", { width, height: 14, "aria-hidden": true }, parent);
  const opacity = trace.opacity ?? 1;
  const { color, size, symbol = "circle" } = trace.marker ?? {};
  const fill = [color, trace.line?.color, trace.fillcolor].find((one) => typeof one === "string");
  if (!trace.mode) {
    svg("rect", { x: 1, y: 2, width: 12, height: 10, rx: 2, fill, opacity }, image);
    return;
  }
  if (hasLine) {
    svg(
      "line",
      {
        x1: 0,
        x2: width,
        y1: 7,
        y2: 7,
        stroke: trace.line?.color ?? fill,
        "stroke-width": trace.line?.width ?? 2,
        "stroke-dasharray": { dash: "7 4.5", dot: "2 3" }[trace.line?.dash] ?? "none",
        opacity,
      },
      image,
    );
  }
  if (!trace.mode.includes("markers")) return;
  const radius = Math.min(9, size ?? 6) / 2;
  const paintwork = symbol.endsWith("-open")
    ? { fill: "none", stroke: fill, "stroke-width": 2, opacity }
    : { fill, opacity };
  const [middle, box] = [width / 2, { width: 2 * radius, height: 2 * radius }];
  if (symbol.startsWith("square")) {
    svg("rect", { x: middle - radius, y: 7 - radius, ...box, ...paintwork }, image);
  } else if (symbol.startsWith("diamond")) {
    const corners = `${middle},${7 - radius} ${middle + radius},7 ${middle},${7 + radius}`;
    svg("polygon", { points: `${corners} ${middle - radius},7`, ...paintwork }, image);
  } else if (symbol.startsWith("x")) {
    const [left, right, top, foot] = [middle - 4, middle + 4, 3, 11];
    const d = `M${left},${top}L${right},${foot}M${left},${foot}L${right},${top}`;
    svg("path", { d, stroke: fill, "stroke-width": 2 }, image);
  } else {
    svg("circle", { cx: middle, cy: 7, r: radius, ...paintwork }, image);
  }
}

function svg(tag, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

// Put colours in the place of tokens; lists of numbers are left as they are.
function paint(value, palette) {
  if (typeof value === "string") return value.replace(TOKEN, (_, ...found) => colorOf(found, palette));
  if (Array.isArray(value)) {
    return value.some((one) => typeof one === "string" || (one && typeof one === "object"))
      ? value.map((one) => paint(one, palette))
      : value;
  }
  if (value && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, paint(one, palette)]),
    );
  }
  return value;
}

function colorOf([name, alpha], palette) {
  if (alpha === undefined) return palette[name];
  const parts = [1, 3, 5].map((at) => parseInt(palette[name].slice(at, at + 2), 16));
  return `rgba(${parts.join(", ")}, ${alpha})`;
}

// Light or dark, by the page's own background.
function schemeOf(element) {
  const probe = make("span", "", element);
  probe.style.color = "var(--st-background-color)";
  const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
}

// One Plotly for all charts of the page; a server that is away for a moment is asked again.
async function loadPlotly(url, isOver) {
  for (let wait = 500; !isOver(); wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      return await (window.resnetLabPlotly ??= loadScript(url));
    } catch {
      window.resnetLabPlotly = undefined;
      await sleep(wait);
    }
  }
}

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(url, document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
}

function addressOf(url, cursor) {
  const address = new URL(url, document.baseURI);
  address.searchParams.set("since", cursor);
  return address;
}

function hasPoints(updates) {
  return Object.values(updates ?? {}).some(pointsIn);
}

function pointsIn(one) {
  return (one.x ?? one.y ?? []).length > 0;
}

function listOf(values) {
  return Array.isArray(values) || ArrayBuffer.isView(values) ? Array.from(values) : [];
}

function make(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function nextFrame() {
  return document.hidden ? sleep(0) : new Promise((resolve) => requestAnimationFrame(resolve));
}

async function untilVisible() {
  while (document.hidden) {
    await new Promise((resolve) =>
      document.addEventListener("visibilitychange", resolve, { once: true }),
    );
  }
}
