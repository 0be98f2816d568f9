// What two signals say together beyond what each says alone: tables whose cells are tinted by what they add.

function pairs() {
  if (DATA.pairs.length === 0) return null;
  const [first, rest] = [DATA.pairs.slice(0, DRAWN_PAIRS), DATA.pairs.slice(DRAWN_PAIRS)];
  return section("together", first.map(pairTable),
    rest.length > 0 ? opened(t("together.more", { n: rest.length }), () => el("div", null, rest.map(pairTable))) : null,
    DATA.left_out.pairs > 0 ? note("together.left_out", { n: DATA.left_out.pairs }) : null);
}

function pairTable(pair) {
  const [down, across] = pair.signals.map((name) => isolate(name)), title = t("together.of", { first: down, second: across });
  const largest = Math.max(0.1, ...pair.log_odds.flat().map(Math.abs));
  // What no lead has is left out.
  const kept = (shares) => shares.some((share) => share > 0);
  const [ofRows, ofColumns] = [pair.shares, pair.columns.map((_, column) => pair.shares.map((row) => row[column]))];
  const columns = [...pair.columns.keys()].filter((column) => kept(ofColumns[column]));
  const head = columns.map((column) => el("th", { scope: "col", class: "number" }, data(groupName(pair.columns[column], pair.signals[1]))));
  const rows = pair.rows.map((name, row) => (kept(ofRows[row]) ? el("tr", null, el("th", { scope: "row" }, data(groupName(name, pair.signals[0]))),
    columns.map((column) => pairCell(pair.log_odds[row][column], pair.shares[row][column], largest))) : null));
  return el("figure", null, el("h3", null, title), scrolls(title, el("table", { class: "heat" }, el("caption", null, t("together.caption", { first: down, second: across })),
    el("thead", null, el("tr", null, el("td", null), head)), el("tbody", null, rows))));
}

/** The name of a row or a column: values, or what was put together. */
function groupName(name, signal) {
  const curve = DATA.curves.find((each) => each.signal === signal);
  const isValue = curve?.steps.some((step) => step.name === name);
  const words = { other: "together.other", rare: "value.rare", unseen: "value.unseen" }[name];
  return !isValue && words ? t(words) : valueText(name);
}

function pairCell(cell, share, largest) {
  if (share === 0) return el("td", { class: "number" }, el("span", { class: "interval" }, t("unknown")));
  const td = el("td", { class: "number", title: t("together.share", { share: percent(share) }) }, factor(cell));
  td.style.background = `color-mix(in srgb, var(--${cell < 0 ? "second" : "first"}) ${Math.round(38 * Math.abs(cell) / largest)}%, transparent)`;
  return td;
}
