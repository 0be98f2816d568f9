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
  parts.push(...segmentSummary(groups, pair.months ?? [], sides));
  if (pair.months) parts.push(el("h3", null, t("segments.months")), sliceTable(t("segments.months"), pair.months, sides, (value) => month(value)));
  else parts.push(note("segments.no_time"));
  if (groups.length === 0) parts.push(note("segments.none"));
  groups.forEach((segment, position) => parts.push(el("details", { open: position < 1 },
    el("summary", null, data(segment.column), " ", sensitiveMark(segment)), segment.sensitive ? note("segments.caution") : null,
    sliceTable(segment.column, segment.values, sides, valueText))));
  return { element: section("segments", parts) };
}

/** What a column says of people that decisions must not hang on. */
function sensitiveMark({ sensitive }) {
  return sensitive ? el("span", { class: "mark" }, t("segments.sensitive", { what: t(`sensitive.${sensitive}`) })) : null;
}

/** Where each side is the better one: columns with their values, and months. */
function segmentSummary(groups, months, sides) {
  const slices = groups.flatMap((segment) => segment.values);
  if (slices.length + months.length === 0) return [];
  const many = (verdict) => slices.filter((slice) => slice.verdict === verdict).length;
  return [el("ul", { class: "wins" }, sides.map((side) => winsOf(side, groups, months)),
    slices.length > 0 ? [el("li", null, t("segments.unclear", { n: many("unclear") })), el("li", null, t("segments.too_few", { n: many("too_few") }))] : null)];
}

function winsOf(side, groups, months) {
  const name = legend(side), won = (slices) => slices.filter((slice) => slice.verdict === side.style);
  const values = groups.map(({ column, values: of }) => ({ column, won: won(of).map(sliceName) })).filter((of) => of.won.length > 0);
  const inMonths = won(months).map((slice) => month(slice.value));
  const n = values.reduce((sum, of) => sum + of.won.length, 0);
  if (n + inMonths.length === 0) return el("li", null, say("segments.wins_nowhere", { name }));
  const items = values.map((of) => el("li", null, data(shorten(of.column, 40)), ": ", of.won.join(t("comma"))));
  if (inMonths.length > 0) items.push(el("li", null, t("segments.wins_months", { n: inMonths.length }), ": ", inMonths.join(t("comma"))));
  return el("li", null, n > 0 ? say("segments.wins", { n, name }) : say("segments.wins_only_months", { name }), el("ul", null, items));
}

function sliceName(slice) {
  return slice.value === null ? t("missing") : isolate(shorten(valueText(slice.value), 40));
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
