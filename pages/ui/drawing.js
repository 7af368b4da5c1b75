// How does a drawing answer? It says what a part has when that is pointed at, tapped or focused,
// and tells the page which repeated units to open.
//
// Streamlit calls the default export at the first mount and again whenever `data` changes, on the
// same element. Parts carry `data-part`, those that repeat `data-group`; see figures/network.py.

const GAP = 8; // between a part and its panel
const NARROW = 760; // drawings stand one under the other

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rl-drawings");
  const board = (root.resnetLabBoard ??= new Board(root));
  board.emit = setTriggerValue;
  board.show(data);
  return () => delete root.resnetLabBoard;
}

class Board {
  constructor(root) {
    this.root = root;
    // A figure that is drawn has these two classes, on every page.
    this.grid = make("div", "rl-networks rl-plot rl-ready", root);
    this.legend = make("p", "rl-strip-legend", root);
    this.strips = make("div", "rl-strip-grid", root);
    this.figures = [];
    this.panel = make("div", "rl-said", root);
    this.panel.setAttribute("aria-hidden", "true"); // each part says the same by its label
    this.panel.hidden = true;
    this.columns = [];
    root.addEventListener("pointerover", (event) => this.pointed(event));
    root.addEventListener("pointerleave", () => this.say(this.focused()));
    root.addEventListener("focusin", (event) => this.say(partOf(event)));
    root.addEventListener("focusout", () => this.say(null));
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("keydown", (event) => this.pressed(event));
  }

  show(data) {
    const shown = JSON.stringify(data);
    if (shown === this.shown) return; // the page ran again for something else
    if (!this.shown) this.paint(data.palette);
    this.shown = shown;
    this.data = data;
    const held = this.focused();
    const before = held && { place: placeOf(held), ...held.dataset };
    this.say(null);
    while (this.columns.length > data.drawings.length) this.columns.pop().remove();
    data.drawings.forEach(({ svg, place }, number) => {
      const column = (this.columns[number] ??= make("div", "rl-network", this.grid));
      column.dataset.place = place;
      if (column.drawn !== svg) column.innerHTML = column.drawn = svg;
      partsOf(column).forEach((part, at) => part.setAttribute("tabindex", at ? -1 : 0));
    });
    this.grid.style.setProperty("--rl-count", data.drawings.length);
    this.showStrips();
    if (before) this.hold(before);
  }

  // How long the stages are, and what they hold.
  showStrips() {
    this.legend.replaceChildren();
    for (const [color, name] of this.data.legend) {
      const entry = make("span", "", this.legend);
      make("i", "", entry).style.background = `var(--${color})`;
      entry.append(name);
    }
    this.data.strips.forEach(({ svg, words }, number) => {
      const figure = (this.figures[number] ??= make("figure", "rl-strip-figure", this.strips));
      figure.innerHTML = svg;
      make("figcaption", "", figure).textContent = words;
    });
  }

  // The browser takes the colour of the scheme that it shows.
  paint({ light, dark }) {
    for (const name of Object.keys(light)) {
      this.root.style.setProperty(`--${name}`, `light-dark(${light[name]}, ${dark[name]})`);
    }
  }

  // The same part has the focus again, or the first of its group.
  hold({ place, part, group }) {
    const parts = partsOf(this.columns.find((column) => column.dataset.place === place));
    const same = parts.find((one) => one.dataset.part === part);
    const near = same ?? parts.find((one) => group && one.dataset.group === group);
    if (near) this.focus(near);
  }

  focus(part) {
    for (const one of partsOf(part.closest(".rl-network"))) one.setAttribute("tabindex", -1);
    part.setAttribute("tabindex", 0);
    part.focus({ preventScroll: true });
  }

  focused() {
    return this.root.contains(document.activeElement)
      ? document.activeElement.closest("[data-part]")
      : null;
  }

  pointed(event) {
    if (event.pointerType === "mouse") this.say(partOf(event) ?? this.focused());
  }

  clicked(event) {
    const part = partOf(event);
    const button = event.target.closest(".rl-times");
    const group = event.target.closest("[data-group]");
    if (part) this.focus(part);
    // A finger has no hover: its first touch asks what this is, ×N opens.
    const opens = part?.getAttribute("aria-expanded") === "false" && event.pointerType !== "touch";
    if (group && (button || opens)) this.toggle(group);
  }

  pressed(event) {
    const part = partOf(event);
    if (!part) return;
    const parts = partsOf(part.closest(".rl-network"));
    const at = parts.indexOf(part);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: parts.length - 1 }[event.key];
    if (parts[to]) {
      this.focus(parts[to]);
      parts[to].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Escape") {
      this.say(null);
    } else if (part.dataset.group && (event.key === "Enter" || event.key === " ")) {
      this.toggle(part);
    } else if (to === undefined) {
      return;
    }
    event.preventDefault();
  }

  toggle(element) {
    this.emit("toggle", `${placeOf(element)}:${element.dataset.group}`);
  }

  say(part) {
    if (part === this.said && part) return;
    this.said = part;
    this.panel.hidden = !part;
    if (!part) return;
    const drawing = this.data.drawings.find((one) => String(one.place) === placeOf(part));
    const known = drawing.panels[part.dataset.part];
    this.panel.replaceChildren();
    make("p", "rl-said-title", this.panel).textContent = known.title;
    const list = make("dl", "", this.panel);
    for (const [name, value] of known.lines) {
      make("dt", "", list).textContent = name;
      make("dd", "", list).textContent = value;
    }
    const expanded = part.getAttribute("aria-expanded");
    if (expanded) {
      const words = expanded === "true" ? this.data.close : this.data.open;
      make("p", "rl-said-hint", this.panel).textContent = words.replace("%", known.count);
    }
    this.place(part);
  }

  // Beside the part, where there is room; under it on a telephone.
  place(part) {
    const [whole, own] = [this.root, part].map((one) => one.getBoundingClientRect());
    const { style } = this.panel;
    style.width = whole.width < NARROW ? `${whole.width}px` : "";
    const { offsetWidth: wide, offsetHeight: high } = this.panel;
    let left = own.right + GAP;
    let top = own.top;
    if (whole.width < NARROW) {
      left = whole.left;
      top = own.bottom + GAP;
    } else {
      if (left + wide > whole.right) left = own.left - wide - GAP;
      if (left < whole.left) left = Math.max(whole.left, own.right - wide);
      top = Math.max(60, Math.min(top, innerHeight - high - GAP));
    }
    style.left = `${left - whole.left}px`;
    style.top = `${top - whole.top}px`;
  }
}

function partOf(event) {
  return event.target.closest("[data-part]");
}

function partsOf(column) {
  return column ? [...column.querySelectorAll("[data-part]")] : [];
}

function placeOf(element) {
  return element.closest("[data-place]").dataset.place;
}

function make(tag, className, parent) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.append(element);
  return element;
}
