// How the model was made, so that it can be made again.

function provenance() {
  const { data: of, split, penalty, served_fit: fit, snapshots } = TRAINING;
  const rows = of.rows - of.left_out, hash = (text) => el("code", { class: "hash" }, text);
  const weights = of.weights, other = of.left_out - (weights?.zero ?? 0);
  const left = other > 0 ? t("origin.left_out", { n: other }) : null;
  const repeated = of.repeated > 0 ? t("origin.repeated", { n: of.repeated }) : null;
  const list = [
    [t("origin.data"), [data(of.file), " ", left, " ", repeated]],
    [t("origin.data_hash"), hash(of.blake3)],
    [t("origin.rows"), snapshots ? t("origin.snapshots", { n: rows, leads: t("leads", { n: snapshots.leads }), at: isolate(snapshots.at) }) : count(rows)],
    [t("made.target"), snapshots ? data(TRAINING.target.column) : say("made.target_is", { column: data(TRAINING.target.column), value: data(TRAINING.target.positive) })],
    weights ? [t("origin.weights"), [data(weights.column), ": ", t("origin.weights.words", { sum: decimal(weights.sum, 1), least: figure(weights.least, 2), most: figure(weights.most, 2), rate: percent(weights.converted / weights.sum) }), " ", weights.zero > 0 ? t("origin.weights.zero", { n: weights.zero }) : null]] : null,
    snapshots ? [t("made.horizon"), horizonWords(snapshots.horizon)] : null,
    [t("made.split"), splitWords(splitOf(split))],
    [t("made.training"), t("made.rows", { n: split.training_rows, conversions: t("conversions", { n: split.training_conversions }) })],
    [t("made.held"), t("made.rows", { n: split.held_out_rows, conversions: t("conversions", { n: split.held_out_conversions }) })],
    neither(split) > 0 ? [t("origin.neither"), t("origin.neither.words", { n: neither(split) })] : null,
    ...["dropped", "kept", "codes", "missing"].map((said) => (DATA.said[said].length > 0 ? [t(`made.said.${said}`), namesOr(DATA.said[said])] : null)),
    [t("origin.served"), t("origin.served.words")],
    [t("origin.fit"), t(TRAINING.shape ? "origin.fit.tables" : "origin.fit.plain", { n: fit.slots, penalty: format({ maximumSignificantDigits: 4 }).format(penalty.l2), tables: TRAINING.shape?.tables.length ?? 0, solver: fit.solver })],
    [t("origin.bundle"), data(DATA.file)],
    [t("origin.bundle_hash"), hash(DATA.hash)],
    [t("made.version"), el("span", { class: "data" }, `leadscore ${TRAINING.leadscore}`)],
  ];
  return section("origin", descriptions(list), commandOf(t("made.model_command"), DATA.command));
}

/** Rows that were neither learned from nor held out. */
function neither(split) {
  return split.straddling_rows + (split.gap_rows ?? 0) + (split.rate_rows ?? 0);
}

/** The same of the record as `splitWords` takes it. */
function splitOf({ rule, by, from, seed }) {
  return { by: rule === "stratified" ? "random" : "time", column: by, from, seed };
}
