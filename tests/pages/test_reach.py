"""Who can read the page: with a screen reader, on a telephone, in the dark, in Spanish, on paper, with odd or very many leads."""

import html.parser
import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from cases import CASES, HOSTILE
from made_up import PAGES, words
from test_page import plain

ODD = [case for case in CASES if case not in ("bank", "champion", "large", "cut")]
LARGE_BYTES = 15_000_000


def serious(page):
    """What axe-core finds serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        (v["id"], v["impact"], [node["html"][:200] for node in v["nodes"][:3]])
        for v in found if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("case", ["bank", "champion", "hostile", "none-converted"])
def test_axe_finds_nothing_serious(open_page, made, case, width, scheme):
    opened = open_page(made.path(case), viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened.page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    opened.page.locator("#group").select_option("all")
    opened.page.locator(".leads tbody button").first.click()
    opened.settle()
    assert serious(opened.page) == []


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("case", ["bank", "hostile", "champion", "five"])
@pytest.mark.parametrize("width", [320, 400, 700, 1000, 1600])
def test_the_page_is_never_wider_than_the_window(open_page, made, case, lang, width):
    opened = open_page(made.path(case, lang), viewport={"width": width, "height": 900})
    opened.page.locator(".leads tbody button").first.click() if opened.page.locator(".leads tbody button").count() else None
    opened.settle()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_bar_stays_in_sight_and_leaves_room(open_page, made):
    opened = open_page(made.path("champion"), viewport={"width": 400, "height": 800})
    opened.page.locator("section.made").scroll_into_view_if_needed()
    box = opened.page.locator(".control").bounding_box()
    assert box["y"] == 0 and box["height"] < 240


def test_everything_is_reached_by_the_keyboard(open_page, made):
    opened = open_page(made.path("bank"))
    reached = []
    for _ in range(14):
        opened.page.keyboard.press("Tab")
        reached.append(opened.page.evaluate("document.activeElement.id || document.activeElement.innerText"))
    for control in ("leads", "capacity", "search", "group", "outcome", "Download as CSV"):
        assert control in reached, reached


def test_dark_and_light_differ_and_contrast_is_kept(open_page, made):
    colours = {}
    for scheme in ("light", "dark"):
        opened = open_page(made.path("bank"), color_scheme=scheme)
        colours[scheme] = opened.page.evaluate(
            "() => { const s = getComputedStyle(document.documentElement);"
            "return ['page', 'raised', 'ink', 'soft', 'first', 'second', 'good', 'bad'].map((n) => s.getPropertyValue('--' + n).trim()); }"
        )
        page, raised, *texts = map(luminance, colours[scheme])
        for text in texts:
            assert contrast(text, page) >= 4.5 and contrast(text, raised) >= 4.5, (scheme, colours[scheme])
    assert colours["light"] != colours["dark"]


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def all_text(page):
    """Everything that is written or read out, hidden parts too."""
    return page.evaluate(
        """() => {
          const read = [document.getElementById('page').textContent];
          for (const e of document.querySelectorAll('#page *')) for (const a of ['aria-label', 'aria-valuetext', 'title', 'placeholder']) if (e.hasAttribute(a)) read.push(e.getAttribute(a));
          return read.join('\\n');
        }"""
    )


@pytest.mark.parametrize("case", ["bank", "champion", "none-converted", "tied", "five", "new", "grouped"])
def test_spanish_has_no_english_left(open_page, made, case):
    opened = open_page(made.path(case, "es"))
    assert opened.page.evaluate("document.documentElement.lang") == "es"
    opened.page.locator("#leads").fill("7000")
    opened.page.locator("#leads").press("Enter")
    opened.page.locator("#group").select_option("all")
    opened.page.locator(".leads tbody button").first.click()
    opened.settle()
    text = plain(all_text(opened.page))
    report = json.dumps(made.data(case), ensure_ascii=False)
    # Words of English that Spanish does not have, but for those of the data.
    values = lambda lang: str([list(of.values()) for of in words(lang)]).lower()  # noqa: E731
    english = set(re.findall(r"[a-z]+", values("en")))
    spanish = set(re.findall(r"[a-záéíóúñü]+", values("es")))
    # "may" is how Spanish shortens the month.
    theirs = set(re.findall(r"[a-z]+", report.lower())) | {"leadscore", "bundle", "toml", "csv", "html", "may"}
    left = set(re.findall(r"[a-záéíóúñü]+", text.lower())) & (english - spanish - theirs)
    assert left == set()
    assert re.search(r"\d,\d\s%", text) or case == "none-converted"
    assert "{" not in text.replace("{{", ""), re.findall(r".{20}\{.{20}", text)


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("case", ODD)
def test_odd_data_is_told_without_a_complaint(open_page, made, case, lang):
    opened = open_page(made.path(case, lang))
    for leads in (1, made.data(case)["report"]["leads"]):
        opened.to(leads)
    for text in ("NaN", "undefined", "null", "Infinity", "[object"):
        assert text not in all_text(opened.page), text
    assert opened.page.locator("h1").inner_text() != ""


SAYS = {
    "none-converted": ["None of the 200 leads compared converted.", "Nobody converted.", "Curves need leads that converted and leads that did not."],
    "all-converted": ["All 200 leads compared converted.", "Everybody converted."],
    "few-converted": ["only 7 conversions", "With fewer than 10 conversions intervals would say nothing"],
    "few-not": ["Only 5 leads did not convert", "With fewer than 10 leads that did not convert", "too few leads that did not convert for an interval"],
    "champion": ["the model challenger learned from 6,590 of the 8,238 newest leads, which bank holds out",
                 "Few leads are left in common: of the 8,238 that the model bank could be compared on, 1,648.",
                 "There are no figures for 999 leads", "99,999 leads were asked for, and there are 8,238: 8,238 are shown."],
    "five": ["5 leads were compared", "The leads have no date", "No column of the data lends itself to segments."],
    "one": ["The one lead compared did not convert."],
    "tied": ["A draw of everyone: the rules acme-rules gave all leads the same score", "There is no rank correlation to tell"],
    "grouped": ["They belong to 1,000 different leads or accounts", "all rows of a lead or account drawn again together"],
    "new": ["They are new", "leads that training never saw"],
    "bank-untimed": ["The leads have no date, so there is nothing to say by month."],
}


@pytest.mark.parametrize("case", SAYS)
def test_what_cannot_be_said_is_said_in_words(open_page, made, case):
    text = plain(open_page(made.path(case)).page.locator("#page").inner_text())
    for sentence in SAYS[case]:
        assert sentence in text, sentence


def test_text_of_the_data_is_text(open_page, made):
    opened = open_page(made.path("hostile"))
    opened.page.locator("#group").select_option("all")
    shown = opened.page.locator(".leads tbody th bdi").all_text_contents()
    assert set(HOSTILE) <= set(shown)
    assert opened.page.locator("#page script, #page img, #page b, #page i, #page u").count() == 0
    for button in opened.page.locator(".leads tbody button").all()[:12]:
        button.click()
    assert "</script><script>alert(2)</script>" in opened.page.locator("section.rules").inner_text()
    assert opened.page.locator("#page script, #page b, #page i").count() == 0
    assert plain(opened.page.title()) == "A <made-up> comparison"


def test_a_cut_list_says_so(open_page, made):
    opened = open_page(made.path("cut"))
    text = plain(opened.page.locator("section.list").inner_text())
    assert "Of 110,000 leads compared, the list holds the 100,000 that stand first" in text
    opened.page.locator("#group").select_option("all")
    opened.page.locator(".leads th button").first.click()
    opened.page.locator(".leads th button").first.click()
    opened.page.locator(".leads tbody button").first.click()


def test_a_hundred_thousand_leads_are_listed_a_page_at_a_time(open_page, made):
    path = made.path("large")
    assert path.stat().st_size < LARGE_BYTES
    opened = open_page(path)
    opened.page.locator("#group").select_option("all")
    assert opened.page.locator(".leads tbody tr").count() == 50
    # What is laid out does not grow with the leads.
    small = open_page(made.path("new"))
    small.page.locator("#group").select_option("all")
    elements = [each.page.evaluate("() => document.querySelectorAll('*').length") for each in (opened, small)]
    assert elements[0] < 1.2 * elements[1]


def test_paper_has_the_first_leads_and_no_controls(open_page, made, tmp_path):
    opened = open_page(made.path("bank"), color_scheme="dark")
    opened.page.emulate_media(media="print")
    opened.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert opened.page.locator(".leads tbody tr:visible").count() == 25
    assert opened.page.locator("#capacity:visible, .filters:visible, .pages:visible, .swipe:visible").count() == 0
    background = opened.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    opened.page.emulate_media(media=None)
    pdf = opened.page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert pdf.startswith(b"%PDF")


def test_paper_shows_what_is_closed_on_the_screen(open_page, made):
    opened = open_page(made.path("bank"))
    closed = opened.page.locator("details:not([open])").count()
    assert closed > 3
    opened.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert opened.page.locator("details:not([open])").count() == 0
    assert opened.page.locator("canvas[data-drawn]").count() == 1, "the picture waits for nothing"
    opened.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert opened.page.locator("details:not([open])").count() == closed


def test_the_picture_is_drawn_when_the_page_is_idle(open_page, made):
    opened = open_page(made.path("large"))
    opened.page.locator("canvas[data-drawn]").wait_for(state="attached")
    inked = opened.page.evaluate(
        """() => { const c = document.querySelector('.ranks canvas'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let dark = 0; for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200 && d[i] < 60 && d[i + 1] < 60) dark += 1; return dark; }"""
    )
    assert inked > 1000


@pytest.mark.parametrize("case", ["bank", "champion"])
def test_what_scrolls_sideways_says_so(open_page, made, case):
    opened = open_page(made.path(case), viewport={"width": 400, "height": 900})
    opened.page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    opened.settle()
    for region in opened.page.locator(".scroll").all():
        wide = region.evaluate("(r) => r.scrollWidth > r.clientWidth + 1")
        assert region.locator(".swipe").is_visible() == wide
    assert opened.page.locator(".swipe:visible").count() > 3
    wide = open_page(made.path(case), viewport={"width": 1600, "height": 900})
    assert wide.page.locator(".swipe:visible").count() == 0


def test_spanish_numbers_have_commas_wherever_they_come_from(open_page, made):
    opened = open_page(made.path("five", "es"))
    opened.page.locator(".leads tbody button").first.click()
    values = opened.page.locator(".apart > div").first.locator(".what").all_inner_texts()
    assert values and all(re.search(r"= .*\d,\d", plain(value)) for value in values), values


def test_rules_without_bands_say_so(open_page, made):
    opened = open_page(made.path("five"))
    text = plain(opened.page.locator("section.thresholds").inner_text())
    assert "This rule set has no bands." in text
    assert all(table.locator("tbody tr").count() > 0 for table in opened.page.locator("section.thresholds table").all()[:2])


class Outside(html.parser.HTMLParser):
    """What a page would fetch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href", "action", "data") and not (value or "").startswith(("data:", "#")):
                self.found.append((tag, name, value))


def test_the_file_is_alone(made):
    text = made.path("hostile").read_text("utf-8")
    looked = Outside()
    looked.feed(text)
    assert looked.found == []
    assert "@import" not in text and "url(" not in (PAGES / "style.css").read_text("utf-8")
    assert "Content-Security-Policy" in text and "default-src 'none'" in text


def test_no_part_writes_markup():
    for part in sorted(PAGES.glob("*/*.js")):
        script = part.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\bfetch\(", script), part.name
        assert len(script.splitlines()) < 400, part.name
