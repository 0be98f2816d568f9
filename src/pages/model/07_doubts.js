// What was set aside, what has moved, and what to doubt.

function doubts() {
  return section("doubts", setAside(), copies(), strong(), sensitive(), unusedColumns(), drift(), limits());
}

function setAside() {
  const record = TRAINING.leakage;
  const heading = el("h3", null, t("aside.title"));
  if (!record) return [heading, note("aside.unguarded")];
  const found = record.columns.filter((column) => column.action !== "not_used");
  if (found.length === 0) return [heading, note("aside.none")];
  const columns = [{ text: t("aside.column") }, { text: t("aside.evidence") }, { text: t("aside.auc"), hint: t("aside.auc.hint"), number: true }, { text: t("aside.action") }];
  const rows = found.map((column) => [data(column.column), column.evidence.map((piece) => el("div", null, evidence(piece))), figure(column.auc?.value, 3), t(`aside.${column.action}`)]);
  return [heading, note("aside.words"), table(t("aside.title"), columns, rows),
    record.claimed ? note("aside.claimed", { claimed: decimal(record.claimed.value, 3), auc: figure(HELD.auc?.value, 3) }) : null];
}

/** Signals that were left out, as another says the same. */
function copies() {
  const all = TRAINING.copies ?? [];
  const named = all.map((copy) => `${isolate(copy.signal)} (${isolate(copy.of)})`);
  return all.length > 0 ? el("p", { class: "note" }, t("aside.copies", { n: all.length, names: named.join(", ") })) : null;
}

function evidence(piece) {
  const of = ({ converted, others }) => ({ converted, others });
  if (piece.evidence === "one_class") return t("evidence.one_class", { n: piece.filled.converted + piece.filled.others, ...of(piece.filled) });
  if (piece.evidence === "timing") return t(`evidence.timing.${piece.after}`, { n: piece.later.converted + piece.later.others, dated: piece.dated.converted + piece.dated.others });
  const name = piece.value ?? piece.word;
  return name ? say("evidence.names", { name: data(name), ...of(piece.found) }) : t("evidence.one_to_one", of(piece.found));
}

/** Signals that tell the outcome very well by themselves. */
function strong() {
  const found = TRAINING.leakage?.strong ?? [];
  if (found.length === 0) return null;
  const one = (each) => (each.value
    ? el("li", null, say("strong.value", { signal: data(each.signal), value: data(each.value[0]), rate: percent(each.value[1].value) }))
    : el("li", null, say("strong.auc", { signal: data(each.signal), auc: figure(each.auc?.value, 2) })));
  return [el("h3", null, t("strong.title")), note("strong.words"), el("ul", null, found.map(one))];
}

function sensitive() {
  const heading = el("h3", null, t("sensitive.title")), found = TRAINING.sensitive;
  if (!found) return [heading, note("sensitive.none")];
  const { without } = found;
  return [heading, el("p", null, say("sensitive.words", { names: namesOr(found.columns.map((column) => column.name)) })),
    note("sensitive.without", { without: figure(without.auc?.value, 4), auc: figure(HELD.auc?.value, 4), loss_without: figure(without.log_loss, 4), loss: figure(HELD.log_loss, 4) })];
}

/** Columns of the data that the model does not read. */
function unusedColumns() {
  const roles = new Set(["target", "id", "account", "time", "weight"]);
  const found = TRAINING.columns.filter((column) => !column.used && !roles.has(column.kind)).map((column) => column.name);
  return found.length === 0 ? null : [el("h3", null, t("unread.title")), el("p", null, namesOr(found))];
}

function drift() {
  const heading = el("h3", null, t("drift.title"));
  if (!TRAINING.drift) return [heading, note("drift.unknown")];
  const moved = TRAINING.drift.filter((each) => each.psi >= 0.1 && each.psi > each.chance).sort((a, b) => b.psi - a.psi);
  if (moved.length === 0) return [heading, note("drift.none")];
  const columns = [{ text: t("unused.signal") }, { text: t("drift.psi"), number: true }, { text: t("drift.chance"), hint: t("drift.chance.hint"), number: true }, { text: t("drift.verdict") }];
  const rows = moved.map((each) => [data(each.signal), decimal(each.psi, 2), decimal(each.chance, 2), t(each.psi >= 0.25 ? "drift.much" : "drift.some")]);
  return [heading, note("drift.words"), longTable(t("drift.title"), columns, rows, "drift.more")];
}

function limits() {
  const statics = TRAINING.snapshots?.static_attributes ?? [];
  const items = ["limits.alike", "limits.causes", "limits.unseen"].map((key) => el("li", null, t(key)));
  if (statics.length > 0) items.push(el("li", null, say("limits.static", { names: namesOr(statics) })));
  if (TRAINING.split.rule === "stratified") items.push(el("li", null, t("limits.same_time")));
  if (TRAINING.uncertainty?.halved_at) items.push(el("li", null, t("limits.halved", { width: decimal(100 * TRAINING.uncertainty.mean_width, 1), n: TRAINING.uncertainty.halved_at })));
  return [el("h3", null, t("limits.title")), el("ul", { class: "wins" }, items)];
}
