// The answer in one sentence, and the control that moves every figure.

/** The header: what was found for the capacity, and what was compared. */
function answer(compared) {
  const sentence = el("h1", null), verdict = el("p", { class: "verdict" }), ties = el("p", { class: "ties" });
  const header = el("header", null, el("p", { class: "kicker" }, t("kicker")), sentence, verdict, ties,
    el("p", { class: "lead" }, background()), REPORT.warnings.map(warning), oneClass(), ...compared.sides.map(allInOnePlace));
  const move = (at) => {
    sentence.replaceChildren(...headline(compared, at));
    verdict.textContent = verdictWords(compared, at);
    ties.textContent = tieWords(compared, at);
  };
  return { element: header, move };
}

/** How many conversions a side has among its first so many. */
function found(side, at) {
  return side.ranking.conversions.value[at];
}

function headline({ pair, sides }, at) {
  const group = t(`group.${REPORT.basis}`);
  if (REPORT.conversions === 0) return [t("headline.none", { n: REPORT.leads, group })];
  if (REPORT.conversions === REPORT.leads) return [t("headline.all", { n: REPORT.leads, group })];
  const { both, difference } = rounded({ pair, sides }, at);
  const values = { n: CAPACITIES[at], group, difference: el("strong", null, moreOrFewer(difference.value)), interval: intervalWords(difference) };
  sides.forEach((side, of) => {
    values[side.style] = el("span", null, say(`ranked.${side.ranking.kind}`, { name: legend(side, side.name) }));
    values[`${side.style}_found`] = t("conversions", { n: both[of] });
  });
  return say("headline.found", values);
}

/** What both find and the difference, as a sentence tells them. */
function rounded({ pair, sides }, at) {
  const exact = sides.map((side) => found(side, at)), round = rounding(...exact), { value, low, high } = bandAt(pair.difference, at);
  const difference = { value: round(value), low: low === null ? null : round(low), high: high === null ? null : round(high) };
  return { both: exact.map(round), difference };
}

/** Whole numbers for a sentence, unless they would make it subtract wrongly: ties give fractions. */
function rounding(a, b) {
  const fits = Math.round(a) - Math.round(b) === Math.round(a - b) && Math.min(a, b) >= 10;
  return fits ? Math.round : (value) => value;
}

function intervalWords(difference) {
  return difference.low === null ? t(`headline.no_interval.${REPORT.too_few}`) : t("headline.interval", { ends: differenceEnds(difference) });
}

/** Of each side whose scores do not decide who the last called are: how many they leave open. */
function tieWords({ sides }, at) {
  const k = CAPACITIES[at];
  return sides.filter(({ ranking }) => ranking.reach[at] > k).map(({ ranking, name }) => {
    const sure = ranking.above[at];
    return t("ties", { n: k - sure, name, k, sure, tied: ranking.reach[at] - sure });
  }).join(" ");
}

/** What the interval allows to say. */
function verdictWords({ pair, sides }, at) {
  if (REPORT.conversions === 0 || REPORT.conversions === REPORT.leads) return t("verdict.one_class");
  const { low, high } = pair.difference;
  if (!low) return t(`verdict.too_few.${REPORT.too_few}`, { n: FEW });
  if (CAPACITIES[at] === REPORT.leads) return t("verdict.everyone");
  if (low[at] > 0) return t("verdict.sure", { favour: inWords(sides[0].ranking, "favour") });
  if (high[at] < 0) return t("verdict.sure", { favour: inWords(sides[1].ranking, "favour") });
  return t("verdict.unsure");
}

/** What was compared, in two sentences. */
function background() {
  const { leads, conversions, base_rate: base, period, groups } = REPORT;
  const sentences = [t("background.leads", { n: leads })];
  if (period) sentences.push(t("background.period", { from: day(period.from), to: day(period.to) }));
  const rate = base ? percent(base.value) : t("unknown");
  sentences.push(t("background.converted", { n: conversions, rate, ends: base ? ends(base, percent) : "" }));
  sentences.push(t(`background.${REPORT.basis}`));
  if (groups) sentences.push(t("background.groups", { n: groups }));
  return sentences.join(" ");
}

