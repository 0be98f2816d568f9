// The key figures of both rankings at the capacity.

function figures(compared) {
  const { sides, pair } = compared;
  const body = el("tbody", null);
  const heads = sides.map((side) => el("th", { scope: "col", class: "number" }, legend(side)));
  const caption = el("caption", null);
  const sheet = scrolls(t("figures.title"), el("table", { class: "figures" }, caption,
    el("thead", null, el("tr", null, el("th", { scope: "col" }, t("figures.figure")), heads)), body));
  const ties = el("p", { class: "note" });
  const element = section("figures", sheet, ties);
  const move = (at) => {
    caption.textContent = t("figures.caption", { leads: t("leads", { n: CAPACITIES[at] }), share: capacityWords(at) });
    body.replaceChildren(...figureRows(sides, pair, at));
    const open = tieWords(compared, at);
    ties.textContent = open && `${open} ${t("figures.ties")}`;
  };
  return { element, move };
}

function figureRows(sides, pair, at) {
  const of = (key, name, show, showEnd) => figureRow(key, sides.map((side) => side.ranking[name] && bandAt(side.ranking[name], at)), show, showEnd);
  const rows = [
    of("conversions", "conversions", count, countEnd),
    WEEKS ? figureRow("weekly", sides.map((side) => ({ value: found(side, at) / WEEKS })), (value) => decimal(value, 1)) : null,
    differenceRow("difference", [pair.difference && bandAt(pair.difference, at)], (i) => [moreOrFewer(i.value), i.low === null ? "" : differenceEnds(i)]),
    of("precision", "precision", percent),
    of("recall", "recall", percent),
    of("lift", "lift", (value) => decimal(value, 2)),
    lastRow(sides, at),
    figureRow("auc", sides.map((side) => side.ranking.auc), (value) => decimal(value, 3)),
    differenceRow("auc_difference", [pair.auc_difference], (i) => [signedDecimal(i.value), i.low === null ? "" : ends(i, signedDecimal)]),
    figureRow("average_precision", sides.map((side) => side.ranking.average_precision === null ? null : { value: side.ranking.average_precision }), (value) => decimal(value, 3)),
  ];
  return rows.filter((row) => row !== null);
}

function signedDecimal(value) {
  return format({ signDisplay: "exceptZero", minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(value);
}

/** A band at one capacity, as an interval whose ends may be unknown. */
function bandAt(band, at) {
  return { value: band.value[at], low: band.low ? band.low[at] : null, high: band.high ? band.high[at] : null };
}

function figureHead(key) {
  return el("th", { scope: "row" }, t(`figures.${key}`), el("span", { class: "hint" }, t(`figures.${key}.hint`)));
}

function figureRow(key, intervals, show, showEnd = show) {
  if (intervals.every((interval) => !interval)) return null;
  const cells = intervals.map((interval) => el("td", { class: "number" }, figureCell(interval, show, showEnd)));
  return el("tr", { "data-figure": key }, figureHead(key), cells);
}

function figureCell(interval, show, showEnd) {
  if (!interval) return t("unknown");
  const value = el("span", { class: "value" }, show(interval.value));
  return interval.low === null || interval.low === undefined ? value
    : [value, " ", el("span", { class: "interval" }, ends(interval, showEnd))];
}

/** A row with one value for both: a difference. */
function differenceRow(key, [interval], show) {
  if (!interval) return null;
  const [value, between] = show(interval);
  return el("tr", { "data-figure": key, class: "difference" }, figureHead(key),
    el("td", { class: "number", colspan: 2 }, el("span", { class: "value" }, value), " ", el("span", { class: "interval" }, between)));
}

function lastRow(sides, at) {
  const cells = sides.map(({ ranking }) => {
    const reached = ranking.reach[at] > CAPACITIES[at]
      ? el("span", { class: "interval" }, t("figures.reach", { n: ranking.reach[at] })) : null;
    return el("td", { class: "number" }, el("span", { class: "value" }, thresholdText(ranking, ranking.threshold[at])), " ", reached);
  });
  return el("tr", { "data-figure": "threshold" }, figureHead("threshold"), cells);
}
