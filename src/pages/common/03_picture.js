// What pictures share: their room, round steps of an axis, and being drawn as wide as they are shown.

const ROOM = { left: 46, right: 12, top: 10, bottom: 34 };
const HEIGHT = 260;

/** Draws a picture with `draw(width)` when it is first shown, and again when its width changes. */
function drawn(drawing, draw, height = HEIGHT) {
  const redraw = () => {
    const width = Math.round(drawing.getBoundingClientRect().width);
    if (width === 0 || String(width) === drawing.dataset.width) return;
    drawing.dataset.width = width;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.setAttribute("height", height);
    draw(width);
  };
  new ResizeObserver(() => requestAnimationFrame(redraw)).observe(drawing);
  return drawing;
}

/** Round steps, three to six of them. */
function ticks(most) {
  const raw = most / 4, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((s) => s * power >= raw) * power;
  const found = [];
  for (let i = 0; i * step <= most * 1.0001; i += 1) found.push(i * step);
  return found;
}

/** What was said against what came, a dot for each bin of leads. */
function reliability(name, style, bins) {
  const most = Math.min(1, Math.max(0.02, ...bins.map((bin) => Math.max(bin.mean_score, bin.rate?.high ?? 0))) * 1.03);
  const drawing = svg("svg", { role: "img", "aria-label": t("calibration.label", { name, n: bins.length }) });
  return drawn(drawing, (width) => drawReliability(drawing, bins, most, width, style));
}

function drawReliability(drawing, bins, most, width, style) {
  const x = (value) => ROOM.left + (width - ROOM.left - ROOM.right) * Math.min(value / most, 1);
  const y = (value) => ROOM.top + (HEIGHT - ROOM.top - ROOM.bottom) * (1 - Math.min(value / most, 1));
  const axis = svg("g", { class: "axes" });
  for (const value of ticks(most)) {
    axis.append(svg("line", { x1: ROOM.left, x2: width - ROOM.right, y1: y(value), y2: y(value) }),
      svg("text", { x: ROOM.left - 6, y: y(value) + 4, "text-anchor": "end" }, roundPercent(value)),
      svg("text", { x: x(value), y: HEIGHT - 18, "text-anchor": "middle" }, roundPercent(value)));
  }
  axis.append(svg("text", { class: "title", x: (ROOM.left + width - ROOM.right) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, t("calibration.said")),
    svg("text", { class: "title", x: ROOM.left + 6, y: ROOM.top + 8 }, `↑ ${t("calibration.came")}`));
    const dots = bins.flatMap((bin) => [
    bin.rate ? svg("line", { class: `end ${style}`, x1: x(bin.mean_score), x2: x(bin.mean_score), y1: y(bin.rate.low), y2: y(bin.rate.high) }) : null,
    svg("circle", { class: style, r: 4, cx: x(bin.mean_score), cy: y(bin.mean_label) })]);
  drawing.replaceChildren(axis, svg("path", { class: "reference", d: `M${x(0)} ${y(0)}L${x(most)} ${y(most)}` }),
    svg("g", { class: "cursor" }, dots));
}