/** What to know before trusting the comparison. */
function warning({ kind, ...values }) {
  const named = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? isolate(shorten(value)) : value]));
  const key = kind === "capacity" && values.asked > values.leads ? "capacity_beyond" : kind;
  return el("p", { class: "warning" }, t(`warning.${key}`, named));
}

function oneClass() {
  if (REPORT.conversions > 0 && REPORT.conversions < REPORT.leads) return null;
  return el("p", { class: "warning" }, t(REPORT.conversions === 0 ? "warning.none" : "warning.all"));
}

function allInOnePlace(side) {
  return side.one ? el("p", { class: "warning" }, t("warning.one_place", { name: side.name })) : null;
}

/** The bar that stays in sight: how many leads are called, and which rankings are looked at. */
function control(compared, change) {
  const slider = el("input", { type: "range", id: "capacity", min: 0, max: CAPACITIES.length - 1, step: 1, value: state.at });
  const field = el("input", { type: "number", id: "leads", min: 1, max: REPORT.leads, inputmode: "numeric" });
  const said = el("p", { class: "said" }), result = el("p", { class: "result" }), status = el("p", { class: "status", role: "status" });
  slider.addEventListener("input", () => { status.textContent = ""; change({ at: Number(slider.value) }); });
  field.addEventListener("change", () => snap(field, status, change));
  const element = el("form", { class: "control", "aria-label": t("control.label") },
    el("div", { class: "capacity" }, el("label", { for: "leads" }, t("control.leads")), field,
      el("label", { for: "capacity", class: "unseen" }, t("control.slider")), slider, said, result),
    pairChoice(change), status);
  element.addEventListener("submit", (event) => event.preventDefault());
  const move = (at) => {
    slider.value = at;
    field.value = CAPACITIES[at];
    said.textContent = capacityWords(at);
    result.replaceChildren(...shortResult(compared, at));
    slider.setAttribute("aria-valuetext", `${t("leads", { n: CAPACITIES[at] })}, ${capacityWords(at)}. ${spokenResult(compared, at)}`);
  };
  return { element, move };
}

/** Takes a typed number to the nearest capacity that has figures, and says so. */
function snap(field, status, change) {
  const asked = Number(field.value);
  if (!(asked > 0)) {
    field.value = CAPACITIES[state.at];
    status.textContent = t("control.not_a_number", { n: REPORT.leads, kept: CAPACITIES[state.at] });
    return;
  }
  const at = nearest(asked);
  status.textContent = CAPACITIES[at] === asked ? "" : t(asked > REPORT.leads ? "control.beyond" : "control.snapped", { asked: Math.round(asked), n: CAPACITIES[at] });
  change({ at });
  field.value = CAPACITIES[at];
}

/** "10% of all, about 33 a week". */
function capacityWords(at) {
  const share = t("control.share", { share: roundPercent(CAPACITIES[at] / REPORT.leads) });
  return WEEKS ? `${share}, ${t("control.weekly", { n: perWeek(CAPACITIES[at]) })}` : share;
}

function perWeek(value) {
  const weekly = value / WEEKS;
  return weekly >= 10 ? Math.round(weekly) : Math.round(weekly * 10) / 10;
}

/** What both find, in the little room of the bar. */
function shortResult({ pair, sides }, at) {
  if (REPORT.conversions === 0) return [];
  const { both, difference } = rounded({ pair, sides }, at), [first, second] = sides.map((side, of) => legend(side, count(both[of])));
  return say("control.result", { first, second, difference: moreOrFewer(difference.value) });
}

function spokenResult({ sides }, at) {
  if (REPORT.conversions === 0) return "";
  return sides.map((side) => t("control.spoken", { name: side.name, found: t("conversions", { n: found(side, at) }) })).join("; ");
}

function pairChoice(change) {
  if (REPORT.pairs.length < 2) return null;
  const options = REPORT.pairs.map((pair, position) => {
    const [first, second] = [pair.first, pair.second].map((r) => inWords(REPORT.rankings[r], "title"));
    return el("option", { value: position, selected: position === state.pair }, t("control.pair", { first, second }));
  });
  const select = el("select", { id: "pair" }, options);
  select.addEventListener("change", () => change({ pair: Number(select.value) }));
  return el("div", { class: "pair" }, el("label", { for: "pair" }, t("control.compare")), select);
}
