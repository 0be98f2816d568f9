// The curve of every signal: what each of its values does to the odds.

/** Levels that are listed before the others, and steps of an axis. */
const LEVELS = 7;
const FACTORS = [1.02, 1.05, 1.1, 1.25, 1.5, 2, 4, 10, 100, 1000, 1e4, 1e6, 1e9];
const CURVE = { left: 62, right: 8, top: 10, bottom: 24, height: 190, missing: 46 };

function curves() {
  const list = DATA.curves.filter((curve) => curve.mean_size > 0);
  if (list.length === 0) return null;
  const drawn = list.slice(0, DRAWN_CURVES).map(curveFigure), rest = list.slice(DRAWN_CURVES);
  const more = rest.length === 0 ? null : opened(t("shapes.more", { n: rest.length }), () => el("div", { class: "shapes" }, rest.map((curve, at) => curveFigure(curve, DRAWN_CURVES + at))));
  const still = DATA.curves.length - list.length;
  return section("shapes", el("div", { class: "shapes" }, drawn), more,
    still > 0 ? note("shapes.still", { n: still }) : null, DATA.left_out.curves > 0 ? note("shapes.left_out", { n: DATA.left_out.curves }) : null,
    DATA.intervals ? null : note("shapes.no_intervals"));
}

/** What is made when it is first opened: drawing hundreds of pictures takes a while. A link to what is in it opens it. */
function opened(summary, make, onPaper = true) {
  const details = el("details", null, el("summary", null, summary));
  const fillIt = () => { if (details.children.length === 1) details.append(make()); };
  details.addEventListener("toggle", () => { if (details.open) fillIt(); });
  if (onPaper) addEventListener("beforeprint", () => { fillIt(); details.open = true; });
  waitingToOpen.push((id) => {
    if (details.open) return false;
    fillIt();
    if (!details.querySelector(`[id="${id}"]`)) return false;
    details.open = true;
    return true;
  });
  return details;
}

const waitingToOpen = [];

function curveFigure(curve, at) {
  const monotone = (TRAINING.monotone ?? []).find((each) => each.signal === curve.signal);
  const hint = monotone ? el("p", { class: "note" }, t(monotone.increasing ? "shapes.rising" : "shapes.falling")) : null;
  const heading = el("h3", null, data(curve.signal));
  const attributes = { id: curveId(at), class: "shape", tabindex: "-1" };
  if (!curve.is_ordered) return el("figure", { ...attributes, class: "shape levels" }, heading, hint, levelTable(curve));
  const straight = curve.steps[0]?.share === undefined ? el("p", { class: "note" }, t("shapes.straight")) : null;
  return el("figure", attributes, heading, hint, straight, ...linePicture(curve), opened(t("shapes.table"), () => stepTable(curve, curve.steps), false));
}

/** Steps as a table; where there is little room the drawings go. */
function stepTable(curve, steps) {
  const range = rangeOf(curve.steps.map((step) => asInterval(step)));
  const columns = ["value", "share", "odds", "interval"].map((key, at) => ({ text: t(`shapes.${key}`), number: at > 0 }));
  const rows = steps.map((step) => [data(shorten(valueText(step.name), 80)), step.share === undefined ? "" : percent(step.share), factor(step.log_odds), oddsEnds(step, range)]);
  return table(t("shapes.table_of", { name: isolate(curve.signal) }), columns, rows);
}

function oddsEnds(step, range) {
  if (!step.interval) return t("unknown");
  const of = asInterval(step);
  return el("span", { class: "ends" }, el("span", { class: "interval" }, ends(of, (value) => factorNumber(value))), whisker(of, ...range, step.log_odds < 0 ? "second" : "first"));
}

/** What a step adds, as an interval; without one, a point. */
function asInterval({ log_odds: value, interval }) {
  return { value, low: interval?.[0] ?? value, high: interval?.[1] ?? value };
}

