// Words, numbers and dates in the language of the page.
//
// The parts of this folder are put together in the order of their names into one module.

const WORDS = Object.assign({}, ...JSON.parse(document.getElementById("words").textContent));
const LANG = document.documentElement.lang || "en";
const PLURALS = new Intl.PluralRules(LANG);

const formats = new Map();

/** A number format, made once. */
function format(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(LANG, options));
  return formats.get(key);
}

/** A count; expected values that are no whole numbers get a decimal, small ones two. */
function count(value) {
  const digits = Math.abs(value) < 2 ? 2 : 1, scale = 10 ** digits;
  // Adding 0 makes a 0 of what was -0.
  return format({ maximumFractionDigits: digits }).format(Math.round(value * scale) / scale + 0);
}

/** An end of an interval of counts: whole from 10 on, with a decimal below. */
function roundEnd(value) {
  return Math.abs(value) >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
}

function countEnd(value) {
  return count(roundEnd(value));
}

/** A share of 1 as per cent; small ones get more digits. */
function percent(value) {
  const digits = value !== 0 && Math.abs(value) < 0.0095 ? 2 : 1;
  return format({ style: "percent", minimumFractionDigits: digits === 1 ? 1 : 0, maximumFractionDigits: digits })
    .format(value);
}

/** A round share, for axes and shares of leads. */
function roundPercent(value) {
  return format({ style: "percent", maximumFractionDigits: 1 }).format(value);
}

/** A number to so many significant decimals. */
function decimal(value, digits) {
  return format({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** A number with its sign. */
function signed(value, digits = 0) {
  return format({ signDisplay: "exceptZero", maximumFractionDigits: digits }).format(value);
}

/** Points as a rule set gives them: at most three decimals, none that say nothing. */
function points(value) {
  return format({ maximumFractionDigits: 3 }).format(value);
}

/** A day, of an ISO moment or day. */
function day(text) {
  return moment(text, { dateStyle: "long", timeZone: "UTC" });
}

/** A day in little room. */
function shortDay(text) {
  return moment(text, { dateStyle: "medium", timeZone: "UTC" });
}

/** A month, of "2025-03". */
function month(text) {
  return moment(`${text}-01`, { year: "numeric", month: "long", timeZone: "UTC" });
}

function moment(text, options) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const key = `date ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(LANG, options));
  return formats.get(key).format(date);
}

/** Text of the data within a sentence, so that its direction does not turn the sentence. */
function isolate(text) {
  return `\u2068${text}\u2069`;
}

/** At most so many characters of a text, whole ones. */
function shorten(text, most = 60) {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}

/** The words of a key, in the plural that `values.n` asks for. */
function template(key, values) {
  const words = WORDS[key];
  if (words === undefined) throw new Error(`no words for ${key}`);
  if (typeof words === "string") return words;
  return words[PLURALS.select(Math.abs(values.n))] ?? words.other;
}

/** The words of a key with values put in: numbers as counts, texts as they are. */
function t(key, values = {}) {
  return template(key, values).replace(/\{(\w+)\}/g, (mark, name) => asText(values[name], mark));
}

function asText(value, mark) {
  if (value === undefined) return mark;
  return typeof value === "number" ? count(value) : value;
}

/** The same, where values can be elements: a list of texts and elements. */
function say(key, values = {}) {
  return template(key, values).split(/(\{\w+\})/).filter((piece) => piece !== "").map((piece) => {
    const name = /^\{(\w+)\}$/.exec(piece);
    if (!name) return piece;
    const value = values[name[1]];
    return value instanceof Node ? value : asText(value, piece);
  });
}

/** Words of a key where there are any, else the text itself: names of bands that everyone uses. */
function known(prefix, text) {
  return typeof WORDS[`${prefix}.${text}`] === "string" ? WORDS[`${prefix}.${text}`] : text;
}

/** Phrases of leadscore's own among the texts of values and of parts of points, and what they are called here. */
const PHRASES = [
  [/^\(?missing\)?$/, "missing"],
  [/^\(rare\)$/, "value.rare"],
  [/^\(unseen\)$/, "value.unseen"],
  [/^below (?<to>-?[\d.e+-]+)$/, "value.below"],
  [/^from (?<from>-?[\d.e+-]+)$/, "value.from"],
  [/^(?<from>-?[\d.e+-]+) to (?<to>-?[\d.e+-]+)$/, "value.between"],
];
const PARTS = [
  [/^(?<name>.+): decay$/, "part.decay"],
  [/^(?<name>.+): limit$/, "part.limit"],
  [/^limit of the group (?<name>.+)$/, "part.group_limit"],
  [/^excluded: (?<name>.+)$/, "part.excluded"],
  [/^limit of the total$/, "part.total_limit"],
  [/^rescaled to 0-100$/, "part.rescaled"],
];

/** A phrase of leadscore's own in the page's language; any other text as it is. */
function translated(phrases, text) {
  for (const [pattern, key] of phrases) {
    const match = pattern.exec(text);
    if (match) return t(key, Object.fromEntries(Object.entries(match.groups ?? {}).map(([name, found]) => [name, inLanguage(found)])));
  }
  return text;
}

/** A number as the language writes it, with all its digits; a name as it is. */
function inLanguage(text) {
  return /^-?\d/.test(text) && Number.isFinite(Number(text)) ? format({ maximumFractionDigits: 10, useGrouping: false }).format(Number(text)) : text;
}

/** The text of a signal's value; a number with decimals as the language writes them. */
function valueText(text) {
  return /^-?\d+\.\d+$/.test(text) ? inLanguage(text) : translated(PHRASES, text);
}

/** The name of a part of points: a rule, or what is done to what rules give. */
function partText(text) {
  return translated(PARTS, text);
}

/** The ends of an interval. */
function ends(interval, show) {
  return t("interval.ends", { low: show(interval.low), high: show(interval.high) });
}

/** A difference in words: "35 more", "12 fewer". */
function moreOrFewer(value) {
  if (Math.abs(value) < 0.005) return t("difference.same");
  return t(value > 0 ? "difference.more" : "difference.fewer", { n: Math.abs(value) });
}

/** The ends of a difference's interval, in the direction of the difference. */
function differenceEnds(interval) {
  const { value, low, high } = interval;
  if (low >= 0 && value > 0) return t("interval.ends", { low: countEnd(low), high: countEnd(high) });
  if (high <= 0 && value < 0) return t("interval.ends", { low: countEnd(-high), high: countEnd(-low) });
  return t("interval.ends", { low: moreOrFewer(roundEnd(low)), high: moreOrFewer(roundEnd(high)) });
}
