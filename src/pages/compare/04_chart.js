// Curves over the number of leads called: two lines with their bands, and the capacity as a line to drag.

/**
 * One picture. `spec`: key (of words), band(ranking), show(value), steps (format of the axis), most(sides) the end of
 * the axis, reference(x) what chance reaches or null.
 */
function chart(compared, spec, change) {
  const id = freshId();
  const drawing = svg("svg", { role: "img", "aria-labelledby": id });
  const spoken = el("figcaption", { id, class: "unseen" });
  const reading = el("p", { class: "reading" });
  const element = el("figure", { class: "chart" }, el("h3", null, t(`curves.${spec.key}`)),
    el("p", { class: "hint" }, t(`curves.${spec.key}.hint`)), reading, drawing, spoken);
  const picture = { compared, spec, drawing, width: 0 };
  const draw = () => {
    const width = Math.round(drawing.getBoundingClientRect().width);
    if (width > 0 && width !== picture.width) redraw(picture, width);
    mark(picture, state.at);
  };
  new ResizeObserver(() => requestAnimationFrame(draw)).observe(element);
  drags(picture, change);
  const move = (at) => {
    mark(picture, at);
    reading.replaceChildren(...readings(compared, spec, at));
    spoken.textContent = `${t(`curves.${spec.key}.hint`)} ${t("leads", { n: CAPACITIES[at] })}: ${compared.sides.map((side) => `${side.name} ${valueWords(side, spec, at)}`).join("; ")}`;
  };
  return { element, move };
}

function valueWords(side, spec, at) {
  return spec.show(spec.band(side.ranking).value[at]);
}

function readings({ sides }, spec, at) {
  return sides.map((side) => legend(side, valueWords(side, spec, at)));
}

function scales({ spec, compared }, width) {
  const most = spec.most(compared.sides);
  const x = (k) => ROOM.left + (width - ROOM.left - ROOM.right) * k / REPORT.leads;
  const y = (value) => ROOM.top + (HEIGHT - ROOM.top - ROOM.bottom) * (1 - Math.min(Math.max(value / most, 0), 1));
  return { x, y, most };
}

function redraw(picture, width) {
  const { drawing, spec, compared } = picture;
  picture.width = width;
  picture.scale = scales(picture, width);
  drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  drawing.setAttribute("height", HEIGHT);
  picture.cursor = svg("g", { class: "cursor" });
  drawing.replaceChildren(axes(picture, width), reference(picture),
    ...compared.sides.map((side) => bandPath(picture, side)), ...compared.sides.map((side) => linePath(picture, side)), picture.cursor);
}

function axes({ spec, scale: { x, y, most } }, width) {
  const group = svg("g", { class: "axes" });
  for (const value of ticks(most)) {
    group.append(svg("line", { x1: ROOM.left, x2: width - ROOM.right, y1: y(value), y2: y(value) }),
      svg("text", { x: ROOM.left - 6, y: y(value) + 4, "text-anchor": "end" }, spec.steps(value)));
  }
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    group.append(svg("text", { x: x(share * REPORT.leads), y: HEIGHT - 18, "text-anchor": anchor }, roundPercent(share)));
  }
  group.append(svg("text", { class: "title", x: (ROOM.left + width - ROOM.right) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, t("curves.axis")));
  return group;
}

function reference({ spec, scale: { x, y } }) {
  const ends = [CAPACITIES[0], REPORT.leads].map((k) => `${x(k)} ${y(spec.reference(k))}`);
  return svg("path", { class: "reference", d: `M${ends.join("L")}` });
}

function linePath({ spec, scale: { x, y } }, side) {
  const values = spec.band(side.ranking).value;
  const d = CAPACITIES.map((k, at) => `${x(k).toFixed(1)} ${y(values[at]).toFixed(1)}`).join("L");
  return svg("path", { class: `line ${side.style}`, d: `M${d}` });
}

