"""How long the page of a comparison takes to open, of made-up leads.

    python benchmarks/page.py [LEADS]        # with tests/pages/requirements.txt; CHROMIUM or chromium on the path

Prints the size of the page, when its first picture stands (milliseconds after the navigation began), how long
the picture follows a step of the slider, and a sort of all leads by their id. The middle of five runs.
"""

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "pages"))

import cases  # noqa: E402
import made_up  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"
STEP = """async () => {
  const slider = document.getElementById("capacity"), frame = () => new Promise(requestAnimationFrame);
  await frame();
  const start = performance.now();
  slider.value = 60;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  await frame();
  await frame();
  return performance.now() - start;
}"""
SORT = """() => {
  const group = document.getElementById("group");
  group.value = "all";
  group.dispatchEvent(new Event("change"));
  const start = performance.now();
  document.querySelector(".leads th button").click();
  return performance.now() - start;
}"""


def main():
    leads = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    path = Path(tempfile.mkdtemp()) / "page.html"
    path.write_text(made_up.page(made_up.data(cases.invented(leads))), "utf-8")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    measured = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(5):
            page = browser.new_page()
            page.goto(f"file://{path}")
            measured.append([page.evaluate(script) for script in (DRAWN, STEP, SORT)])
            page.close()
        browser.close()
    drawn, step, sort = (statistics.median(each) for each in zip(*measured))
    print(f"{leads:,} leads, {path.stat().st_size / 1e6:.1f} MB: drawn after {drawn:.0f} ms, "
          f"a step of the slider {step:.0f} ms, a sort by id {sort:.0f} ms")


if __name__ == "__main__":
    main()
