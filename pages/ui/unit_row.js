// How does a click cut a network? Each unit is a button; what is cut is marked at once, and said to
// the page as a whole: numbers follow when they have been measured.
//
// Streamlit calls the default export at the first mount and again whenever `data` changes, on the
// same element. The buttons stay, so the one that has the focus keeps it. unit_row_parts.js follows.

const WIDTHS = [
  // units of a network at most -> rem of one, least and most
  [12, "1.6rem", "5rem"],
  [30, "1.6rem", "2.6rem"],
  [99, "1.6rem", "2.2rem"],
  [Infinity, "2rem", "2.2rem"],
];

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rl-cut");
  const bench = (root.resnetLabBench ??= new Bench(root));
  bench.emit = (message) => setTriggerValue("said", JSON.stringify(message));
  bench.show(data);
  return () => delete root.resnetLabBench;
}

class Bench {
  constructor(root) {
    this.root = root;
    this.rows = [];
    this.told = 0; // number of the last message
    this.isWaiting = false; // for the page to answer it
    this.isDirty = false; // the slider was moved while it waited
    this.problem = ""; // why something cannot be
    this.first = ""; // what was cut before this visitor did anything: it does not count
    this.hasPlayed = false;
    this.picked = null; // the unit that is to be swapped or scaled: [row, place]
    this.alone = new Map(); // checksum and place -> error of the network without this unit
    this.list = make("div", "rl-cut-rows", root);
    this.foot = make("div", "rl-cut-foot", root);
    this.hint = make("div", "rl-cut-hint", this.foot);
    this.legend = make("div", "rl-cut-legend", this.foot);
    this.game = make("p", "rl-cut-game", root);
    this.slider = new Slider((value) => this.scale(value));
    this.list.addEventListener("click", (event) => {
      if (this.data.mode === "swap" && !event.target.closest("button")) {
        this.problem = "";
        this.pick();
      }
    });
  }

  show(data) {
    if (!this.data) this.paint(data.palette);
    const before = this.data;
    this.data = data;
    const shape = JSON.stringify(data.rows.map((row) => [row.sha256, row.name, row.stages]));
    const isNew = shape !== this.shape || before?.words.unit !== data.words.unit;
    if (isNew) this.build(shape);
    const now = JSON.stringify(data.rows.map((row) => row.lesion));
    if (isNew) [this.first, this.hasPlayed] = [now, false];
    this.hasPlayed ||= now !== this.first;
    if (isNew || before.mode !== data.mode) {
      this.picked = null;
      this.problem = "";
    } else if (now !== this.shown) {
      this.problem = ""; // something else was done meanwhile: Undo, for one
      if (data.mode === "swap") this.picked = null;
    }
    this.shown = now;
    // A run of the page that a newer click has overtaken still has the older lesion.
    if (isNew || data.heard >= this.told) {
      this.isWaiting = false;
      this.rows.forEach((row, number) => this.fill(row, data.rows[number]));
      this.showGame();
      if (this.isDirty && !isNew) this.tell(); // the slider has moved on meanwhile
      else this.lesions = data.rows.map((row) => read(row));
    }
    this.mark();
  }

  // --- what is there ------------------------------------------------------------------------

  build(shape) {
    this.shape = shape;
    this.list.replaceChildren();
    this.rows = this.data.rows.map((row, number) => this.buildRow(row, number));
    this.showLegend();
  }

