// The data: the training record of a model, its curves and its pairs.

const DATA = JSON.parse(document.getElementById("data").textContent);
const TRAINING = DATA.training;
const HELD = TRAINING.evaluation;
const MODEL = isolate(shorten(DATA.name));
const STYLE = "first";

/** Curves, and pairs, that are drawn before the others, which open at a click. */
const DRAWN_CURVES = 24;
const DRAWN_PAIRS = 6;
/** Signals, tenths and columns that a table lists before the others. */
const LISTED = 15;

/** A change of log-odds as what it does to the odds: "× 1.82". */
function factor(logOdds) {
  return t("odds.times", { factor: factorNumber(logOdds) });
}

function factorNumber(logOdds) {
  const value = Math.exp(logOdds);
  const digits = value >= 0.095 && value < 99.5 ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumSignificantDigits: 2 };
  return format({ ...digits, notation: Math.abs(logOdds) > 9 ? "scientific" : "standard" }).format(value);
}

/** A figure to so many decimals, or a dash. */
function figure(value, digits) {
  return value === null || value === undefined ? t("unknown") : decimal(value, digits);
}

/** A figure with its interval below it. */
function figureWithEnds(interval, digits) {
  return withEnds(interval, (value) => decimal(value, digits));
}

/** The first rows of a table, and the others behind a click. */
function longTable(caption, columns, rows, more, most = LISTED) {
  if (rows.length <= most + 3) return table(caption, columns, rows);
  return [table(caption, columns, rows.slice(0, most)),
    el("details", null, el("summary", null, t(more, { n: rows.length - most })), table(t(more, { n: rows.length - most }), columns, rows.slice(most)))];
}
