// What the model reached on rows that it did not learn from, beside folds, rule sets and chance.

function reached() {
  // Without a conversion, or without a lead that did not convert, any figure would flatter.
  if (HELD.conversions === 0 || HELD.conversions === HELD.rows) return section("reached", note("reached.nothing"), folds());
  const columns = [{ text: t("figures.figure") }, { text: t("reached.model"), number: true }, { text: t("reached.base"), hint: t("reached.base.hint"), number: true }];
  const rows = [
    reachedRow("auc", HELD.auc ? figureWithEnds(HELD.auc, 4) : t("unknown"), decimal(0.5, 1)),
    reachedRow("log_loss", figure(HELD.log_loss, 4), figure(HELD.base_log_loss, 4)),
    reachedRow("brier", figure(HELD.brier, 4), figure(HELD.base_brier, 4)),
    reachedRow("average_precision", figure(HELD.average_precision, 4), figure(HELD.base_rate, 4)),
  ];
  return section("reached", table(t("reached.title"), columns, rows, "figures"), folds(), beside(), tenths());
}

function reachedRow(key, value, base) {
  return [[t(`reached.${key}`), el("span", { class: "hint" }, t(`reached.${key}.hint`))], value, base];
}

/** How far the figures vary, by folds of the training rows. */
function folds() {
  const record = TRAINING.folds;
  if (!record) return null;
  const how = t(`folds.${record.by}`, { n: record.folds, repeats: record.repeats });
  const words = t("folds.words", { how, rows: record.rows, auc: between(record.auc, 3), log_loss: between(record.log_loss, 4) });
  const columns = ["fold", "fitted", "tested", "rate", "auc", "log_loss", "base"].map((key, at) => ({ text: t(`folds.${key}`), number: at > 0 }));
  const rows = record.each.map((fold, at) => [count(at + 1), count(fold.fitted), count(fold.rows), percent(fold.conversions / Math.max(fold.rows, 1)),
    figure(fold.auc, 4), figure(fold.log_loss, 4), figure(fold.base_log_loss, 4)]);
  return [el("h3", null, t("folds.title")), el("p", null, words),
    el("details", null, el("summary", null, t("folds.table")), table(t("folds.table"), columns, rows))];
}

function between(interval, digits) {
  if (!interval) return t("unknown");
  return t("folds.between", { value: decimal(interval.value, digits), ends: ends(interval, (value) => decimal(value, digits)) });
}

/** The model beside rule sets, on the same rows. */
function beside() {
  const sets = TRAINING.rule_sets ?? [];
  if (sets.length === 0) return null;
  const columns = [{ text: t("beside.ranking") }, { text: t("reached.auc"), number: true }, { text: t("beside.ahead"), hint: t("beside.ahead.hint"), number: true },
    { text: t("beside.top"), hint: t("beside.top.hint"), number: true }, { text: t("beside.lift"), number: true }];
  const top = (of) => (of ? [t("beside.found", { found: of.conversions, n: of.k }), figure(of.lift, 2)] : [t("unknown"), t("unknown")]);
  const rows = [[t("beside.model"), figureWithEnds(HELD.auc, 3), "", ...top(sets[0].model_top_tenth)],
    ...sets.map((set) => [data(set.name), figureWithEnds(set.auc, 3), figureWithEnds(set.auc_difference, 3), ...top(set.top_tenth)])];
  return [el("h3", null, t("beside.title")), table(t("beside.title"), columns, rows)];
}

/** The tenths of the ranking, best first. */
function tenths() {
  if (HELD.deciles.length === 0 || HELD.conversions === 0) return null;
  const most = Math.max(...HELD.deciles.map((tenth) => tenth.rate?.high ?? 0)) || 1;
  const columns = ["tenth", "leads", "conversions", "said", "rate", "", "lift"].map((key, at) => (key === "" ? { text: "" } : { text: t(`tenths.${key}`), number: at > 0 }));
  const rows = HELD.deciles.map((tenth, at) => [count(at + 1), count(tenth.count), count(tenth.conversions), tenth.mean_score === null || tenth.mean_score === undefined ? t("unknown") : percent(tenth.mean_score),
    withEnds(tenth.rate, percent), whisker(tenth.rate, 0, most, STYLE), figure(tenth.lift, 2)]);
  const { warm, hot } = DATA.bands;
  return [el("h3", null, t("tenths.title")), table(t("tenths.title"), columns, rows), note("tenths.bands", { hot: percent(hot), warm: percent(warm) })];
}

/** Whether probabilities can be taken at their word. */
function calibration() {
  const { bins, ece } = HELD.calibration;
  if (bins.length === 0 || HELD.conversions === 0) return null;
  const words = [t("calibration.error", { error: decimal(ece * 100, 1) })];
  if (HELD.slope) words.push(t("reliability.slope", { slope: decimal(HELD.slope.slope, 2), error: decimal(1.96 * HELD.slope.slope_error, 2), intercept: signed(HELD.slope.intercept, 2) }));
  const columns = [{ text: t("calibration.count") }, { text: t("calibration.said"), number: true }, { text: t("calibration.came"), number: true }];
  const rows = bins.map((bin) => [count(bin.count), percent(bin.mean_score), withEnds(bin.rate, percent)]);
  return section("calibration", el("figure", { class: "chart" }, el("p", { class: "hint" }, words.join(" ")), reliability(MODEL, STYLE, bins),
    el("details", null, el("summary", null, t("calibration.table")), table(t("calibration.table"), columns, rows))), moved());
}

/** What out-of-fold log-odds are turned into: a line, or a curve, of which some places are told. */
function recalibrated({ adopted, line }) {
  if (!adopted) return note("reliability.not_adopted");
  if (!line.knots) return note("reliability.adopted", { slope: decimal(line.slope, 3), intercept: signed(line.intercept, 3) });
  const last = line.knots.length - 1;
  const shown = [...new Set([0, 1, 2, 3].map((n) => Math.floor((n * last) / 3)))].map((place) => line.knots[place]);
  const share = (logOdds) => percent(1 / (1 + Math.exp(-logOdds)));
  return note("reliability.adopted_curve", { places: shown.map(({ said, worth }) => t("reliability.place", { said: share(said), worth: share(worth) })).join(", ") });
}

/** What is done to the log-odds after they are added up. */
function moved() {
  const { recalibration: found, base_rate: rate } = TRAINING;
  return [
    found ? recalibrated(found) : null,
    rate ? note(`reliability.${rate.from}`, { shift: signed(rate.served.log_odds, 2), population: percent(rate.served.population) }) : null,
  ];
}
