// The leads themselves: search, filter, sort, a page at a time, and why each stands where it does.

const PAGE = 50;
const ON_PAPER = 25;
const IN = 1, OUT = 0, TIED = 2;

/** The codes of groups: who would call a lead. 4 is for those that a tie at the edge leaves open. */
const GROUPS = ["both", "only_first", "only_second", "neither", "tied"];

/** A list's own state, kept when the capacity moves. A list that fits a page needs no filter to begin with. */
function newView() {
  return { search: "", group: LIST.leads > PAGE ? "changed" : "all", outcome: "any", sort: "place", down: false, page: 0, open: new Set() };
}

/**
 * Whether a ranking would call each lead, at a capacity. A lead's rank is the mean of the places that its tie takes;
 * the tie that the capacity cuts ends at `reach`, so it has the greatest rank that is not beyond it.
 */
function called(position, at) {
  const ranks = LIST.rank[position], k = CAPACITIES[at], reach = REPORT.rankings[position].reach[at];
  let edge = 0;
  if (reach > k) for (const rank of ranks) if (rank <= reach && rank > edge) edge = rank;
  const standing = new Uint8Array(LIST.leads);
  for (let lead = 0; lead < LIST.leads; lead += 1) {
    const rank = ranks[lead];
    standing[lead] = rank > reach ? OUT : rank === edge ? TIED : IN;
  }
  return standing;
}

/** The group of each lead, a position in GROUPS. */
function groupsOf({ sides }, at) {
  const [first, second] = sides.map((side) => called(side.position, at));
  return first.map((a, lead) => {
    const b = second[lead];
    if (a === TIED || b === TIED) return 4;
    return a === IN ? (b === IN ? 0 : 1) : (b === IN ? 2 : 3);
  });
}

