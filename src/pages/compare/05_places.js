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

/**
 * The places of leads by one ranking, 0 the best and 1 the last; ties are strewn over the places that they take. Rests
 * now and then.
 */
function* spreadRanks(ranks) {
  // Ranks are means of places, so twice a rank is a whole number.
  const sizes = new Int32Array(2 * REPORT.leads + 1), spread = new Float32Array(ranks.length);
  for (const rank of ranks) sizes[2 * rank] += 1;
  for (let lead = 0; lead < ranks.length; lead += 1) {
    if (lead % BATCH === 0) yield;
    // Multiples of the golden ratio fill an interval evenly, and are the same whenever the page is drawn.
    const within = (lead * 0.6180339887498949) % 1 - 0.5;
    spread[lead] = (ranks[lead] - 0.5 + within * sizes[2 * ranks[lead]]) / REPORT.leads;
  }
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
  // A ranking's places, computed when the picture is first drawn; points that are not drawn yet.
  const view = { canvas, sides, spread: null, size: 0, points: null, left: null };
  const draw = () => drawRanks(view);
  new ResizeObserver(() => requestAnimationFrame(draw)).observe(element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("beforeprint", () => { draw(); finish(view); });
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
    view.points = document.createElement("canvas");
    view.points.width = view.points.height = Math.round(side * density);
    view.left = drawnPoints(view, side, density, colour);
    later(view);
    canvas.width = canvas.height = Math.round(side * density);
    canvas.style.width = canvas.style.height = `${side}px`;
  }
  view.show = () => compose(view, side, density, colour);
  view.show();
}

/** Puts the picture together: who is called, the points that are drawn so far, the edges. */
function compose({ canvas, points: layer, sides }, side, density, colour) {
  const pen = canvas.getContext("2d");
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, side, side);
  drawQuadrants(pen, side, colour);
  pen.drawImage(layer, 0, 0, side, side);
  drawEdges(pen, side, colour, sides);
}

/** How long points are drawn at a time, in milliseconds: a page that is being read must answer at once. */
const SLICE = 8;

/** Goes on with the points whenever nothing else is to be done. */
function later(view) {
  const left = view.left, idle = window.requestIdleCallback ?? ((go) => setTimeout(go, 1));
  const go = () => {
    // Another size or theme has begun anew.
    if (left !== view.left) return;
    const until = performance.now() + SLICE;
    let done = false;
    while (!done && performance.now() < until) done = left.next().done;
    if (done) finish(view);
    else idle(go);
  };
  idle(go);
}

/** Draws whatever is left of the points at once, as for paper. */
function finish(view) {
  if (!view.left) return;
  while (!view.left.next().done);
  view.left = null;
  view.canvas.dataset.drawn = "";
  view.show();
}

function toX(place, side) {
  return side - MARGIN.right - (side - MARGIN.left - MARGIN.right) * stretched(place);
}

function toY(place, side) {
  return MARGIN.top + (side - MARGIN.top - MARGIN.bottom) * stretched(place);
}

/** Leads between two rests of the drawing. */
const BATCH = 2000;

/** Draws all leads, resting now and then: those that did not convert faint and below, those that did strong and above. */
function* drawnPoints(view, side, density, colour) {
  if (!view.spread) {
    const spread = [];
    for (const each of view.sides) {
      spread.push(yield* spreadRanks(LIST.rank[each.position]));
    }
    view.spread = spread;
  }
  const pen = view.points.getContext("2d"), image = pen.createImageData(view.points.width, view.points.height);
  const [first, second] = view.spread, crowd = LIST.leads > 20000;
  const scale = (crowd ? 0.6 : LIST.leads < 100 ? 3 : LIST.leads < 500 ? 1.6 : 1) * density;
  for (const outcome of [0, 1]) {
    const size = Math.max(1, Math.round((outcome ? 2.6 : 1.6) * scale)), alpha = outcome ? 0.8 : crowd ? 0.35 : 0.6;
    const ink = channels(colour(outcome ? "ink" : "faint"));
    for (let lead = 0; lead < LIST.leads; lead += 1) {
      if (lead % BATCH === 0) yield;
      if (LIST.converted[lead] === outcome) stamp(image, toX(second[lead], side) * density, toY(first[lead], side) * density, size, ink, alpha);
    }
  }
  pen.putImageData(image, 0, 0);
}

/** Red, green and blue of "#rrggbb", as which the style sheet names its colours. */
function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** Lays a square over an image. A hundred thousand calls of a canvas would take half a second; this takes a few milliseconds. */
function stamp({ data: pixels, width, height }, x, y, size, ink, alpha) {
  const left = Math.round(x - size / 2), top = Math.round(y - size / 2);
  for (let row = Math.max(top, 0); row < Math.min(top + size, height); row += 1) {
    for (let column = Math.max(left, 0); column < Math.min(left + size, width); column += 1) {
      const at = 4 * (row * width + column), under = pixels[at + 3] / 255 * (1 - alpha), both = alpha + under;
      for (let c = 0; c < 3; c += 1) pixels[at + c] = (ink[c] * alpha + pixels[at + c] * under) / both;
      pixels[at + 3] = 255 * both;
    }
  }
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
