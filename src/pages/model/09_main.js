// Puts the card together.

/** Opens what a link leads to, where it is in a part that is closed. */
function follow() {
  const id = location.hash.slice(1);
  if (id === "") return;
  if (!document.getElementById(id)) waitingToOpen.some((open) => open(id));
  const target = document.getElementById(id);
  target?.scrollIntoView();
  target?.focus({ preventScroll: true });
}

const sections = [reached(), calibration(), strengths(), curves(), pairs(), doubts(), provenance()].filter(Boolean);
document.getElementById("page").replaceChildren(el("main", null, answer(), ...sections), el("footer", null, t("footer", { version: TRAINING.leadscore })));

document.title = t("card.kicker", { name: DATA.name, version: DATA.version });

addEventListener("beforeprint", () => document.documentElement.classList.add("paper"));
addEventListener("afterprint", () => document.documentElement.classList.remove("paper"));
addEventListener("hashchange", follow);
follow();
