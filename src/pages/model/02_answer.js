// What the model is for and how well it does, in a sentence.

function answer() {
  const first = HELD.deciles[0];
  const judged = first && HELD.conversions > 0;
  return el("header", null,
    el("p", { class: "kicker" }, t("card.kicker", { name: MODEL, version: DATA.version })),
    el("h1", null, judged ? headline(first) : say("card.unjudged", { name: el("strong", { class: "name" }, MODEL), n: HELD.rows })),
    judged && first.rate ? el("p", { class: "verdict" }, t("card.rate", { rate: percent(first.rate.value), ends: ends(first.rate, percent), base: percent(HELD.base_rate) })) : null,
    el("p", null, purpose()),
    HELD.weights ? note("card.weights") : null,
    warnings());
}

function headline(first) {
  const found = el("strong", null, t("conversions", { n: first.conversions }));
  // Rows that stand for others have no count that a reader could find in the data.
  if (HELD.weights || TRAINING.data.weights) return say("card.headline.weighted", { n: first.count, name: el("strong", { class: "name" }, MODEL), rows: t("leads", { n: HELD.rows }), lift: el("strong", null, t("card.times", { lift: decimal(first.lift, 1) })) });
  return say("card.headline", { n: first.count, name: el("strong", { class: "name" }, MODEL), rows: t("leads", { n: HELD.rows }), found, all: HELD.conversions, lift: decimal(first.lift, 1) });
}

function purpose() {
  const { target, snapshots } = TRAINING;
  return snapshots ? t("card.purpose.horizon", { horizon: horizonWords(snapshots.horizon) })
    : say("card.purpose.target", { column: data(target.column), positive: data(target.positive), negative: data(target.negative) });
}

/** What to know before the model is used. */
function warnings() {
  const found = [];
  const judged = HELD.conversions > 0 && HELD.conversions < HELD.rows;
  for (const each of DATA.doubts) {
    if (each.doubt === "repeats") found.push(t("card.warning.repeats", { n: each.repeated, rows: each.rows }));
    if (each.doubt === "held_out") found.push(t("card.warning.held_out", { share: percent(each.share) }));
    if (each.doubt === "against") found.push(each.of.signals.map((of) => t(of.increasing ? "card.warning.held_up" : "card.warning.held_down", { signal: isolate(of.signal), loss: figure(each.of.log_loss, 4), without: figure(each.of.without, 4) })).join(" "));
    if (judged && each.doubt === "too_good") found.push(t(each.repeats ? "card.warning.too_good_repeats" : "card.warning.too_good"));
    if (judged && each.doubt === "no_better") found.push(t("card.warning.useless"));
  }
  const shift = TRAINING.base_rate_shift;
  if (shift) found.push(t("card.warning.shift", { newest: percent(shift.newest), training: percent(shift.training), predicted: percent(shift.predicted) }));
  return found.map((words) => el("p", { class: "warning" }, words));
}
