// The leads of the list as a file for a spreadsheet.

/** Where decimals have a comma, spreadsheets part cells by semicolons. */
const DECIMAL = format({ minimumFractionDigits: 1 }).formatToParts(0.5).find((part) => part.type === "decimal").value;
const PARTED = DECIMAL === "," ? ";" : ",";

/** Whether a spreadsheet would take a text for a formula. */
function isFormula(text) {
  return /^\s*[=+\-@]/.test(text);
}

/** A cell of text. What a spreadsheet would take for a formula gets an apostrophe before it. */
function csvText(text) {
  const safe = isFormula(text) ? `'${text}` : text;
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Words without the marks that keep directions apart on the page. */
function bare(text) {
  return text.replace(/[\u2068\u2069]/g, "");
}

function csvNumber(value) {
  return String(value).replace(".", DECIMAL);
}

/** A lead's reasons by one ranking in one cell. */
function csvReasons(side, lead) {
  if (lead >= LIST.reasoned) return "";
  const model = side.ranking.kind === "model", inputs = LIST.inputs[side.position];
  return LIST.reasons[side.position][lead].map((reason) => (model
    ? `${inputs[reason[0]]} = ${valueText(LIST.values[side.position][reason[1]])} (${t("reasons.effect", { n: Math.abs(reason[2] * 100), effect: signed(reason[2] * 100, 1) })})`
    : `${partText(inputs[reason[0]])} (${signed(reason[1], 3)})`)).join("; ");
}

/** The file: the leads that the list shows, on all its pages, in its order. */
function csv(compared, order, groups) {
  const { sides } = compared;
  const head = [t("list.id"), ...(LIST.as_of ? [t("list.as_of")] : []), t("list.converted"), t("list.group")];
  for (const side of sides) {
    for (const column of [`list.score.${side.ranking.kind}`, "list.rank", "list.band", "list.reasons"]) head.push(`${bare(side.title)}: ${t(column)}`);
  }
  const lines = Array.from(order, (lead) => {
    const cells = [csvText(LIST.id[lead]), ...(LIST.as_of ? [csvText(LIST.as_of[lead])] : []),
      t(LIST.converted[lead] === 1 ? "outcome.yes" : "outcome.no"), csvText(bare(t(`list.group.${GROUPS[groups[lead]]}`, { first: sides[0].title, second: sides[1].title })))];
    for (const side of sides) {
      const band = side.ranking.bands[LIST.band[side.position][lead]];
      cells.push(csvNumber(LIST.score[side.position][lead]), csvNumber(LIST.rank[side.position][lead]), csvText(band ? bandName(band) : ""), csvText(csvReasons(side, lead)));
    }
    return cells.join(PARTED);
  });
  return `\ufeff${[head.map(csvText).join(PARTED), ...lines].join("\r\n")}\r\n`;
}

function saveCsv(compared, order, groups) {
  const address = URL.createObjectURL(new Blob([csv(compared, order, groups)], { type: "text/csv" }));
  const link = el("a", { href: address, download: t("list.file") });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
