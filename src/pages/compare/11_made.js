// How the page was made, so that it can be made again.

function provenance() {
  const { made, left_out: out, bootstrap, period } = REPORT;
  const left = Object.entries(out).filter(([, n]) => n > 0).map(([why, n]) => el("li", null, leftOut(why, n)));
  const facts = [
    [t("made.compared"), t(`made.${REPORT.basis}`, { n: REPORT.leads })],
    [t("made.period"), period ? t("background.period", { from: day(period.from), to: day(period.to) }) : t("made.no_period")],
    [t("made.left_out"), left.length > 0 ? el("ul", null, left) : t("made.nothing")],
    [t("made.intervals"), HAS_INTERVALS ? t(REPORT.groups ? "made.bootstrap_groups" : "made.bootstrap", { n: bootstrap.replicates, seed: String(bootstrap.seed) }) : t(`curves.no_band.${REPORT.too_few}`)],
    [t("made.version"), el("span", { class: "data" }, `leadscore ${REPORT.leadscore}`)],
  ];
  return { element: section("made", el("h3", null, t("made.command")), el("pre", { tabindex: "0", role: "region", "aria-label": t("made.command") }, el("code", null, made.command)),
    descriptions(facts), fileTable(made), made.models.map(modelFacts)) };
}

/** Why so many were left out; a reason that this page has no words for is told by its name. */
function leftOut(why, n) {
  const key = `made.left_out.${why}`;
  return WORDS[key] === undefined ? `${count(n)}: ${why}` : t(key, { n });
}

function fileTable(made) {
  const hash = (text) => el("code", { class: "hash" }, text);
  const columns = [{ text: t("made.what") }, { text: t("made.file") }, { text: t("made.hash"), hint: t("made.hash.hint") }, { text: t("made.bytes"), number: true }];
  const rows = [
    ...made.files.map((file) => [t("made.data"), data(file.file), hash(file.hash), count(file.bytes)]),
    ...made.models.map((model) => [t("title.model", { name: isolate(model.name) }), data(model.file), hash(model.hash), count(model.bytes)]),
    ...made.rule_sets.map((set) => [set.version ? t("made.rule_set_version", { name: isolate(set.name), version: isolate(set.version) }) : t("title.rule_set", { name: isolate(set.name) }), data(set.file), hash(set.hash), count(set.bytes)]),
  ];
  return [el("h3", null, t("made.files")), table(t("made.files"), columns, rows)];
}

function modelFacts(model) {
  const facts = [
    [t("made.target"), model.horizon ? data(model.target) : say("made.target_is", { column: data(model.target), value: data(model.positive) })],
    model.horizon ? [t("made.horizon"), horizonWords(model.horizon)] : null,
    [t("made.split"), splitWords(model.split)],
    [t("made.training"), t("made.rows", { n: model.training_rows, conversions: t("conversions", { n: model.training_conversions }) })],
    [t("made.held"), t("made.rows", { n: model.held_out_rows, conversions: t("conversions", { n: model.held_out_conversions }) })],
    [t("made.set_aside"), namesOr(model.set_aside, t("made.no_column"))],
    [t("made.said.dropped"), namesOr(model.dropped, t("made.no_column"))],
    ...["kept", "codes", "missing"].map((said) => (model[said].length > 0 ? [t(`made.said.${said}`), namesOr(model[said])] : null)),
    [t("made.trained_with"), data(model.trained_with)],
  ];
  return [el("h3", null, t("made.model", { name: isolate(model.name) })), descriptions(facts), commandOf(t("made.model_command"), model.command)];
}