/** Texts to search, in lower case and without accents. */
function searchable(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

let searchIds = null;

/** What a text is searched by: as the page shows it, and as the data have it. */
function searchForms(text, shown) {
  const forms = [searchable(text), searchable(shown)];
  return (test) => forms.some(test);
}

/** Which leads a search finds: by id, or by what stands in their reasons, "signal = value" too. */
function matches(search) {
  const words = searchable(search.trim());
  if (words === "") return null;
  searchIds ??= LIST.id.map(searchable);
  const found = Uint8Array.from(searchIds, (id) => (id.includes(words) ? 1 : 0));
  const [signal, ...rest] = words.split("=").map((part) => part.trim());
  const value = rest.join("=");
  LIST.reasons.forEach((reasons, position) => {
    const model = LIST.values[position] !== null;
    const inputs = LIST.inputs[position].map((name) => searchForms(name, model ? name : partText(name)));
    const values = (LIST.values[position] ?? []).map((text) => searchForms(text, valueText(text)));
    const has = (forms, test) => forms.map((form) => form(test));
    const named = has(inputs, (text) => text.includes(words)), valued = has(values, (text) => text.includes(words));
    // Of "job = stud" the name ends with the first part, and the value starts with the second.
    const ends = has(inputs, (text) => model && rest.length > 0 && text.endsWith(signal)), starts = has(values, (text) => text.startsWith(value));
    const fits = (reason) => named[reason[0]] || (model && (valued[reason[1]] || (ends[reason[0]] && starts[reason[1]])));
    reasons.forEach((of, lead) => { if (!found[lead] && of.some(fits)) found[lead] = 1; });
  });
  return found;
}

/** Why a list is empty, and what would fill it. */
function emptyWords(view) {
  if (view.search.trim() === "") return t("list.empty");
  const found = matches(view.search).reduce((sum, one) => sum + one, 0);
  if (found > 0) return t("list.empty_here", { n: found });
  const cut = LIST.reasoned < LIST.leads ? ` ${t("list.empty_reasoned", { n: LIST.reasoned })}` : "";
  return t("list.empty_search", { search: isolate(shorten(view.search.trim(), 40)) }) + cut;
}

/** The leads of a view in its order, as positions in the list. */
function selection(view, groups) {
  const found = matches(view.search), kept = [];
  for (let lead = 0; lead < LIST.leads; lead += 1) {
    const outcome = view.outcome === "any" || LIST.converted[lead] === (view.outcome === "converted" ? 1 : 0);
    if (outcome && inGroup(view.group, groups[lead]) && (!found || found[lead])) kept.push(lead);
  }
  const order = Int32Array.from(kept), key = sortKey(view.sort);
  if (key) order.sort((a, b) => (view.down ? key(b, a) : key(a, b)) || a - b);
  else if (view.down) order.reverse();
  return order;
}

function inGroup(wanted, group) {
  if (wanted === "all") return true;
  if (wanted === "changed") return group === 1 || group === 2;
  return GROUPS[wanted] === GROUPS[group] || GROUPS[group] === wanted;
}

const collator = new Intl.Collator(LANG, { numeric: true });
let idPlaces = null;

/** The place of each lead by its id. Comparing texts is slow, so it is done once. */
function placesById() {
  const order = Array.from(LIST.id.keys()).sort((a, b) => collator.compare(LIST.id[a], LIST.id[b]));
  const found = new Int32Array(order.length);
  order.forEach((lead, place) => { found[lead] = place; });
  return found;
}

/** How two leads compare; null for the order of the list, the better of a lead's places first. */
function sortKey(sort) {
  const [what, position] = sort.split(":");
  if (what === "id") {
    idPlaces ??= placesById();
    return (a, b) => idPlaces[a] - idPlaces[b];
  }
  if (what === "as_of") return (a, b) => (LIST.as_of[a] < LIST.as_of[b] ? -1 : LIST.as_of[a] > LIST.as_of[b] ? 1 : 0);
  if (what === "converted") return (a, b) => LIST.converted[a] - LIST.converted[b];
  if (what === "rank" || what === "score") {
    const values = Float64Array.from(LIST[what][position]);
    return (a, b) => values[a] - values[b];
  }
  return null;
}

/** The columns of the list: {key of the order, words, number}. */
function listColumns({ sides }) {
  const columns = [{ sort: "id", text: t("list.id") }];
  if (LIST.as_of) columns.push({ sort: "as_of", text: t("list.as_of") });
  columns.push({ sort: "converted", text: t("list.converted") });
  for (const side of sides) {
    columns.push({ sort: `score:${side.position}`, text: t(`list.score.${side.ranking.kind}`), side, number: true });
    columns.push({ sort: `rank:${side.position}`, text: t("list.rank"), side, number: true });
  }
  return columns;
}

function leadList(compared) {
  const view = newView(), parts = listParts(compared, view);
  let groups = null, order = null;
  const show = () => showPage(compared, view, parts, groups, order);
  const refresh = () => { view.page = 0; order = selection(view, groups); show(); };
  parts.refresh = refresh;
  parts.show = show;
  parts.download.addEventListener("click", () => saveCsv(compared, order, groups));
  parts.previous.addEventListener("click", () => { view.page -= 1; show(); });
  parts.next.addEventListener("click", () => { view.page += 1; show(); });
  const move = (at) => { groups = groupsOf(compared, at); refresh(); };
  return { element: parts.element, move };
}

function listParts(compared, view) {
  const parts = { status: el("p", { class: "status", role: "status" }), body: el("tbody", null) };
  const button = (key) => el("button", { type: "button" }, t(key));
  Object.assign(parts, { download: button("list.download"), previous: button("list.previous"), next: button("list.next"), pages: el("span", null) });
  parts.heads = listColumns(compared).map((column) => headOf(column, view, parts));
  const sheet = scrolls(t("list.title"), el("table", { class: "leads" }, el("caption", { class: "unseen" }, t("list.title")),
    el("thead", null, el("tr", null, parts.heads.map((head) => head.cell), el("th", { scope: "col" }, t("list.group")), el("th", { scope: "col" }, t("list.why")))), parts.body));
  const cut = LIST.leads < REPORT.leads ? note("list.cut", { n: LIST.leads, all: REPORT.leads }) : null;
  parts.element = section("list", filters(compared, view, parts), cut, parts.status, sheet,
    LIST.id.some(isFormula) ? note("list.formulas") : null,
    el("nav", { class: "pages", "aria-label": t("list.paging") }, parts.previous, parts.pages, parts.next));
  return parts;
}

/** A column of a ranking stands in its colour; the name is seen once and read out with both. */
function headWords({ side, text, sort }) {
  if (!side) return text;
  const named = sort.startsWith("score");
  return [el("span", { class: named ? "of" : "unseen" }, side.title, " "), legend(side, text)];
}

function headOf(column, view, parts) {
  const arrow = el("span", { class: "arrow", "aria-hidden": "true" });
  const button = el("button", { type: "button" }, headWords(column), arrow);
  const cell = el("th", { scope: "col", class: column.number ? "number" : null }, button);
  button.addEventListener("click", () => {
    view.down = view.sort === column.sort ? !view.down : column.sort.startsWith("score") || column.sort === "converted";
    view.sort = column.sort;
    parts.refresh();
  });
  return { cell, arrow, sort: column.sort };
}

function filters({ sides }, view, parts) {
  const search = el("input", { type: "search", id: "search", autocomplete: "off", spellcheck: "false" });
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { view.search = search.value; parts.refresh(); }, 120);
  });
  const choice = (id, options) => {
    const select = el("select", { id }, options.map(([value, text]) => el("option", { value, selected: value === view[id] }, text)));
    select.addEventListener("change", () => { view[id] = select.value; parts.refresh(); });
    return el("div", null, el("label", { for: id }, t(`list.filter.${id}`)), select);
  };
  const groups = [["changed", t("list.changed")], ...GROUPS.map((name) => [name, quadrantName(name, sides)]), ["all", t("list.all")]];
  const outcomes = ["any", "converted", "not"].map((value) => [value, t(`outcome.${value}`)]);
  return el("div", { class: "filters" }, el("div", { class: "search" }, el("label", { for: "search" }, t("list.search")), search),
    choice("group", groups), choice("outcome", outcomes), parts.download);
}

