// How does a click on a unit take paths away? It marks what lies behind it, and says so.
//
// Streamlit calls the default export at the first mount and again whenever `data` changes, on the
// same element. figures/unraveled.py says what the parts of the drawing carry.

const PATIENCE_MS = 2000; // for the page to show what it was told

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rl-unraveled");
  const tree = (root.resnetLabTree ??= new Tree(root));
  tree.emit = setTriggerValue;
  tree.show(data);
  return () => delete root.resnetLabTree;
}

class Tree {
  constructor(root) {
    this.root = root;
    this.board = make("div", "rl-unraveled-board", root);
    this.line = make("p", "rl-unraveled-line", root);
    this.deleted = new Set();
    this.board.addEventListener("click", (event) => this.press(event));
    this.board.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.press(event);
    });
    this.board.addEventListener("pointerover", (event) => this.point(event));
    this.board.addEventListener("pointerleave", () => this.follow(null));
  }

  show(data) {
    if (!this.data) this.paint(data.palette);
    this.data = data;
    if (this.drawn !== data.svg) this.draw(data.svg);
    // A run of the page that a newer click has overtaken still has the older choice.
    const told = this.told !== undefined && performance.now() - this.toldAt < PATIENCE_MS;
    if (told && data.deleted.join(" ") !== this.told) return;
    this.told = undefined;
    this.mark(data.deleted);
  }

  draw(svg) {
    const focused = this.board.querySelector(".rl-unit:focus")?.dataset.unit;
    this.drawn = svg;
    this.told = undefined; // what was told is of the drawing before
    this.board.innerHTML = svg;
    this.ways = [...this.board.querySelectorAll(".rl-way")];
    this.units = [...this.board.querySelectorAll(".rl-unit")];
    this.units.find((unit) => unit.dataset.unit === focused)?.focus();
    this.follow(null);
  }

  press({ target }) {
    const unit = target.closest(".rl-unit");
    if (!unit) return;
    const number = Number(unit.dataset.unit);
    const deleted = this.units
      .map((one) => Number(one.dataset.unit))
      .filter((one) => this.deleted.has(one) !== (one === number));
    this.mark(deleted);
    this.told = deleted.join(" ");
    this.toldAt = performance.now();
    this.emit("picked", this.told);
  }

  mark(deleted) {
    this.deleted = new Set(deleted);
    for (const unit of this.units) {
      unit.setAttribute("aria-pressed", String(this.deleted.has(Number(unit.dataset.unit))));
    }
    // Without shortcuts, what lies behind a gap is given what it never saw.
    const first = Math.min(...this.deleted);
    for (const unit of this.units) {
      const number = Number(unit.dataset.unit);
      const isLeft = number > first && !this.deleted.has(number);
      unit.classList.toggle("rl-astray", isLeft && unit.querySelector(".rl-gap") !== null);
    }
    for (const way of this.ways) way.classList.toggle("rl-gone", this.isGone(way));
    this.follow(this.followed);
  }

  isGone(way) {
    return numbers(way.dataset.through).some((unit) => this.deleted.has(unit));
  }

  point({ target }) {
    this.follow(target.closest(".rl-leaf")?.closest(".rl-way") ?? null);
  }

  // A path shines from the input to the output: all whose way is the beginning of its own.
  follow(leaf) {
    this.followed = leaf;
    const way = leaf?.dataset.way;
    for (const one of this.ways) {
      one.classList.toggle("rl-on", leaf !== null && way.startsWith(one.dataset.way));
    }
    this.board.classList.toggle("rl-following", leaf !== null);
    const through = leaf ? numbers(leaf.dataset.through) : [];
    for (const unit of this.units) {
      unit.classList.toggle("rl-on", through.includes(Number(unit.dataset.unit)));
    }
    this.line.textContent = this.said(leaf, through);
  }

  said(leaf, through) {
    const { hint, path, around, gone } = this.data.words;
    if (!leaf) return hint;
    const name = through.length
      ? path
          .replace("%u", through.map((unit) => `f${subscript(unit)}`).join(", "))
          .replace("%l", through.length)
      : around;
    return this.isGone(leaf) ? `${name}. ${gone}` : name;
  }

  // The browser takes the colour of the scheme that it shows.
  paint({ light, dark }) {
    for (const name of Object.keys(light)) {
      this.root.style.setProperty(`--${name}`, `light-dark(${light[name]}, ${dark[name]})`);
    }
  }
}

function numbers(text) {
  return text.split(" ").filter(Boolean).map(Number);
}

function subscript(number) {
  return [...String(number)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
}

function make(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}
