// How leads are spread over points and bands, how often those convert, and how scores move over months.

function scores(set) {
  return section("scores", spread(set), bands(set), months(set));
}

/** Bars of leads by their points, and above them how often they converted. */
function spread({ bins, bands: from, check, outcomes, hand_off: handOff }) {
  if (bins.length < 2) return null;
  const judged = Boolean(outcomes);
  const drawing = svg("svg", { role: "img", "aria-label": t("spread.label", { n: bins.length }) });
  drawn(drawing, (width) => drawSpread(drawing, { bins, marks: thresholdMarks(from, check, handOff) }, width));
  const columns = [{ text: t("spread.points") }, { text: t("spread.leads"), number: true }, ...(judged ? [{ text: t("bands.rate"), number: true }] : [])];
  const rows = bins.map((bin) => [t("value.between", { from: points(bin.from), to: points(bin.to) }), count(bin.leads), ...(judged ? [withEnds(bin.rate, percent)] : [])]);
  return el("figure", { class: "chart" }, el("h3", null, t("spread.title")), el("p", { class: "hint" }, t(judged ? "spread.hint.judged" : "spread.hint")), drawing,
    el("details", null, el("summary", null, t("spread.table")), table(t("spread.title"), columns, rows)));
}

/** Where bands begin. */
function thresholdMarks(from, check, handOff) {
  const last = handOff === null || from.includes(handOff) ? [] : [{ points: handOff, name: t("hand_off") }];
  return [...last, ...from.map((points, at) => ({ points, name: known("band", check.bands[at][0]) })).filter((mark) => mark.points !== null)];
}

function drawSpread(drawing, { bins, marks }, width) {
  const low = bins[0].from, high = bins.at(-1).to, right = width - 46, bottom = HEIGHT - ROOM.bottom;
  const most = Math.max(...bins.map((bin) => bin.leads)), rates = bins.map((bin) => bin.rate).filter(Boolean);
  const mostRate = Math.max(0.01, ...rates.map((rate) => rate.value)) * 1.15;
  const x = (value) => ROOM.left + (right - ROOM.left) * (value - low) / (high - low);
  const y = (leads) => bottom - (bottom - 24) * leads / most, rateY = (rate) => bottom - (bottom - 24) * Math.min(rate / mostRate, 1);
  const bars = bins.map((bin) => svg("rect", { class: "bin", x: x(bin.from) + 1, width: Math.max(x(bin.to) - x(bin.from) - 2, 1), y: y(bin.leads), height: bottom - y(bin.leads) }));
  const shapes = [leadAxis(y, most, right), svg("g", null, bars), svg("g", { class: "axes" }, pointTicks(low, high).map((value) => svg("text", { x: x(value), y: HEIGHT - 18, "text-anchor": "middle" }, points(value)))),
    svg("text", { class: "title", x: (ROOM.left + right) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, t("spread.points"))];
  for (const mark of marks.filter((each) => each.points > low && each.points < high)) {
    shapes.push(svg("line", { class: "mark", x1: x(mark.points), x2: x(mark.points), y1: 14, y2: bottom }), svg("text", { x: x(mark.points) + 4, y: 20 }, mark.name));
  }
  if (rates.length > 0) shapes.push(rateDots(bins, { x, rateY, mostRate, right }));
  drawing.replaceChildren(...shapes);
}

function leadAxis(y, most, right) {
  return svg("g", { class: "axes" }, ticks(most).filter((value) => Number.isInteger(value)).map((value) => [svg("line", { x1: ROOM.left, x2: right, y1: y(value), y2: y(value) }),
    svg("text", { x: ROOM.left - 6, y: y(value) + 4, "text-anchor": "end" }, count(value))]));
}

/** Round numbers from one end to the other. */
function pointTicks(low, high) {
  const step = ticks(high - low)[1];
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high + step / 1000; at += 1) found.push(at * step + 0);
  return found;
}

function rateDots(bins, { x, rateY, mostRate, right }) {
  const dots = bins.filter((bin) => bin.rate).flatMap((bin) => {
    const middle = x((bin.from + bin.to) / 2);
    return [svg("line", { class: "end second", x1: middle, x2: middle, y1: rateY(bin.rate.low), y2: rateY(bin.rate.high) }), svg("circle", { class: "second", r: 3.5, cx: middle, cy: rateY(bin.rate.value) })];
  });
  const axis = ticks(mostRate).map((value) => svg("text", { class: "second", x: right + 6, y: rateY(value) + 4 }, roundPercent(value)));
  return svg("g", { class: "cursor" }, dots, axis);
}

function bands({ check, outcomes, bands: from, hand_off: handOff }) {
  if (check.bands.length === 0) return note("spread.no_bands");
  const judged = Boolean(outcomes), most = judged ? farthest(outcomes.bands.map((band) => band.rate)) : 1;
  const columns = [{ text: t("bands.band") }, { text: t("bands.from.rule_set"), number: true }, { text: t("listing.share"), number: true },
    ...(judged ? [{ text: t("bands.leads"), hint: t("spread.known"), number: true }, { text: t("bands.conversions"), number: true }, { text: t("bands.rate"), number: true }, { text: "" }] : [])];
  const rows = check.bands.map(([name, share], at) => {
    const of = outcomes?.bands[at];
    return [data(known("band", name)), from[at] === null ? t("bands.below") : points(from[at]), percent(share),
      ...(of ? [count(of.leads), count(of.conversions), withEnds(of.rate, percent), whisker(of.rate, 0, most, "first")] : [])];
  });
  const handed = outcomes?.hand_off;
  if (handed) rows.push([t("hand_off"), points(handOff), percent(handed.leads / Math.max(outcomes.leads, 1)), count(handed.leads), count(handed.conversions), withEnds(handed.rate, percent), whisker(handed.rate, 0, most, "first")]);
  return [el("h3", null, t("spread.bands")), table(t("spread.bands"), columns, rows.reverse())];
}

function months({ check }) {
  if (check.months.length === 0) return null;
  const handed = check.months.some((each) => each.handed !== null);
  const columns = [{ text: t("months.month") }, { text: t("months.leads"), number: true }, { text: t("months.mean"), number: true }, ...(handed ? [{ text: t("months.handed"), number: true }] : [])];
  const rows = check.months.map((each) => [month(each.month), count(each.leads), decimal(each.mean, 1), ...(handed ? [each.handed === null ? t("unknown") : percent(each.handed)] : [])]);
  return [el("h3", null, t("months.title")), note("months.lead"), el("details", null, el("summary", null, t("months.table", { n: rows.length })), table(t("months.title"), columns, rows))];
}
