// How does a click on a drawing choose an order? Each is a button that is pressed or not.
//
// Streamlit calls the default export at the first mount and again whenever `data` changes, on the
// same element. The buttons stay, so the one that has the focus keeps it.

const PATIENCE_MS = 2000; // for the page to show what it was told

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rl-orders");
  const picker = (root.resnetLabPicker ??= new Picker(root));
  picker.emit = setTriggerValue;
  picker.show(data);
  return () => delete root.resnetLabPicker;
}

class Picker {
  constructor(root) {
    this.root = root;
    root.setAttribute("role", "group");
    this.buttons = new Map(); // order -> button
  }

  show(data) {
    this.root.setAttribute("aria-label", data.label);
    if (!this.data) this.paint(data.palette);
    this.data = data;
    for (const one of data.orders) this.draw(one);
    // A run of the page that a newer click has overtaken still has the older choice.
    const told = this.told && performance.now() - this.toldAt < PATIENCE_MS;
    if (told && data.chosen.join(" ") !== this.told) return;
    this.told = null;
    this.mark(data.chosen);
  }

  draw({ order, name, said, svg }) {
    if (!this.buttons.has(order)) this.buttons.set(order, this.button(order));
    const button = this.buttons.get(order);
    if (button.drawn === svg + name) return;
    button.drawn = svg + name;
    button.setAttribute("aria-label", said);
    const [drawing, caption] = button.children;
    drawing.innerHTML = svg;
    caption.textContent = name.replaceAll("-", "\u2011"); // no line ends at a hyphen
  }

  button(order) {
    const button = make("button", "rl-order", this.root);
    button.type = "button";
    button.dataset.order = order;
    make("span", "rl-order-drawing", button).setAttribute("aria-hidden", "true");
    make("span", "rl-order-name", button);
    button.addEventListener("click", () => this.toggle(order));
    return button;
  }

  toggle(order) {
    const chosen = [...this.buttons.keys()].filter(
      (one) => this.chosen.has(one) !== (one === order),
    );
    if (chosen.length === 0) return; // the last one stays
    this.mark(chosen);
    this.told = chosen.join(" ");
    this.toldAt = performance.now();
    this.emit("picked", this.told);
  }

  mark(chosen) {
    this.chosen = new Set(chosen);
    for (const [order, button] of this.buttons) {
      const isChosen = this.chosen.has(order);
      button.setAttribute("aria-pressed", String(isChosen));
      button.title = isChosen && this.chosen.size === 1 ? this.data.last : "";
    }
  }

  // The browser takes the colour of the scheme that it shows.
  paint({ light, dark }) {
    for (const name of Object.keys(light)) {
      this.root.style.setProperty(`--${name}`, `light-dark(${light[name]}, ${dark[name]})`);
    }
  }
}

function make(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}
