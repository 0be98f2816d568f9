"""A browser, and pages to open in it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cases  # noqa: E402
import made_up  # noqa: E402

ROOT = made_up.ROOT


@pytest.fixture(scope="session")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.fail("no Chromium: set CHROMIUM to its path")
    with sync_playwright() as playwright:
        # The sandbox needs rights that containers do not give.
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Made:
    """Data and pages of CASES, each made once."""

    def __init__(self, folder):
        self.folder, self.contents = folder, {}

    def data(self, case):
        if case not in self.contents:
            self.contents[case] = made_up.data(cases.CASES[case]())
        return self.contents[case]

    def path(self, case, lang="en"):
        path = self.folder / f"{case}-{lang}.html"
        if not path.exists():
            path.write_text(made_up.page(self.data(case), lang), "utf-8")
        return path


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("made"))


class Opened:
    """A page in the browser, with all that it said in its console and asked of the network."""

    def __init__(self, browser, path, hash="", **context):
        self.context = browser.new_context(accept_downloads=True, **context)
        self.context.set_default_timeout(10_000)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", lambda dialog: (self.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.goto(f"file://{path}{hash}")

    def to(self, leads):
        """Types a number of leads."""
        self.page.locator("#leads").fill(str(leads))
        self.page.locator("#leads").press("Enter")
        self.settle()

    def settle(self):
        """Waits until what was asked for is drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def figure(self, key):
        """The values of a row of the key figures, as written."""
        return self.page.locator(f'[data-figure="{key}"] .value').all_inner_texts()

    def close(self):
        self.context.close()


@pytest.fixture
def open_page(browser):
    """Opens pages; when the test is over none of them may have complained or asked for anything."""
    opened = []

    def opener(path, hash="", **context):
        opened.append(Opened(browser, path, hash, **context))
        return opened[-1]

    yield opener
    for page in opened:
        page.close()
    for page in opened:
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []


class Binary:
    """What the binary makes of the data sets of this repository."""

    RULES = ROOT / "data/rules"
    SETS = {
        "bank-marketing": (
            ROOT / "data/bank-marketing/bank-additional-full.csv",
            ["--target", "y", "--time", "@row", "--drop", "duration"],
            RULES / "bank-marketing.toml",
        ),
        "online-shoppers": (
            ROOT / "data/online-shoppers/online_shoppers_intention.csv",
            ["--target", "Revenue"],
            RULES / "online-shoppers.toml",
        ),
        "simulated": (ROOT / "data/simulated/leadscore.toml", [], RULES / "simulated.toml"),
    }

    def __init__(self, program, folder):
        self.program, self.folder, self.made = program, folder, {}

    def run(self, *arguments):
        call = [str(self.program), *map(str, arguments)]
        done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, f"{' '.join(call)}\n{done.stderr}"
        return done.stdout

    def compare(self, name, lang="en"):
        """The report, the page and the leads of one data set."""
        if (name, lang) not in self.made:
            leads, options, rules = self.SETS[name]
            bundle = self.folder / f"{name}.bundle"
            if not bundle.exists():
                self.run("train", leads, *options, "--out", bundle)
            page = self.folder / f"{name}-{lang}.html"
            table = self.folder / f"{name}-{lang}.parquet"
            said = self.run("compare", leads, "--model", bundle, "--points", rules,
                            "--html", page, "--lang", lang, "--out", table, "--json")
            self.made[name, lang] = (json.loads(said), page, table)
        return self.made[name, lang]


@pytest.fixture(scope="session")
def binary(tmp_path_factory):
    program = Path(os.environ.get("LEADSCORE", ROOT / "target/release/leadscore")).resolve()
    if not program.exists():
        pytest.skip(f"{program} is not built")
    told = subprocess.run([program, "compare", "--help"], capture_output=True, text=True).stdout
    if "--html" not in told:
        pytest.skip(f"{program} writes no page yet")
    return Binary(program, tmp_path_factory.mktemp("binary"))


def page_data(path):
    """The data inside a page, as a program other than the browser reads them."""
    text = Path(path).read_text("utf-8")
    start = text.index('id="data">') + len('id="data">')
    return json.loads(text[start : text.index("</script>", start)])
