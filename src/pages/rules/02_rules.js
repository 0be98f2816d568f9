// Every rule: what it says, for whom it does something, and what became of them.

const VERDICTS = { earns: "good", against: "bad" };

function rules(set) {
  const { check, outcomes, bodies } = set;
  if (check.rules.length === 0) return section("listing", note("rules.none"));
  const parts = [outcomes ? tally(outcomes) : null, rulesTable(set), outcomes ? note("rules.note") : null,
    el("h3", null, t("listing.what")), note("listing.what.lead"), el("div", { class: "bodies" }, check.rules.map((rule, at) => body(rule, bodies[at])))];
  return section("listing", parts);
}

function body(rule, toml) {
  return el("div", null, el("h4", null, data(rule.rule)), el("pre", { tabindex: "0", role: "region", "aria-label": t("listing.of", { name: isolate(rule.rule) }) }, el("code", null, toml.trimEnd())));
}

function tally({ rules: list }) {
  const verdicts = ["earns", "against", "unclear", "too_few", "never"];
  const told = verdicts.map((verdict) => [verdict, list.filter((rule) => rule.verdict === verdict).length]).filter(([, n]) => n > 0);
  return el("p", null, t("rules.tally", { tally: told.map(([verdict, n]) => t(`rules.tally.${verdict}`, { n })).join(t("comma")) }));
}

function rulesTable({ check, outcomes, groups, name }) {
  const caption = t("rules.of", { name: isolate(name) }), grouped = groups.some(Boolean);
  const columns = [{ text: t("rules.rule") }, ...(grouped ? [{ text: t("listing.group") }] : []), { text: t("rules.leads"), number: true }, { text: t("listing.share"), number: true }];
  const start = (rule, at) => [data(rule.rule), ...(grouped ? [groups[at] ? data(groups[at]) : ""] : []), count(rule.leads), percent(rule.leads / Math.max(check.leads, 1))];
  if (!outcomes) return table(caption, [...columns, { text: "" }], check.rules.map((rule, at) => [...start(rule, at), unavailable(rule, check)]));
  const range = rangeOf(outcomes.rules.map((rule) => rule.difference)), shift = (value) => signed(value * 100, 1);
  columns.push(...["points", "rate", "others"].map((key) => ({ text: t(`rules.${key}`), number: true })),
    { text: t("rules.difference"), hint: t("rules.difference.hint"), number: true }, { text: "" }, { text: t("rules.verdict") });
  const rows = check.rules.map((rule, at) => {
    const of = outcomes.rules[at], difference = of.difference;
    return [...start(rule, at), of.mean_points === null ? t("unknown") : signed(of.mean_points, 1), withEnds(of.rate, percent), withEnds(of.others, percent),
      difference ? [shift(difference.value), " ", el("span", { class: "interval" }, ends(difference, shift))] : t("unknown"), whisker(difference, ...range, VERDICTS[of.verdict] ?? "neither"),
      unavailable(rule, check) || el("span", { class: `verdict ${of.verdict}` }, t(`rules.verdict.${of.verdict}`))];
  });
  return table(caption, columns, rows);
}

/** That nothing can be said of a rule, because events were not given. */
function unavailable(rule, check) {
  return rule.unavailable === check.leads && check.leads > 0 ? t("listing.unavailable") : "";
}
