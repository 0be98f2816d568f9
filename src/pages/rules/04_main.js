// How the card was made, and the page as a whole.

function provenance() {
  const hash = (text) => el("code", { class: "hash" }, text);
  const columns = [{ text: t("made.file") }, { text: t("made.hash"), hint: t("origin.hash.hint") }, { text: t("made.bytes"), number: true }];
  const rows = DATA.files.map((file) => [data(file.file), hash(file.hash), count(file.bytes)]);
  return section("origin", commandOf(t("made.command"), DATA.command),
    el("h3", null, t("made.files")), table(t("made.files"), columns, rows),
    DATA.sets.map((set) => el("details", null, el("summary", null, t("origin.toml", { name: isolate(set.name) })), el("pre", { tabindex: "0", role: "region", "aria-label": t("origin.toml", { name: isolate(set.name) }) }, el("code", null, set.toml)))));
}

const cards = DATA.sets.flatMap((set) => [answer(set), findings(set), rules(set), scores(set)]);
document.getElementById("page").replaceChildren(el("main", null, cards, provenance()), el("footer", null, t("footer", { version: DATA.leadscore })));

document.title = t("ruleset.title", { names: DATA.sets.map((set) => set.name).join(t("comma")) });

addEventListener("beforeprint", () => document.documentElement.classList.add("paper"));
addEventListener("afterprint", () => document.documentElement.classList.remove("paper"));
