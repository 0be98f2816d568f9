// Whether probabilities can be taken at their word, and where which ranking is the better one.

function calibration({ sides }) {
  const models = sides.filter((side) => side.ranking.calibration && side.ranking.calibration.bins.length > 0);
  if (models.length === 0) return null;
  return { element: section("calibration", el("div", { class: "charts" }, models.map(calibrationOf))) };
}

function calibrationOf(side) {
  const { bins, ece } = side.ranking.calibration, mean = side.ranking.mean_probability;
  const words = [t("calibration.error", { error: decimal(ece * 100, 1) })];
  if (mean !== null && REPORT.base_rate) words.unshift(t("calibration.mean", { said: percent(mean), came: percent(REPORT.base_rate.value) }));
  const columns = [{ text: t("calibration.count") }, { text: t("calibration.said"), number: true }, { text: t("calibration.came"), number: true }];
  const rows = bins.map((bin) => [count(bin.count), percent(bin.mean_score), withEnds(bin.rate, percent)]);
  return el("figure", { class: "chart" }, el("h3", null, legend(side)), el("p", { class: "hint" }, words.join(" ")),
    reliability(side.name, side.style, bins), el("details", null, el("summary", null, t("calibration.table")), table(t("calibration.table"), columns, rows)));
}

function segments(compared) {
  const { pair, sides } = compared;
  const groups = pair.segments.filter((segment) => segment.values.length > 0);
  const parts = [];
  if (REPORT.conversions === 0) parts.push(note("segments.no_conversions"));
  parts.push(...segmentSummary(groups, sides));
  if (pair.months) parts.push(el("h3", null, t("segments.months")), sliceTable(t("segments.months"), pair.months, sides, (value) => month(value)));
  else parts.push(note("segments.no_time"));
  if (groups.length === 0) parts.push(note("segments.none"));
  groups.forEach((segment, position) => parts.push(el("details", { open: position < 1 },
    el("summary", null, data(segment.column)), sliceTable(segment.column, segment.values, sides, (value) => value))));
  return { element: section("segments", parts) };
}

/** How often each side is the better one, and where. */
function segmentSummary(groups, sides) {
  const slices = groups.flatMap((segment) => segment.values.map((slice) => ({ ...slice, column: segment.column })));
  if (slices.length === 0) return [];
  const of = (verdict) => slices.filter((slice) => slice.verdict === verdict);
  const wins = (side) => {
    const won = of(side.style), name = legend(side);
    if (won.length === 0) return el("li", null, say("segments.wins_nowhere", { name }));
    return el("li", null, say("segments.wins", { n: won.length, name, where: won.map(sliceName).join(t("comma")) }));
  };
  return [el("ul", { class: "wins" }, sides.map(wins),
    el("li", null, t("segments.unclear", { n: of("unclear").length })), el("li", null, t("segments.too_few", { n: of("too_few").length })))];
}

function sliceName(slice) {
  const value = slice.value === null ? t("missing") : isolate(shorten(slice.value, 40));
  return t("segments.slice", { column: isolate(shorten(slice.column, 40)), value });
}

function sliceTable(caption, slices, sides, name) {
  const range = rangeOf(slices.map((slice) => slice.difference));
  const columns = [{ text: t("segments.part") }, { text: t("segments.leads"), number: true }, { text: t("segments.rate"), number: true },
    { text: t("segments.said"), number: true }, { text: t("segments.first_k"), hint: t("segments.first_k.hint"), number: true },
    ...sides.map((side) => ({ text: legend(side), number: true })), { text: t("segments.difference"), number: true }, { text: "" }, { text: t("segments.verdict") }];
  const rows = slices.map((slice) => sliceRow(slice, sides, range, name));
  return table(caption, columns, rows);
}

function sliceRow(slice, sides, range, name) {
  const few = slice.verdict === "too_few", side = sides.find((each) => each.style === slice.verdict);
  const shown = slice.value === null ? t("missing") : data(name(slice.value));
  const difference = slice.difference ? [moreOrFewer(slice.difference.value), " ", el("span", { class: "interval" }, differenceEnds(slice.difference))] : t("unknown");
  const cells = [shown, count(slice.leads), withEnds(slice.rate, percent), optional(slice.mean_probability, percent), count(slice.k),
    count(slice.first), count(slice.second), difference, few ? null : whisker(slice.difference, ...range, side?.style ?? "neither"),
    side ? legend(side, t("segments.better", { name: side.title })) : t(`segments.verdict.${slice.verdict}`)];
  cells.class = few ? "few" : null;
  return cells;
}
