// What does the bench of unit_row.js need? Numbers, a slider, lesions, what the browser keeps.
//
// This file is put behind unit_row.js, as one script.

const STORE = "resnet-lab.cut."; // + checksum of the weights: the best of the game

// The numbers at the end of a row.
class Panel {
  constructor(section, words) {
    this.element = make("div", "rl-cut-panel", section);
    this.error = make("p", "rl-cut-error", this.element);
    this.error.setAttribute("role", "status");
    this.error.dataset.name = words.error;
    this.more = make("p", "rl-cut-more", this.element);
    this.bars = make("div", "rl-cut-classes", this.element);
    this.bars.setAttribute("role", "img");
    this.names = make("p", "rl-cut-names", this.element);
    this.words = words;
  }

  show({ intact, now, isIntact, loss, tau, classes }) {
    this.error.replaceChildren();
    if (!isIntact) make("span", "rl-cut-was", this.error).textContent = `${intact} →`;
    const value = isIntact ? (now ?? intact) : (now ?? "…");
    make("b", "rl-cut-now", this.error).textContent = value;
    this.more.textContent = [loss, tau].filter(Boolean).join(" · ") || "\u00a0";
    this.bars.setAttribute("aria-label", [this.words.classes, ...saidOf(classes)].join("; "));
    while (this.bars.children.length > classes.length) this.bars.lastChild.remove();
    this.names.textContent = classes.length ? this.words.classErrors : "\u00a0";
    classes.forEach((one, at) => {
      const bar = this.bars.children[at] ?? this.bar();
      const [box, name] = bar.children;
      bar.title = one.said;
      bar.style.setProperty("--now", one.now);
      bar.style.setProperty("--intact", one.intact);
      name.textContent = classes.length > 12 ? "" : one.name;
      box.hidden = false;
    });
  }

  bar() {
    const bar = make("span", "rl-cut-class", this.bars);
    make("i", "", bar);
    make("span", "", bar);
    return bar;
  }
}

class Slider {
  constructor(moved) {
    this.element = make("label", "rl-cut-slider", document.createElement("div"));
    this.input = make("input", "", this.element);
    Object.assign(this.input, { type: "range", min: "-1", max: "2", step: "0.1" });
    this.value = make("output", "", this.element);
    this.input.addEventListener("input", () => {
      this.value.textContent = `× ${this.input.value}`;
      moved(Number(this.input.value));
    });
  }

  show(value, label) {
    this.input.setAttribute("aria-label", label);
    if (document.activeElement !== this.input) this.input.value = value;
    this.value.textContent = `× ${+Number(value).toFixed(2)}`;
  }
}

// --- lesions ----------------------------------------------------------------------------------

function read({ units, lesion }) {
  return {
    deleted: new Set(lesion.deleted),
    order: lesion.order.length ? [...lesion.order] : units.map((_, at) => at + 1),
    scales: new Map(lesion.scales),
  };
}

function plan({ deleted, order, scales }) {
  const rising = (a, b) => a - b;
  return {
    deleted: [...deleted].sort(rising),
    order,
    scales: [...scales].sort(([a], [b]) => a - b),
  };
}

// Two units change places, with what was done to them.
function exchange({ deleted, order, scales }, one, other) {
  [order[one - 1], order[other - 1]] = [order[other - 1], order[one - 1]];
  const [first, second] = [deleted.has(one), deleted.has(other)];
  for (const [place, isDeleted] of [[one, second], [other, first]]) {
    if (isDeleted) deleted.add(place);
    else deleted.delete(place);
  }
  const [scale, otherScale] = [scales.get(one), scales.get(other)];
  for (const [place, value] of [[one, otherScale], [other, scale]]) {
    if (value === undefined) scales.delete(place);
    else scales.set(place, value);
  }
}

function rescale({ deleted, scales }, place, value) {
  deleted.delete(place);
  if (value === 1) scales.delete(place);
  else scales.set(place, value);
}

// --- the browser ------------------------------------------------------------------------------

// The most that were ever cut of this network; more now is kept. A browser may keep nothing.
function best_of(sha256, now) {
  let best = 0;
  try {
    best = Math.trunc(Number(localStorage.getItem(STORE + sha256))) || 0;
    if (now > best) localStorage.setItem(STORE + sha256, String(now));
  } catch {
    // nothing is kept then
  }
  return Math.max(best, now, 0);
}

// One unit is reached by Tab, the others by arrows.
function moved(event, buttons) {
  const at = buttons.indexOf(event.target);
  const to = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: buttons.length - 1,
  }[event.key];
  if (at < 0 || !buttons[to]) return;
  event.preventDefault();
  buttons[to].focus();
}

// A plain network's unit that changes the shape cannot be a gap.
function isReplaceable({ plain, units }) {
  return plain && units.some((unit) => unit.changes);
}

function saidOf(classes) {
  return classes.map((one) => one.said);
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function make(tag, className, parent) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.append(element);
  return element;
}
