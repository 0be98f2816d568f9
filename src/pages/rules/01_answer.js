// What a rule set is worth, in a sentence, and what was found wrong with it.

const DATA = JSON.parse(document.getElementById("data").textContent);

/** Findings that are listed before the others. */
const FINDINGS = 20;

function answer(set) {
  const { outcomes, check } = set, name = el("strong", { class: "name" }, isolate(shorten(set.name)));
  return el("header", null,
    el("p", { class: "kicker" }, t("ruleset.kicker", { name: isolate(shorten(set.name)), version: set.version })),
    el("h1", null, headline(set, name)),
    set.description ? el("p", { class: "verdict" }, data(set.description)) : null,
    el("p", null, t("ruleset.looked", { n: check.leads, rules: t("ruleset.rules", { n: check.rules.length }) }), " ",
      outcomes ? t("ruleset.known", { n: outcomes.leads, conversions: t("conversions", { n: outcomes.conversions }) }) : t("ruleset.unknown")));
}

/** How often leads of the highest band that has some convert. */
function headline({ outcomes, check }, name) {
  const top = outcomes?.bands.filter((band) => band.leads > 0).at(-1);
  if (!top || !top.rate || outcomes.bands.filter((band) => band.leads > 0).length < 2) return say("ruleset.headline.plain", { name, rules: t("ruleset.rules", { n: check.rules.length }), n: check.leads });
  const rate = el("strong", null, percent(top.rate.value));
  return say("ruleset.headline", { name, n: top.leads, band: isolate(known("band", top.band)), rate, ends: ends(top.rate, percent), base: percent(outcomes.rate.value), leads: t("leads", { n: outcomes.leads }) });
}

function findings({ check }) {
  if (check.too_few) return section("findings", note("findings.too_few", { n: check.leads }));
  if (check.findings.length === 0) return section("findings", note("findings.none"));
  const list = (found) => el("ul", { class: "wins" }, found.map((finding) => el("li", null, findingWords(finding))));
  const [first, rest] = [check.findings.slice(0, FINDINGS), check.findings.slice(FINDINGS)];
  return section("findings", list(first), rest.length > 0 ? el("details", null, el("summary", null, t("findings.more", { n: rest.length })), list(rest)) : null);
}

function findingWords(finding) {
  const [first, second] = (finding.rules ?? []).map((rule) => data(rule));
  const values = { ...finding, n: finding.leads, first, second };
  if (finding.share !== undefined) values.share = percent(finding.share);
  if (finding.kind === "not_reached") Object.assign(values, { threshold: thresholdName(finding.threshold), points: points(finding.points), most: points(finding.most) });
  if (finding.kind === "often_limited") return say(`finding.often_limited.${finding.limit.of}`, { ...values, name: finding.limit.name ? data(finding.limit.name) : "" });
  if (finding.kind === "unknown_value") Object.assign(values, { signal: data(finding.signal), value: data(finding.value), near: finding.near ? data(finding.near) : null });
  if (finding.kind === "unknown_value" && finding.near) return say("finding.unknown_value.near", values);
  if (finding.kind === "unknown_kind") values.event = data(finding.event);
  if (finding.kind === "inflation") Object.assign(values, { before: decimal(finding.before, 1), after: decimal(finding.after, 1), ...inflationMonths(finding) });
  return say(`finding.${finding.kind}`, values);
}

function inflationMonths({ first, last }) {
  return { first: t("finding.months", { from: month(first[0]), to: month(first[1]) }), last: t("finding.months", { from: month(last[0]), to: month(last[1]) }) };
}

/** A band, or the hand-off. */
function thresholdName(name) {
  return name === "hand_off" ? t("hand_off") : isolate(known("band", name));
}
