// Elements. Text goes into the page as text nodes alone, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** An element of HTML with attributes and children (texts or elements, or lists of them). */
function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An element of SVG. */
function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Text of the data, apart from the direction of what stands around it. */
function data(text) {
  return el("bdi", { class: "data" }, text);
}

/** A paragraph of said words. */
function note(key, values) {
  return el("p", { class: "note" }, say(key, values));
}

let made = 0;

/** An id that no other element of the page has. */
function freshId() {
  made += 1;
  return `e${made}`;
}

/** A section with its heading and the sentence that says what it is for. */
function section(key, ...children) {
  const id = freshId();
  return el("section", { "aria-labelledby": id, class: key },
    el("h2", { id }, t(`${key}.title`)), el("p", { class: "lead" }, t(`${key}.lead`)), ...children);
}

/**
 * A table that scrolls by itself where there is no room.
 * `columns`: {text, hint, number}; `rows`: lists of cells, texts or elements, the first one the row's name. `kind`:
 * a class of its own.
 */
function table(caption, columns, rows, kind = columns.length > 4 ? "wide" : null) {
  const head = columns.map((column) => el("th", { scope: "col", class: column.number ? "number" : null },
    column.text, column.hint ? el("span", { class: "hint" }, column.hint) : null));
  const body = rows.map((cells) => el("tr", { class: cells.class },
    cells.map((cell, at) => tableCell(cell, at, columns[at]))));
  return scrolls(caption, el("table", { class: kind },
    el("caption", { class: "unseen" }, caption),
    el("thead", null, el("tr", null, head)), el("tbody", null, body)));
}

function tableCell(cell, at, column) {
  const attributes = { class: column?.number ? "number" : null };
  return at === 0 ? el("th", { scope: "row", ...attributes }, cell) : el("td", attributes, cell);
}

const scrolling = new ResizeObserver((entries) => entries.forEach(({ target }) => reachable(target)));

/** A keyboard must reach what scrolls, and need not stop at what does not. */
function reachable(region) {
  const more = region.scrollWidth > region.clientWidth + 1;
  region.classList.toggle("more", more);
  if (more) region.setAttribute("tabindex", "0");
  else region.removeAttribute("tabindex");
}

function scrolls(label, child) {
  const region = el("div", { class: "scroll", role: "region", "aria-label": label }, el("p", { class: "swipe", "aria-hidden": "true" }, t("scroll.more")), child);
  scrolling.observe(region);
  return region;
}

/** A value with the ends of its interval below it. */
function withEnds(interval, show) {
  if (!interval) return t("unknown");
  return [show(interval.value), " ", el("span", { class: "interval" }, ends(interval, show))];
}

/** An interval as a line with a dot between two ends; decoration of a figure that stands beside it. */
function whisker(interval, from, to, kind) {
  const width = 120;
  const x = (value) => 4 + (width - 8) * (Math.min(Math.max(value, from), to) - from) / (to - from || 1);
  const drawing = svg("svg", { class: `whisker ${kind ?? ""}`, viewBox: `0 0 ${width} 16`, width, height: 16, "aria-hidden": "true" });
  if (from < 0 && to > 0) drawing.append(svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: 16 }));
  if (interval) {
    drawing.append(svg("line", { class: "span", x1: x(interval.low), x2: x(interval.high), y1: 8, y2: 8 }),
      svg("circle", { class: "dot", cx: x(interval.value), cy: 8, r: 3.5 }));
  }
  return drawing;
}

/** From the lowest to the highest end of differences, with 0 and some room. */
function rangeOf(intervals) {
  const known = intervals.filter(Boolean);
  const low = Math.min(0, ...known.map((of) => of.low)), high = Math.max(0, ...known.map((of) => of.high));
  const room = (high - low) * 0.05 || 1;
  return [low - room, high + room];
}

/** The largest end of intervals, away from 0. */
function farthest(intervals) {
  return intervals.reduce((most, of) => (of ? Math.max(most, Math.abs(of.low), Math.abs(of.high)) : most), 0) || 1;
}
