// Puts the page together, and keeps it together when what is looked at changes.

let parts = [];
let waiting = false;

/** Changes what is looked at: `{at}` a capacity, `{pair}` two other rankings. */
function change(next) {
  const otherPair = next.pair !== undefined && next.pair !== state.pair;
  if (next.at === state.at && !otherPair) return;
  Object.assign(state, next);
  writeHash();
  if (otherPair) build();
  else if (!waiting) {
    waiting = true;
    // What moves, moves once a frame, however fast the slider is dragged.
    requestAnimationFrame(() => { waiting = false; moveAll(); });
  }
}

function moveAll() {
  parts.forEach((part) => part.move?.(state.at));
}

/** Makes every section for the pair of rankings that is looked at. */
function build() {
  const compared = comparedPair(), focused = document.activeElement?.id;
  const head = answer(compared), bar = control(compared, change);
  const sections = [figures(compared), curves(compared, change), places(compared), leadList(compared), thresholds(compared),
    calibration(compared), segments(compared), rules(compared), unused(compared), provenance()].filter(Boolean);
  parts = [head, bar, ...sections];
  const main = el("main", null, head.element, bar.element, ...sections.map((part) => part.element));
  document.getElementById("page").replaceChildren(main, el("footer", null, t("footer", { version: REPORT.leadscore })));
  moveAll();
  if (focused) document.getElementById(focused)?.focus();
}

// Paper is light, whatever the screen is, and nobody can open what is closed on it.
let opened = [];
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("paper");
  opened = opened.concat(Array.from(document.querySelectorAll("details:not([open])")));
  opened.forEach((details) => { details.open = true; });
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("paper");
  opened.forEach((details) => { details.open = false; });
  opened = [];
});
addEventListener("hashchange", () => { readHash(); build(); });

readHash();
build();
