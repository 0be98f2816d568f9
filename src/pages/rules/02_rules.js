// Every rule: what it says, for whom it does something, and what became of them.

const VERDICTS = { earns: "good", against: "bad" };

function rules(set) {
  const { check, outcomes, bodies } = set;
  if (check.rules.length === 0) return section("listing", note("rules.none"));
  const parts = [outcomes ? tally(set) : null, rulesTable(set), outcomes ? el("p", { class: "note" }, t("rules.note"), " ", t("listing.chance")) : null,
    el("h3", null, t("listing.what")), note("listing.what.lead"), el("div", { class: "bodies" }, check.rules.map((rule, at) => body(rule.rule, bodies[at]))), exclusions(set)];
  return section("listing", parts);
}

function body(name, toml, more = null) {
  return el("div", null, el("h4", null, data(name)), more, el("pre", { tabindex: "0", role: "region", "aria-label": t("listing.of", { name: isolate(name) }) }, el("code", null, toml.trimEnd())));
}

/** Leads whose score is forced, whatever rules give. */
function exclusions(set) {
  if (set.exclusions.length === 0) return null;
  const words = ({ leads }) => el("p", { class: "note" }, t("listing.forced", { n: leads, share: percent(leads / Math.max(set.check.leads, 1)) }));
  return [el("h3", null, t("listing.exclusions")), note("listing.exclusions.lead"), el("div", { class: "bodies" }, set.exclusions.map((of) => body(of.name, of.body, words(of))))];
}

/** What is said of a rule; one that needs events that were not given is not judged. */
function verdictOf({ check, outcomes }, at) {
  const rule = check.rules[at], { verdict } = outcomes.rules[at];
  if (rule.unavailable === check.leads && check.leads > 0) return "unavailable";
  return verdict === "never" && rule.leads > 0 ? "nothing" : verdict;
}

function tally(set) {
  const verdicts = ["earns", "against", "unclear", "too_few", "everyone", "nothing", "never", "unavailable"];
  const all = set.check.rules.map((_, at) => verdictOf(set, at));
  const told = verdicts.map((verdict) => [verdict, all.filter((found) => found === verdict).length]).filter(([, n]) => n > 0);
  return el("p", null, t("rules.tally", { tally: told.map(([verdict, n]) => t(`rules.tally.${verdict}`, { n })).join(t("comma")) }));
}

function rulesTable(set) {
  const { check, outcomes, groups, name } = set;
  const caption = t("rules.of", { name: isolate(name) }), grouped = groups.some(Boolean);
  const columns = [{ text: t("rules.rule") }, ...(grouped ? [{ text: t("listing.group") }] : []), { text: t("rules.leads"), number: true }, { text: t("listing.share"), number: true }];
  const start = (rule, at) => [data(rule.rule), ...(grouped ? [groups[at] ? data(groups[at]) : ""] : []), count(rule.leads), percent(rule.leads / Math.max(check.leads, 1))];
  if (!outcomes) return table(caption, [...columns, { text: "" }], check.rules.map((rule, at) => [...start(rule, at), unavailable(rule, check)]));
  const range = rangeOf(outcomes.rules.map((rule) => rule.difference)), shift = (value) => signed(value * 100, Math.abs(value) < 0.0005 ? 2 : 1);
  columns.push(...["points", "rate", "others"].map((key) => ({ text: t(`rules.${key}`), number: true })),
    { text: t("rules.difference"), hint: t("rules.difference.hint"), number: true }, { text: "" }, { text: t("rules.verdict") });
  const rows = check.rules.map((rule, at) => {
    const of = outcomes.rules[at], difference = of.difference;
    return [...start(rule, at), of.mean_points === null ? t("unknown") : signed(of.mean_points, 1), withEnds(of.rate, percent), withEnds(of.others, percent),
      difference ? [shift(difference.value), " ", el("span", { class: "interval" }, ends(difference, shift))] : t("unknown"), whisker(difference, ...range, VERDICTS[of.verdict] ?? "neither"),
      el("span", { class: `verdict ${verdictOf(set, at)}` }, t(`rules.verdict.${verdictOf(set, at)}`))];
  });
  return table(caption, columns, rows);
}

/** That nothing can be said of a rule, because events were not given. */
function unavailable(rule, check) {
  return rule.unavailable === check.leads && check.leads > 0 ? t("listing.unavailable") : "";
}
