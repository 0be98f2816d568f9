// What pages say of how things were made.

/** Facts as terms and what is said of them. */
function descriptions(facts) {
  return el("dl", null, facts.filter(Boolean).map(([name, value]) => [el("dt", null, name), el("dd", null, value)]));
}

/** Names of the data, one after the other. */
function namesOr(names, none) {
  return names.length > 0 ? el("span", null, names.map((name, at) => [at > 0 ? t("comma") : null, data(name)])) : none;
}

/** A command to copy, under what it does. */
function commandOf(label, command) {
  return [el("p", { class: "note" }, label), el("pre", { tabindex: "0", role: "region", "aria-label": label }, el("code", null, command))];
}

/** "90d" as days; anything else as it is written. */
function horizonWords(horizon) {
  const days = /^(\d+)d$/.exec(horizon);
  return days ? t("made.days", { n: Number(days[1]) }) : horizon;
}

/** How rows were held out: by "random" or "time", of a column, from where on, with which seed. */
function splitWords(split) {
  if (split.column === "@row") return t("made.split.row", { row: inLanguage(String(split.from).replace(/^row /, "")) });
  const random = split.by === "random";
  const words = [t(random ? "made.split.random" : "made.split.time")];
  if (split.column) words.push(t("made.split.column", { column: isolate(split.column) }));
  if (split.from !== undefined && split.from !== null) words.push(t("made.split.from", { from: /^\d{4}-\d\d-\d\d/.test(split.from) ? day(split.from) : String(split.from) }));
  if (split.seed !== undefined && split.seed !== null) words.push(t("made.split.seed", { seed: String(split.seed) }));
  return words.join(" ");
}