  buildRow(row, number) {
    const { words } = this.data;
    const section = make("section", "rl-cut-row", this.list);
    section.dataset.row = number;
    section.dataset.join = row.plain ? "plain" : "residual";
    const head = make("p", "rl-cut-head", section);
    make("b", "", head).textContent = row.name;
    make("span", "", head).textContent = row.more;
    const units = make("div", "rl-cut-units", section);
    units.setAttribute("role", "group");
    const [, least, most] = WIDTHS.find(([count]) => row.units.length <= count);
    units.style.setProperty("--least", least);
    units.style.setProperty("--most", most);
    units.setAttribute("aria-label", filled(words.units, row));
    make("span", "rl-cut-end", units).textContent = words.stem;
    const buttons = [];
    row.stages.forEach((stage, at) => {
      const group = make("span", "rl-cut-stage", units);
      group.style.setProperty("--stage", `var(--${stage.color})`);
      group.style.setProperty("--count", stage.units);
      const inside = make("span", "rl-cut-inside", group);
      row.units.forEach((unit, place) => {
        if (unit.stage === at + 1) {
          buttons.push(this.button(inside, unit, number, place + 1));
        }
      });
      make("span", "rl-cut-name", group).textContent = stage.name;
    });
    make("span", "rl-cut-end", units).textContent = words.classifier;
    buttons[0].tabIndex = 0;
    units.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.pick();
      else moved(event, buttons);
    });
    return { section, buttons, panel: new Panel(section, words) };
  }

  button(parent, unit, row, place) {
    const button = make("button", "rl-cut-unit", parent);
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.place = place;
    button.classList.toggle("rl-changes", unit.changes);
    make("span", "rl-cut-box", button);
    make("span", "rl-cut-note", button);
    button.addEventListener("click", () => this.clicked(row, place));
    button.addEventListener("focus", () => {
      for (const one of this.rows[row].buttons) one.tabIndex = one === button ? 0 : -1;
    });
    button.addEventListener("dragstart", (event) => {
      event.dataTransfer.setData("text/plain", String(place));
      event.dataTransfer.effectAllowed = "move";
      this.pick(row, place);
    });
    button.addEventListener("dragover", (event) => {
      if (this.picked) event.preventDefault();
    });
    button.addEventListener("drop", (event) => {
      event.preventDefault();
      if (this.picked && !this.isPicked(row, place)) this.clicked(row, place);
    });
    button.addEventListener("dragend", () => this.pick());
    return button;
  }

  showLegend() {
    const { words } = this.data;
    this.legend.replaceChildren();
    for (const [kind, text] of [
      ["unit", words.legendUnit],
      ["deleted", words.legendDeleted],
      ...(this.data.rows.some(isReplaceable) ? [["replaced", words.legendReplaced]] : []),
      ["scaled", words.legendScaled],
      ["moved", words.legendMoved],
      ["changes", words.legendChanges],
    ]) {
      const entry = make("span", "", this.legend);
      make("i", `rl-is-${kind}`, entry);
      entry.append(text);
    }
  }

  // The browser takes the colour of the scheme that it shows.
  paint({ light, dark }) {
    for (const name of Object.keys(light)) {
      this.root.style.setProperty(`--${name}`, `light-dark(${light[name]}, ${dark[name]})`);
    }
  }

  // --- what a visitor does ------------------------------------------------------------------

  clicked(row, place) {
    const { mode } = this.data;
    this.problem = "";
    if (mode === "delete") this.toggle(row, place);
    else if (mode === "scale") this.pick(row, place);
    else if (!this.picked) this.pick(row, place);
    else if (this.isPicked(row, place)) this.pick();
    else if (this.differs(row, place)) this.pick(); // the next click begins afresh
    else this.swap(row, this.picked[1], place);
  }

  pick(row, place) {
    this.picked = place ? [row, place] : null;
    this.mark();
  }

  isPicked(row, place) {
    return this.picked?.[0] === row && this.picked[1] === place;
  }

  // Whether the picked unit cannot stand there; says why.
  differs(row, place) {
    const { words, rows } = this.data;
    const [from, one] = this.picked;
    if (from !== row) this.problem = words.otherRow;
    else if (rows[row].units[one - 1].kind !== rows[row].units[place - 1].kind) {
      this.problem = filled(words.differ, { one, other: place });
    }
    return Boolean(this.problem);
  }

  toggle(row, place) {
    const { partners } = this.data.rows[row];
    const { deleted } = this.lesions[row];
    const [other, twin] = [this.lesions[1 - row], partners[place - 1]];
    if (deleted.delete(place)) {
      // A unit of a shorter network stands for several: it comes back with the last of them.
      if (twin && ![...deleted].some((one) => partners[one - 1] === twin)) {
        other.deleted.delete(twin);
      }
    } else if (deleted.size + 1 === this.lesions[row].order.length) {
      this.problem = this.data.words.last;
      this.mark();
      return;
    } else {
      deleted.add(place);
      if (twin && other.deleted.size + 1 < other.order.length) other.deleted.add(twin);
    }
    this.tell();
  }

  swap(row, one, other) {
    const { partners, movesAlong } = this.data.rows[row];
    exchange(this.lesions[row], one, other);
    if (partners.length && movesAlong) exchange(this.lesions[1 - row], one, other);
    this.picked = null;
    this.tell();
  }

  scale(value) {
    const [row, place] = this.picked;
    const twin = this.data.rows[row].partners[place - 1];
    rescale(this.lesions[row], place, value);
    if (twin) rescale(this.lesions[1 - row], twin, value);
    if (this.isWaiting) this.isDirty = true;
    else this.tell();
    this.mark();
  }

  tell() {
    this.isDirty = false;
    this.isWaiting = true;
    this.told = Math.max(Date.now(), this.told + 1);
    this.mark();
    this.emit({ number: this.told, rows: this.lesions.map(plan) });
  }

  // --- how it looks -------------------------------------------------------------------------

  mark() {
    this.root.classList.toggle("rl-waiting", this.isWaiting);
    this.root.dataset.mode = this.data.mode;
    this.rows.forEach(({ buttons }, row) => {
      buttons.forEach((button, at) => this.markUnit(button, row, at + 1));
    });
    this.showHint();
  }

  markUnit(button, row, place) {
    const { mode, words, rows } = this.data;
    const { deleted, order, scales } = this.lesions[row];
    const unit = rows[row].units[place - 1];
    const isDeleted = deleted.has(place);
    const scale = isDeleted ? undefined : scales.get(place);
    const [box, note] = button.children;
    box.textContent = order[place - 1];
    note.textContent = scale === undefined ? "" : `×${+scale.toFixed(2)}`;
    button.classList.toggle("rl-deleted", isDeleted);
    button.classList.toggle("rl-scaled", scale !== undefined);
    button.classList.toggle("rl-moved", order[place - 1] !== place);
    button.classList.toggle("rl-picked", this.isPicked(row, place));
    button.classList.toggle("rl-barred", mode === "swap" && this.isBarred(row, place));
    button.draggable = mode === "swap";
    const said = [
      filled(words.unit, { place, count: order.length, stage: unit.stage, unit: unit.unit }),
    ];
    if (unit.changes) said.push(words.changes);
    if (order[place - 1] !== place) said.push(filled(words.moved, { unit: order[place - 1] }));
    if (isDeleted) said.push(this.deletedWords(row, unit));
    else if (scale !== undefined) {
      const isSilent = rows[row].plain && scale === 0;
      const scaled = rows[row].plain ? words.scaledPlain : words.scaled;
      said.push(filled(isSilent ? words.silenced : scaled, { scale }));
    }
    const alone = this.alone.get(`${rows[row].sha256} ${place}`);
    if (alone) said.push(filled(words.alone, { error: alone }));
    button.title = said.join("\n");
    button.setAttribute("aria-label", said.join(", "));
    const isPressed = mode === "delete" ? isDeleted : this.isPicked(row, place);
    button.setAttribute("aria-pressed", String(isPressed));
  }

  isBarred(row, place) {
    const { rows } = this.data;
    const kinds = rows[row].units.map((unit) => unit.kind);
    if (!this.picked) return kinds.filter((kind) => kind === kinds[place - 1]).length < 2;
    const [from, one] = this.picked;
    return from !== row || kinds[one - 1] !== kinds[place - 1];
  }

  deletedWords(row, unit) {
    const { words, rows } = this.data;
    if (!rows[row].plain) return words.deleted;
    return unit.changes ? words.subsampled : words.passed;
  }

  showHint() {
    const { mode, words, rows } = this.data;
    const isScaling = mode === "scale" && this.picked;
    const text =
      this.problem ||
      (isScaling
        ? this.scalingWords(...this.picked)
        : mode === "swap" && this.picked
          ? filled(words.swapWith, { place: this.picked[1] })
          : words[mode]);
    if (!this.said) {
      this.said = make("span", "", this.hint);
      this.said.setAttribute("role", "status");
    }
    if (this.said.textContent !== text) this.said.textContent = text;
    this.hint.classList.toggle("rl-problem", Boolean(this.problem));
    if (!isScaling) {
      this.slider.element.remove();
      return;
    }
    const [row, place] = this.picked;
    const { deleted, scales } = this.lesions[row];
    // A branch times 0 is a deleted unit; of a plain unit the whole is scaled: that is another cut.
    const begins = deleted.has(place) && !rows[row].plain ? 0 : 1;
    this.slider.show(scales.get(place) ?? begins, text);
    if (!this.slider.element.parentElement) this.hint.append(this.slider.element);
  }

  scalingWords(row, place) {
    const { words, rows } = this.data;
    const { plain, partners } = rows[row];
    const other = partners[place - 1];
    if (other && plain !== rows[1 - row].plain) {
      const [branch, whole] = plain ? [other, place] : [place, other];
      return filled(words.scalingBoth, { place: branch, other: whole });
    }
    return filled(plain ? words.scalingPlain : words.scaling, { place });
  }

  fill(row, { sha256, numbers, lesion }) {
    row.panel.show(numbers);
    if (lesion.deleted.length === 1 && !lesion.order.length && !lesion.scales.length) {
      if (numbers.now) this.alone.set(`${sha256} ${lesion.deleted[0]}`, numbers.now);
    }
  }

  showGame() {
    const { game, rows } = this.data;
    const best = best_of(rows[0].sha256, game.counts && this.hasPlayed ? game.gone : 0);
    this.game.replaceChildren();
    make("b", "", this.game).textContent = game.question;
    for (const text of [game.said, filled(game.best, { best: best || "–" }), game.aside]) {
      if (text) make("span", "", this.game).textContent = text;
    }
  }
}
