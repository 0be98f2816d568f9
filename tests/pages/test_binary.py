"""The page as the binary writes it."""

import pytest

from conftest import Binary, page_data
from made_up import PAGES, scripts, words
from test_page import number, plain
from test_reach import all_text, serious

SETS = list(Binary.SETS)


@pytest.mark.parametrize("name", SETS)
def test_the_page_holds_the_report_and_every_lead(binary, name):
    report, path, table = binary.compare(name)
    data = page_data(path)
    assert data["report"] == report
    leads = data["list"]
    for key in ("id", "converted"):
        assert len(leads[key]) == leads["leads"]
    assert leads["leads"] == min(report["leads"], 100_000)
    better = [min(ranks) for ranks in zip(*leads["rank"])]
    assert better == sorted(better)
    # A rule set's parts add up to its score.
    for position, ranking in enumerate(report["rankings"]):
        if ranking["kind"] == "rule_set":
            for lead in range(0, leads["reasoned"], 97):
                points = sum(p for _, p in leads["reasons"][position][lead])
                assert points == pytest.approx(leads["score"][position][lead], abs=1e-6)


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("name", SETS)
def test_the_page_is_put_together_as_stated(binary, name, lang):
    _, path, _ = binary.compare(name, lang)
    text = path.read_text("utf-8")
    assert scripts() in text and (PAGES / "style.css").read_text("utf-8") in text
    assert f'<html lang="{lang}">' in text and "{{" not in text.split('id="data">')[0].split("<style>")[0]
    assert text.count("</script>") == 3


@pytest.mark.parametrize("name", SETS)
def test_the_page_opens_and_its_figures_are_those_of_the_report(binary, open_page, name):
    report, path, _ = binary.compare(name)
    opened = open_page(path)
    for share in (0.02, 0.1, 0.5):
        opened.to(max(1, round(share * report["leads"])))
        at = report["capacities"].index(int(opened.page.locator("#leads").input_value()))
        shown = [number(text) for text in opened.figure("conversions")]
        assert shown == pytest.approx([r["conversions"]["value"][at] for r in report["rankings"][:2]], abs=0.051)
    opened.page.locator("#group").select_option("all")
    opened.page.locator(".leads tbody button").first.click()
    assert opened.page.locator(".apart").count() == 1
    for text in ("NaN", "undefined", "Infinity", "[object"):
        assert text not in all_text(opened.page)
    assert serious(opened.page) == []


@pytest.mark.parametrize("name", SETS)
def test_spanish_reads_as_spanish(binary, open_page, name):
    report, path, _ = binary.compare(name, "es")
    opened = open_page(path, viewport={"width": 400, "height": 800})
    heading = plain(opened.page.locator("h1").inner_text())
    assert heading.startswith("Entre los leads reservados, ") and "conversiones" in heading
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_words_are_those_of_the_language(binary):
    import json

    for lang in ("en", "es"):
        _, path, _ = binary.compare("online-shoppers", lang)
        text = path.read_text("utf-8")
        start = text.index('id="words">') + len('id="words">')
        assert json.loads(text[start : text.index("</script>", start)]) == words(lang)