/** Levels of a category, what raises most first. */
function levelTable(curve) {
  const order = [...curve.steps].sort((a, b) => b.log_odds - a.log_odds);
  if (order.length <= LEVELS + 2) return stepTable(curve, order);
  // Those that matter: many leads, or far from nothing.
  const weight = (step) => (step.share ?? 1) * Math.abs(step.log_odds);
  const kept = new Set([...order].sort((a, b) => weight(b) - weight(a)).slice(0, LEVELS));
  const rest = order.filter((step) => !kept.has(step));
  return [stepTable(curve, order.filter((step) => kept.has(step))), opened(t("shapes.more_levels", { n: rest.length }), () => stepTable(curve, rest))];
}

/** The picture of a number: steps as wide as the share of leads that they hold, or a straight line. */
function linePicture(curve) {
  const missing = curve.steps.find((step) => step.from === undefined && step.to === undefined && step.name === "(missing)");
  const steps = curve.steps.filter((step) => step !== missing);
  const drawing = svg("svg", { role: "img", "aria-label": t("shapes.label", { name: isolate(curve.signal), n: steps.length }) });
  const reading = el("p", { class: "reading", "aria-hidden": "true" }, t("shapes.point"));
  drawn(drawing, (width) => drawCurve(drawing, { curve, steps, missing, reading }, width), CURVE.height);
  return [reading, el("div", { class: "chart" }, drawing)];
}

function drawCurve(drawing, { steps, missing, curve, reading }, width) {
  const right = width - CURVE.right - (missing ? CURVE.missing : 0);
  const y = oddsAxis(curve), places = placesOf(steps, CURVE.left, right);
  const shapes = [curveAxes(y, width), curveLabels(steps, places)];
  if (steps.every((step) => step.interval)) shapes.push(svg("path", { class: "band first", d: bandOutline(steps, places, y) }));
  shapes.push(svg("path", { class: "line", d: outline(steps.map((step, at) => [...places[at], y.at(step.log_odds)])) }));
  if (missing) shapes.push(missingMark(missing, width - CURVE.missing / 2, y));
  const cursor = svg("g", { class: "cursor" });
  drawing.replaceChildren(...shapes, cursor);
  const spots = [...places.map(([from, to], at) => ({ from, to, step: steps[at] })), ...(missing ? [{ from: right, to: width, step: missing }] : [])];
  drawing.onpointermove = (event) => readAt(event, { drawing, spots, cursor, reading, y });
  drawing.onpointerleave = () => { cursor.replaceChildren(); reading.textContent = t("shapes.point"); };
}

/** From where to where each step goes: as wide as its share of leads; points of a straight line by their values. */
function placesOf(steps, left, right) {
  if (steps[0]?.share === undefined) {
    const [low, high] = [steps[0]?.from ?? 0, steps.at(-1)?.to ?? 1];
    const x = (value) => left + (right - left) * (value - low) / (high - low || 1);
    return steps.map((step) => [x(step.from), x(step.from)]);
  }
  // No step is so narrow that it cannot be pointed at.
  const widths = steps.map((step) => Math.max(step.share, 0.003)), total = widths.reduce((sum, width) => sum + width, 0);
  let from = left;
  return widths.map((width) => {
    const place = [from, from + (right - left) * width / total];
    from = place[1];
    return place;
  });
}

/** The axis of a curve: where log-odds stand, and lines at round factors of the odds. */
function oddsAxis(curve) {
  let [low, high] = [-0.05, 0.05];
  for (const step of curve.steps) {
    // A step of hardly a lead, whose interval is wide, does not press the others flat.
    const { value, low: least, high: most } = asInterval(step), rare = step.share !== undefined && step.share < 0.01;
    low = Math.min(low, rare ? value : least);
    high = Math.max(high, rare ? value : most);
  }
  const room = (high - low) * 0.04, bottom = CURVE.height - CURVE.bottom;
  [low, high] = [low - room, high + room];
  const at = (value) => CURVE.top + (bottom - CURVE.top) * (high - Math.min(Math.max(value, low), high)) / (high - low);
  const step = Math.log(FACTORS.find((each) => (high - low) / Math.log(each) <= 5) ?? Math.exp((high - low) / 4));
  const lines = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) lines.push(k * step);
  return { at, lines, bottom };
}

