// Which rules earn their points, and what the model knows that no rule uses.

const VERDICTS = ["against", "earns", "unclear", "too_few", "everyone", "never"];

function rules({ sides }) {
  const sets = sides.filter((side) => side.ranking.rules);
  if (sets.length === 0) return null;
  return { element: section("rules", sets.map(rulesOf)) };
}

function rulesOf(side) {
  const rows = [...side.ranking.rules].sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict));
  if (rows.length === 0) return [el("h3", null, legend(side)), note("rules.none")];
  const range = rangeOf(rows.map((row) => row.difference)), shift = (value) => signed(value * 100, 1);
  const columns = [{ text: t("rules.rule") }, ...["points", "leads", "rate", "others"].map((key) => ({ text: t(`rules.${key}`), number: true })), { text: t("rules.difference"), hint: t("rules.difference.hint"), number: true }, { text: "" }, { text: t("rules.verdict") }];
  const cells = rows.map((row) => [data(row.rule), optional(row.mean_points, (value) => signed(value, 1)), count(row.leads), withEnds(row.rate, percent),
    withEnds(row.others, percent), row.difference ? [shift(row.difference.value), " ", el("span", { class: "interval" }, ends(row.difference, shift))] : t("unknown"),
    whisker(row.difference, ...range, verdictColour(row.verdict)), el("span", { class: `verdict ${row.verdict}` }, t(`rules.verdict.${row.verdict}`))]);
  const tally = VERDICTS.filter((v) => rows.some((row) => row.verdict === v)).map((v) => t(`rules.tally.${v}`, { n: rows.filter((row) => row.verdict === v).length }));
  return [el("h3", null, legend(side)), el("p", null, t("rules.tally", { tally: tally.join(t("comma")) })), table(t("rules.of", { name: side.title }), columns, cells), note("rules.note")];
}

function verdictColour(verdict) {
  return verdict === "earns" ? "good" : verdict === "against" ? "bad" : "neither";
}

function unused({ sides }) {
  const models = sides.filter((side) => side.ranking.unused);
  if (models.length === 0) return null;
  return { element: section("unused", models.map(unusedOf)) };
}

function unusedOf(side) {
  const signals = side.ranking.unused;
  if (signals.length === 0) return [el("h3", null, legend(side)), note("unused.none")];
  const most = Math.max(...signals.map((signal) => signal.share));
  const end = (of) => (of ? [data(shorten(valueText(of.value), 60)), " ", el("span", { class: "interval" }, t("unused.odds", { factor: decimal(Math.exp(of.log_odds), 2) }))] : t("unknown"));
  const columns = [{ text: t("unused.signal") }, { text: t("unused.share"), hint: t("unused.share.hint"), number: true }, { text: "" }, { text: t("unused.highest"), hint: t("unused.odds.hint") }, { text: t("unused.lowest"), hint: t("unused.odds.hint") }];
  const rows = signals.map((signal) => {
    const bar = el("span", { class: `bar ${side.style}`, "aria-hidden": "true" });
    bar.style.width = `${(100 * signal.share / (most || 1)).toFixed(1)}px`;
    return [data(signal.signal), percent(signal.share), bar, end(signal.highest), end(signal.lowest)];
  });
  return [el("h3", null, legend(side)), table(t("unused.of", { name: side.title }), columns, rows)];
}
