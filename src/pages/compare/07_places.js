// Who changes place: the four groups that two lists of calls make, and a picture of both ranks.

const QUADRANTS = ["both", "only_first", "only_second", "neither"];

function places(compared) {
  const { pair, sides } = compared;
  const body = el("tbody", null);
  const columns = ["group", "leads", "conversions", "rate"];
  const sheet = scrolls(t("places.table"), el("table", { class: "quadrants" },
    el("caption", { class: "unseen" }, t("places.table")),
    el("thead", null, el("tr", null, columns.map((c, i) => el("th", { scope: "col", class: i ? "number" : null }, t(`places.${c}`))))), body));
  const correlation = pair.rank_correlation === null ? note("places.no_correlation")
    : note("places.correlation", { value: decimal(pair.rank_correlation, 2) });
  const picture = rankPicture(compared);
  const element = section("places", el("div", { class: "beside" }, el("div", null, sheet, correlation), picture.element));
  const move = (at) => {
    body.replaceChildren(...QUADRANTS.map((name) => quadrantRow(name, pair[name], sides, at)));
    picture.move(at);
  };
  return { element, move };
}

/** The name of a group of leads: who would call them. */
function quadrantName(name, sides) {
  return t(`quadrant.${name}`, { first: sides[0].name, second: sides[1].name });
}

function quadrantRow(name, group, sides, at) {
  const leads = group.leads[at], conversions = group.conversions[at];
  const rate = leads > 0.05 ? percent(conversions / leads) : t("unknown");
  return el("tr", { "data-group": name }, el("th", { scope: "row" }, el("span", { class: `swatch ${name}`, "aria-hidden": "true" }), quadrantName(name, sides)),
    el("td", { class: "number" }, count(leads)), el("td", { class: "number" }, count(conversions)), el("td", { class: "number" }, rate));
}

/** The places of leads by one ranking, 0 the best and 1 the last; ties are strewn over the places that they take. */
function spreadRanks(ranks) {
  const sizes = new Map(), spread = new Float32Array(ranks.length);
  for (const rank of ranks) sizes.set(rank, (sizes.get(rank) ?? 0) + 1);
  ranks.forEach((rank, lead) => {
    // Multiples of the golden ratio fill an interval evenly, and are the same whenever the page is drawn.
    const within = (lead * 0.6180339887498949) % 1 - 0.5;
    spread[lead] = (rank - 0.5 + within * sizes.get(rank)) / REPORT.leads;
  });
  return spread;
}

/** Where a place stands on an axis: the first places have more room, since they are what is called. */
function stretched(place) {
  return Math.sqrt(Math.min(Math.max(place, 0), 1));
}

