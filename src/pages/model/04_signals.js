// What moves the score: every signal by its weight.

/** The id of a signal's curve. */
function curveId(at) {
  return `curve-${at}`;
}

function strengths() {
  const total = DATA.curves.reduce((sum, curve) => sum + curve.mean_size, 0) + DATA.pairs.reduce((sum, pair) => sum + pair.mean_size, 0);
  const moving = DATA.curves.filter((curve) => curve.mean_size > 0);
  if (moving.length === 0) return section("strengths", note("strengths.none"));
  const columns = [{ text: t("unused.signal") }, { text: t("unused.share"), hint: t("unused.share.hint"), number: true }, { text: "" },
    { text: t("unused.highest"), hint: t("unused.odds.hint") }, { text: t("unused.lowest"), hint: t("unused.odds.hint") }];
  const rows = moving.map((curve, at) => strengthRow(curve, at, total, moving[0].mean_size));
  const of = DATA.pairs.reduce((sum, pair) => sum + pair.mean_size, 0);
  return section("strengths", longTable(t("strengths.title"), columns, rows, "strengths.more"),
    DATA.pairs.length > 0 ? note("strengths.pairs", { n: DATA.pairs.length, share: percent(of / total) }) : null, held(), leaning());
}

function strengthRow(curve, at, total, most) {
  const bar = el("span", { class: "bar", "aria-hidden": "true" });
  bar.style.width = `${(100 * curve.mean_size / most).toFixed(1)}px`;
  const end = (step) => (step ? [data(shorten(valueText(step.name), 60)), " ", el("span", { class: "interval" }, factor(step.log_odds))] : t("unknown"));
  return [el("a", { href: `#${curveId(at)}` }, data(curve.signal)), percent(curve.mean_size / (total || 1)), bar, end(curve.highest), end(curve.lowest)];
}

/** Signals along which the probability had to rise, or fall. */
function held() {
  const list = TRAINING.monotone ?? [];
  const of = (increasing) => list.filter((each) => each.increasing === increasing).map((each) => each.signal);
  return [true, false].map((increasing) => (of(increasing).length > 0
    ? el("p", { class: "note" }, say(increasing ? "strengths.increasing" : "strengths.decreasing", { names: namesOr(of(increasing)) })) : null));
}

/** The rule set that the model leans on. */
function leaning() {
  const record = TRAINING.towards;
  if (!record) return null;
  const values = { name: isolate(record.name), slope: signed(record.slope, 2), share: percent(record.r2) };
  return el("p", { class: "note" }, t(record.slope > 0 ? "strengths.towards" : "strengths.not_towards", values));
}