function bandPath({ spec, scale: { x, y } }, side) {
  const { low, high } = spec.band(side.ranking);
  if (!low) return svg("g", null);
  const along = (ends) => CAPACITIES.map((k, at) => `${x(k).toFixed(1)} ${y(ends[at]).toFixed(1)}`);
  return svg("path", { class: `band ${side.style}`, d: `M${along(high).join("L")}L${along(low).reverse().join("L")}Z` });
}

/** The line at the capacity, with a dot on each curve. */
function mark({ spec, cursor, scale, compared }, at) {
  if (!cursor) return;
  const { x, y } = scale, k = CAPACITIES[at];
  const line = svg("line", { x1: x(k), x2: x(k), y1: ROOM.top, y2: HEIGHT - ROOM.bottom });
  const dots = compared.sides.map((side) => svg("circle", { class: side.style, r: 4.5, cx: x(k), cy: y(spec.band(side.ranking).value[at]) }));
  cursor.replaceChildren(line, ...dots);
}

/** A press or a drag on a picture moves the capacity there. */
function drags(picture, change) {
  const { drawing } = picture;
  const to = (event) => {
    const left = drawing.getBoundingClientRect().left + ROOM.left;
    const share = (event.clientX - left) / (picture.width - ROOM.left - ROOM.right);
    change({ at: nearest(Math.min(Math.max(share, 0), 1) * REPORT.leads) });
  };
  drawing.addEventListener("pointerdown", (event) => { drawing.setPointerCapture(event.pointerId); to(event); });
  drawing.addEventListener("pointermove", (event) => { if (drawing.hasPointerCapture(event.pointerId)) to(event); });
}

/** The highest a curve gets where it no longer hangs on a handful of leads. */
function highest(sides, band) {
  const settled = CAPACITIES.findIndex((k) => k >= Math.max(REPORT.leads / 50, 25));
  const values = sides.flatMap((side) => {
    const { value, high } = band(side.ranking);
    return [...value.slice(Math.max(settled, 0)), ...(high ?? []).slice(Math.max(settled, 0))];
  });
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function specs() {
  const base = REPORT.base_rate.value;
  return [
    { key: "gains", band: (r) => r.recall, show: percent, steps: roundPercent, most: () => 1, reference: (k) => k / REPORT.leads },
    { key: "precision", band: (r) => r.precision, show: percent, steps: roundPercent,
      most: (sides) => Math.min(1, highest(sides, (r) => r.precision) * 1.05), reference: () => base },
    { key: "lift", band: (r) => r.lift, show: (value) => decimal(value, 2), steps: (value) => count(value),
      most: (sides) => highest(sides, (r) => r.lift) * 1.05, reference: () => 1 },
  ];
}

function curves(compared, change) {
  if (REPORT.conversions === 0 || REPORT.conversions === REPORT.leads) {
    return { element: section("curves", note("curves.none")) };
  }
  const charts = specs().map((spec) => chart(compared, spec, change));
  const element = section("curves", el("p", { class: "legend" }, compared.sides.map((side) => [legend(side), " "]),
    el("span", { class: "series chance" }, t("curves.chance"))),
    el("div", { class: "charts" }, charts.map((c) => c.element)),
    HAS_INTERVALS ? note("curves.band") : note(`curves.no_band.${REPORT.too_few}`), curveTable(compared));
  return { element, move: (at) => charts.forEach((c) => c.move(at)) };
}

/** The same curves as a table, at some shares of the leads. */
function curveTable({ sides }) {
  const shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1];
  const positions = [...new Set(shares.map((share) => nearest(Math.max(1, share * REPORT.leads))))];
  const columns = [{ text: t("curves.called"), number: true }];
  for (const spec of specs()) {
    for (const side of sides) columns.push({ text: t("curves.column", { curve: t(`curves.${spec.key}`), name: side.title }), number: true });
  }
  const rows = positions.map((at) => [count(CAPACITIES[at]), ...specs().flatMap((spec) => sides.map((side) => valueWords(side, spec, at)))]);
  return el("details", null, el("summary", null, t("curves.table")), table(t("curves.table"), columns, rows));
}