/** The picture of both ranks. Its text is the table beside it. */
function rankPicture(compared) {
  const { sides } = compared;
  const canvas = el("canvas", { role: "img", "aria-label": t("picture.label", { first: sides[0].name, second: sides[1].name }) });
  const caption = el("figcaption", { class: "note" }, say("picture.caption", { filled: el("span", { class: "spot filled", "aria-hidden": "true" }), hollow: el("span", { class: "spot", "aria-hidden": "true" }) }));
  const element = el("figure", { class: "ranks" }, el("h3", null, t("picture.title")), canvas, caption);
  // A ranking's places, computed when the picture is first drawn.
  const view = { canvas, sides, spread: null, size: 0, points: null };
  const draw = () => drawRanks(view);
  new ResizeObserver(() => requestAnimationFrame(draw)).observe(element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("beforeprint", draw);
  addEventListener("afterprint", draw);
  return { element, move: draw };
}

const MARGIN = { left: 34, bottom: 34, top: 6, right: 6 };

function drawRanks(view) {
  const { canvas } = view, style = getComputedStyle(document.documentElement);
  const side = Math.min(Math.round(canvas.parentElement.clientWidth), 560);
  if (side < 60) return;
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const density = Math.max(devicePixelRatio || 1, 1), key = `${side} ${density} ${colour("ink")}`;
  if (view.size !== key) {
    view.size = key;
    view.points = pointsLayer(view, side, density, colour);
    canvas.width = canvas.height = side * density;
    canvas.style.width = canvas.style.height = `${side}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, side, side);
  drawQuadrants(pen, side, colour);
  pen.drawImage(view.points, 0, 0, side, side);
  drawEdges(pen, side, colour, view.sides);
}

function toX(place, side) {
  return side - MARGIN.right - (side - MARGIN.left - MARGIN.right) * stretched(place);
}

function toY(place, side) {
  return MARGIN.top + (side - MARGIN.top - MARGIN.bottom) * stretched(place);
}

/** All leads: those that did not convert faint and below, those that did strong and above. */
function pointsLayer(view, side, density, colour) {
  const layer = document.createElement("canvas");
  layer.width = layer.height = side * density;
  const pen = layer.getContext("2d");
  pen.scale(density, density);
  view.spread ??= view.sides.map((each) => spreadRanks(LIST.rank[each.position]));
  const [first, second] = view.spread, crowd = LIST.leads > 20000;
  for (const outcome of [0, 1]) {
    const size = (outcome ? 2.6 : 1.6) * (crowd ? 0.6 : LIST.leads < 100 ? 3 : LIST.leads < 500 ? 1.6 : 1);
    pen.fillStyle = colour(outcome ? "ink" : "faint");
    pen.globalAlpha = outcome ? 0.8 : crowd ? 0.35 : 0.6;
    for (let lead = 0; lead < LIST.leads; lead += 1) {
      if (LIST.converted[lead] === outcome) pen.fillRect(toX(second[lead], side) - size / 2, toY(first[lead], side) - size / 2, size, size);
    }
  }
  return layer;
}

function drawQuadrants(pen, side, colour) {
  const edge = CAPACITIES[state.at] / REPORT.leads, x = toX(edge, side), y = toY(edge, side);
  const right = side - MARGIN.right, bottom = side - MARGIN.bottom;
  pen.globalAlpha = 0.16;
  pen.fillStyle = colour("first");
  pen.fillRect(MARGIN.left, MARGIN.top, right - MARGIN.left, y - MARGIN.top);
  pen.fillStyle = colour("second");
  pen.fillRect(x, MARGIN.top, right - x, bottom - MARGIN.top);
  pen.globalAlpha = 1;
}

function drawEdges(pen, side, colour, sides) {
  const edge = CAPACITIES[state.at] / REPORT.leads, x = toX(edge, side), y = toY(edge, side);
  const right = side - MARGIN.right, bottom = side - MARGIN.bottom;
  pen.lineWidth = 1;
  pen.strokeStyle = colour("line");
  pen.strokeRect(MARGIN.left, MARGIN.top, right - MARGIN.left, bottom - MARGIN.top);
  pen.lineWidth = 2;
  line(pen, colour("first"), [], MARGIN.left, y, right, y);
  line(pen, colour("second"), [6, 4], x, MARGIN.top, x, bottom);
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  writeAlong(pen, colour("second"), sides[1].name, MARGIN.left, side - 14, right - MARGIN.left);
  pen.save();
  pen.translate(20, bottom);
  pen.rotate(-Math.PI / 2);
  writeAlong(pen, colour("first"), sides[0].name, 0, 0, bottom - MARGIN.top);
  pen.restore();
}

/** The name of an axis at its middle, as narrow as the axis. */
function writeAlong(pen, colour, text, x, y, room) {
  pen.fillStyle = colour;
  pen.textAlign = "center";
  pen.fillText(t("picture.better", { name: text }), x + room / 2, y, room);
}

function line(pen, colour, dashes, x1, y1, x2, y2) {
  pen.strokeStyle = colour;
  pen.setLineDash(dashes);
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
  pen.setLineDash([]);
}
