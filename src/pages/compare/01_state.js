// The data, and what is looked at: a pair of rankings and a capacity, a position in `capacities`.

const DATA = JSON.parse(document.getElementById("data").textContent);
const REPORT = DATA.report;
const LIST = DATA.list;
const CAPACITIES = REPORT.capacities;
const WEEKS = REPORT.period && REPORT.period.weeks >= 1 ? REPORT.period.weeks : null;

/** What is looked at. */
const state = { pair: 0, at: REPORT.capacity };

/** The name of a ranking, with its version, file or hash where another has the same. */
function fullName(ranking) {
  const namesakes = REPORT.rankings.filter((r) => r.kind === ranking.kind && r.name === ranking.name);
  if (namesakes.length < 2) return ranking.name;
  const apart = (by) => namesakes.every(by) && new Set(namesakes.map(by)).size === namesakes.length;
  const by = [(r) => r.version, (r) => r.file, (r) => r.hash.slice(0, 8)].find(apart);
  const more = by ? by(ranking) : REPORT.rankings.indexOf(ranking) + 1;
  return `${ranking.name} (${more})`;
}

/** A ranking in words: `words` is "name" (the model bank), "title" (Model bank), "ranked" or "of". */
function inWords(ranking, words) {
  return t(`${words}.${ranking.kind}`, { name: isolate(shorten(fullName(ranking))) });
}

/** The two rankings that are looked at, and all that sections ask of them. */
function comparedPair() {
  const pair = REPORT.pairs[state.pair];
  const sides = [pair.first, pair.second].map((position, side) => {
    const ranking = REPORT.rankings[position];
    return {
      position, ranking, side,
      style: side === 0 ? "first" : "second",
      name: inWords(ranking, "name"),
      title: inWords(ranking, "title"),
      one: ranking.reach[0] === REPORT.leads && REPORT.leads > 1,
    };
  });
  return { pair, sides };
}

/** The name of a side in its colour and line, which is the legend of every picture. */
function legend(side, text = side.title) {
  return el("span", { class: `series ${side.style}` }, text);
}

/** A score as people say it: a probability or points. */
function scoreText(ranking, score) {
  return ranking.kind === "model" ? percent(score) : points(score);
}

/** A threshold in words: "at least 23.4%", "35 points or more". */
function thresholdText(ranking, score) {
  return ranking.kind === "model"
    ? t("threshold.probability", { score: percent(score) })
    : t("threshold.points", { n: score, points: points(score) });
}

/** The position of the capacity nearest to a number of leads; of two the smaller. */
function nearest(leads) {
  let best = 0;
  CAPACITIES.forEach((k, at) => {
    if (Math.abs(k - leads) < Math.abs(CAPACITIES[best] - leads)) best = at;
  });
  return best;
}

/** Whether intervals are told at all: not where too few leads have one of the outcomes, "converted" or "not". */
const HAS_INTERVALS = REPORT.too_few === null;

/** How many leads have the outcome that too few have. */
const FEW = REPORT.too_few === "not" ? REPORT.leads - REPORT.conversions : REPORT.conversions;

/** The state that a link asks for: "#leads=400&pair=1". */
function readHash() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const leads = Number(asked.get("leads")), pair = Number(asked.get("pair"));
  if (asked.has("leads") && leads > 0) state.at = nearest(leads);
  if (Number.isInteger(pair) && pair >= 1 && pair <= REPORT.pairs.length) state.pair = pair - 1;
}

let writing = 0;

/** Keeps the state in the address, so that a copied link opens the same view. */
function writeHash() {
  clearTimeout(writing);
  writing = setTimeout(() => {
    const hash = `#leads=${CAPACITIES[state.at]}&pair=${state.pair + 1}`;
    try {
      history.replaceState(null, "", hash);
    } catch {
      // Some browsers refuse it for files; the page works without.
    }
  }, 300);
}