function showPage(compared, view, parts, groups, order) {
  const last = Math.max(Math.ceil(order.length / PAGE) - 1, 0);
  view.page = Math.min(Math.max(view.page, 0), last);
  const from = view.page * PAGE, shown = Array.from(order.subarray(from, from + PAGE));
  parts.body.replaceChildren(...shown.flatMap((lead, row) => leadRows(compared, view, groups, lead, row)));
  parts.status.textContent = order.length === 0 ? emptyWords(view) : t("list.found", { n: order.length });
  parts.pages.textContent = t("list.page", { page: count(view.page + 1), of: count(last + 1) });
  parts.previous.disabled = view.page === 0;
  parts.next.disabled = view.page === last;
  parts.download.disabled = order.length === 0;
  for (const head of parts.heads) {
    const sorted = head.sort === view.sort;
    head.arrow.textContent = sorted ? (view.down ? " ↓" : " ↑") : "";
    if (sorted) head.cell.setAttribute("aria-sort", view.down ? "descending" : "ascending");
    else head.cell.removeAttribute("aria-sort");
  }
}

/** The row of a lead and, where it is asked for, the row that takes its scores apart. */
function leadRows(compared, view, groups, lead, row) {
  const { sides } = compared, id = freshId(), open = view.open.has(lead);
  const scores = sides.flatMap((side) => [
    el("td", { class: "number" }, scoreText(side.ranking, LIST.score[side.position][lead])),
    el("td", { class: "number" }, count(LIST.rank[side.position][lead]))]);
  const group = GROUPS[groups[lead]];
  const button = el("button", { type: "button", "aria-expanded": String(open), "aria-controls": open ? id : null,
    "aria-label": t("list.why_of", { id: isolate(LIST.id[lead]) }) }, t(open ? "list.hide" : "list.show"));
  const columns = 3 + (LIST.as_of ? 1 : 0) + 2 * sides.length + 1;
  const main = el("tr", { class: row < ON_PAPER ? null : "off-paper" }, el("th", { scope: "row" }, data(LIST.id[lead])),
    LIST.as_of ? el("td", { class: "nowrap" }, shortDay(LIST.as_of[lead])) : null, outcomeCell(lead), scores,
    el("td", null, el("span", { class: `swatch ${group}`, "aria-hidden": "true" }), t(`list.group.${group}`, { first: sides[0].title, second: sides[1].title })), el("td", null, button));
  const rows = [main];
  const details = () => el("tr", { class: `details${row < ON_PAPER ? "" : " off-paper"}`, id }, el("td", { colspan: columns }, apart(compared, lead)));
  if (open) rows.push(details());
  button.addEventListener("click", () => toggle(view, lead, main, button, details));
  return rows;
}

function toggle(view, lead, main, button, details) {
  const open = !view.open.has(lead);
  if (open) {
    view.open.add(lead);
    const row = details();
    main.after(row);
    button.setAttribute("aria-controls", row.id);
  } else {
    view.open.delete(lead);
    main.nextElementSibling.remove();
    button.removeAttribute("aria-controls");
  }
  button.setAttribute("aria-expanded", String(open));
  button.textContent = t(open ? "list.hide" : "list.show");
}

function outcomeCell(lead) {
  const yes = LIST.converted[lead] === 1;
  return el("td", { class: "nowrap" }, el("span", { class: `spot ${yes ? "filled" : ""}`, "aria-hidden": "true" }), t(yes ? "outcome.yes" : "outcome.no"));
}

/** Both scores of a lead taken apart. */
function apart({ sides }, lead) {
  if (lead >= LIST.reasoned) return note("reasons.unlisted", { n: LIST.reasoned });
  return el("div", { class: "apart" }, sides.map((side) => {
    const reasons = LIST.reasons[side.position][lead];
    const band = side.ranking.bands[LIST.band[side.position][lead]];
    const score = t(`reasons.score.${side.ranking.kind}`, { score: scoreText(side.ranking, LIST.score[side.position][lead]), n: LIST.score[side.position][lead] });
    return el("div", null, el("h3", null, legend(side), " ", score, band ? `, ${bandName(band)}` : ""),
      reasons.length === 0 ? note("reasons.none") : reasonTable(side, reasons));
  }));
}

function reasonTable(side, reasons) {
  const model = side.ranking.kind === "model", size = (reason) => reason[model ? 2 : 1];
  const most = Math.max(...reasons.map((reason) => Math.abs(size(reason)))) || 1;
  const items = reasons.map((reason) => {
    const amount = size(reason), input = LIST.inputs[side.position][reason[0]], name = data(model ? input : partText(input));
    const value = model ? [" = ", data(valueText(LIST.values[side.position][reason[1]]))] : [];
    const bar = el("span", { class: `bar ${amount < 0 ? "down" : "up"}`, "aria-hidden": "true" });
    bar.style.width = `${(60 * Math.abs(amount) / most).toFixed(1)}px`;
    return el("li", null, el("span", { class: "what" }, name, value), el("span", { class: "amount" }, model ? signed(amount * 100, 1) : signed(amount, 3)), bar);
  });
  return [el("p", { class: "hint" }, t(model ? "reasons.model" : "reasons.rule_set")), el("ul", { class: "reasons" }, items)];
}
