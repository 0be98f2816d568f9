// What a threshold is worth: bands, points as probabilities, and thresholds for a capacity or a precision.

function thresholds(compared) {
  const { sides } = compared;
  const matching = el("p", { class: "match" });
  const element = section("thresholds", matching, sides.map(bandTable),
    sides.filter((side) => side.ranking.thresholds).map(pointsTable), precisionTable(compared));
  const move = (at) => matching.replaceChildren(...matchWords(sides, at));
  return { element, move };
}

/** The threshold of each side that lets as many through as the capacity. */
function matchWords(sides, at) {
  return say("thresholds.match", {
    n: CAPACITIES[at],
    first: matchPart(sides[0], at),
    second: matchPart(sides[1], at),
  });
}

function matchPart(side, at) {
  const words = t("thresholds.match_part", { threshold: thresholdText(side.ranking, side.ranking.threshold[at]), n: side.ranking.reach[at] });
  return el("span", null, legend(side, side.title), ` ${words}`);
}

/** The name of a band in the page's language where it is one of the usual ones. */
function bandName(band) {
  return known("band", band.band);
}

function bandTable(side) {
  const { ranking } = side;
  if (ranking.bands.length === 0) return [el("h3", null, say("bands.title", { name: legend(side) })), note("bands.none")];
  const columns = [{ text: t("bands.band") }, { text: t(`bands.from.${ranking.kind}`), number: true }, { text: t("bands.leads"), number: true },
    { text: t("bands.conversions"), number: true }, { text: t("bands.rate"), number: true }, { text: "", number: false },
    { text: t("bands.mean"), number: true }];
  const most = farthest(ranking.bands.map((band) => band.rate));
  const rows = ranking.bands.map((band) => [data(bandName(band)), band.from === null ? t("bands.below") : scoreText(ranking, band.from), count(band.leads),
    count(band.conversions), withEnds(band.rate, percent), whisker(band.rate, 0, most, side.style), optional(band.mean_probability, percent)]);
  return [el("h3", null, say("bands.title", { name: legend(side) })), table(t("bands.title", { name: side.title }), columns, rows)];
}

function optional(value, show) {
  return value === null || value === undefined ? t("unknown") : show(value);
}

function pointsTable(side) {
  const rows = side.ranking.thresholds;
  const most = farthest(rows.map((row) => row.stands_for));
  const columns = ["points", "reached", "rate", "stands_for", "", "matching", "model_rate"].map((key, at) => (
    key === "" ? { text: "" } : { text: t(`points.${key}`), hint: t(`points.${key}.hint`), number: at > 0 }));
  const cells = rows.map((row) => [
    el("span", null, points(row.points), row.name ? el("span", { class: "hint" }, row.name === "hand_off" ? t("hand_off") : data(known("band", row.name))) : null),
    count(row.leads), withEnds(row.rate, percent), withEnds(row.stands_for, percent), whisker(row.stands_for, 0, most, side.style),
    optional(row.matching_probability, percent), optional(row.model_rate, percent)]);
  return [el("h3", null, say("points.title", { name: legend(side) })), note("points.lead"), table(t("points.title", { name: side.title }), columns, cells)];
}

function precisionTable({ sides }) {
  if (REPORT.conversions === 0) return null;
  const reached = REPORT.for_precision.filter((row) => sides.some((side) => row.of[side.position]));
  const columns = [{ text: t("precision.wanted") }, ...sides.map((side) => ({ text: legend(side) }))];
  const rows = reached.map((row) => [t("precision.at_least", { share: roundPercent(row.precision) }), ...sides.map((side) => precisionCell(side, row.of[side.position]))]);
  return [el("h3", null, t("precision.title")), note("precision.lead"), table(t("precision.title"), columns, rows)];
}

function precisionCell(side, found) {
  if (!found) return el("span", { class: "interval" }, t("precision.never"));
  return [el("span", { class: "value" }, thresholdText(side.ranking, found.threshold)), " ",
    el("span", { class: "interval" }, t("precision.reaches", { leads: t("leads", { n: found.leads }), conversions: t("conversions", { n: found.conversions }) }))];
}