function curveAxes(y, width) {
  return svg("g", { class: "axes" }, y.lines.map((value) => [
    svg("line", { class: Math.abs(value) < 1e-9 ? "zero" : null, x1: CURVE.left, x2: width - CURVE.right, y1: y.at(value), y2: y.at(value) }),
    svg("text", { x: CURVE.left - 6, y: y.at(value) + 4, "text-anchor": "end" }, factorTick(value))]));
}

function factorTick(logOdds) {
  return t("odds.times", { factor: format({ maximumSignificantDigits: 2, notation: Math.abs(logOdds) > 9 ? "scientific" : "standard" }).format(Math.exp(logOdds)) });
}

/** Values below the steps, as many as have room. */
function curveLabels(steps, places) {
  const labels = svg("g", null), below = CURVE.height - 6;
  let free = CURVE.left;
  const put = (text, x, anchor, room) => {
    const begin = anchor === "start" ? x : anchor === "end" ? x - room : x - room / 2;
    if (begin < free) return;
    free = begin + room + 12;
    labels.append(svg("text", { x, y: below, "text-anchor": anchor }, text));
  };
  steps.forEach((step, at) => {
    const value = step.from ?? null;
    if (value === null) return;
    const text = number(value), room = 7 * text.length;
    const [from] = places[at], last = places.at(-1)[1];
    put(text, from, at === 0 && from <= CURVE.left + 1 ? "start" : from + room / 2 > last ? "end" : "middle", room);
  });
  return labels;
}

/** A value of the data on an axis. */
function number(value) {
  return format({ maximumSignificantDigits: 5, useGrouping: Math.abs(value) >= 10000 }).format(value);
}

function outline(runs) {
  return `M${runs.map(([from, to, y]) => `${from.toFixed(1)} ${y.toFixed(1)}L${to.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
}

function bandOutline(steps, places, y) {
  const side = (end) => steps.map((step, at) => [...places[at], y.at(step.interval[end])]);
  const back = side(0).reverse().map(([from, to, at]) => [to, from, at]);
  return `${outline(side(1))}L${outline(back).slice(1)}Z`;
}

function missingMark(step, x, y) {
  const { low, high } = asInterval(step);
  return svg("g", { class: "cursor" }, svg("line", { class: "end", x1: x, x2: x, y1: y.at(low), y2: y.at(high) }), svg("circle", { r: 4, cx: x, cy: y.at(step.log_odds) }),
    svg("text", { x, y: CURVE.height - 6, "text-anchor": "middle" }, t("shapes.missing")));
}

/** Says what the step under the pointer is and does. */
function readAt(event, { drawing, spots, cursor, reading, y }) {
  const x = event.clientX - drawing.getBoundingClientRect().left;
  const middle = ({ from, to }) => (from + to) / 2;
  const spot = spots.find(({ from, to }) => x >= from && x < to) ?? spots.reduce((best, each) => (Math.abs(middle(each) - x) < Math.abs(middle(best) - x) ? each : best));
  const { step } = spot, { low, high } = asInterval(step);
  cursor.replaceChildren(svg("line", { x1: middle(spot), x2: middle(spot), y1: CURVE.top, y2: y.bottom }), svg("circle", { r: 4, cx: middle(spot), cy: y.at(step.log_odds) }));
  const between = step.interval ? t("shapes.reading_ends", { low: factor(low), high: factor(high) }) : "";
  const share = step.share === undefined ? "" : t("shapes.reading_share", { share: percent(step.share) });
  reading.textContent = `${t("shapes.reading", { value: valueText(step.name), odds: factor(step.log_odds) })}${between}${share}`;
}
