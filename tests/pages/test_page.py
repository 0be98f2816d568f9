"""What a reader sees and does, against the data that the page was given."""

import csv
import io
import re

import pytest


def plain(text):
    """Text without the marks that keep directions apart."""
    return re.sub("[\u2066-\u2069]", "", text).strip()


def number(text):
    return float(plain(text).split()[0].replace(",", "").rstrip("%"))


@pytest.fixture
def bank(open_page, made):
    return open_page(made.path("bank")), made.data("bank")


def test_the_answer_is_a_sentence_with_its_interval(bank):
    opened, data = bank
    pair, at = data["report"]["pairs"][0], data["report"]["capacity"]
    k = data["report"]["capacities"][at]
    first, second = (r["conversions"]["value"][at] for r in data["report"]["rankings"])
    gap = pair["difference"]
    assert plain(opened.page.locator("h1").inner_text()) == (
        f"Of the leads held out, the {k} that the model bank ranks first brought {round(first)} conversions, "
        f"the {k} that the rules bank-telemarketing rank first {round(second)} conversions: "
        f"{round(first - second)} more (95% interval {round(gap['low'][at])} to {round(gap['high'][at])})."
    )


@pytest.mark.parametrize("share", [0.001, 0.01, 0.05, 0.2, 0.5, 0.9, 1])
def test_the_slider_moves_every_figure_to_that_of_the_data(bank, share):
    opened, data = bank
    report = data["report"]
    ks = report["capacities"]
    at = min(range(len(ks)), key=lambda i: (abs(ks[i] - share * report["leads"]), i))
    opened.page.locator("#capacity").evaluate(
        "(slider, at) => { slider.value = at; slider.dispatchEvent(new Event('input', { bubbles: true })); }", at
    )
    opened.settle()
    assert opened.page.locator("#leads").input_value() == str(ks[at])
    for key, scale, digits in (("conversions", 1, 2), ("precision", 100, 1), ("recall", 100, 1), ("lift", 1, 2)):
        shown = [number(text) for text in opened.figure(key)]
        for value, ranking in zip(shown, report["rankings"], strict=True):
            # Counts have one decimal from 2 on.
            rough = 1 if key == "conversions" and ranking[key]["value"][at] >= 1.99 else digits
            assert value == pytest.approx(ranking[key]["value"][at] * scale, abs=0.501 * 10**-rough), key
    pair = report["pairs"][0]
    for group in ("both", "only_first", "only_second", "neither"):
        cells = [number(c) for c in opened.page.locator(f'[data-group="{group}"] td').all_inner_texts()[:2]]
        assert cells[0] == pytest.approx(pair[group]["leads"][at], abs=0.051)
        assert cells[1] == pytest.approx(pair[group]["conversions"][at], abs=0.051)
    weekly = [number(text) for text in opened.figure("weekly")]
    expected = [r["conversions"]["value"][at] / report["period"]["weeks"] for r in report["rankings"]]
    assert weekly == pytest.approx(expected, abs=0.0501)
    assert f"To call {ks[at]:,} lead" in plain(opened.page.locator(".match").inner_text()) or ks[at] == 1
    for reading, key, scale in zip(opened.page.locator(".curves .reading").all(), ("recall", "precision", "lift"), (100, 100, 1), strict=True):
        values = [number(text) for text in reading.locator(".series").all_inner_texts()]
        assert values == pytest.approx([r[key]["value"][at] * scale for r in report["rankings"]], abs=0.051)


def test_the_keyboard_moves_the_slider_which_says_what_it_shows(bank):
    opened, data = bank
    ks, at = data["report"]["capacities"], data["report"]["capacity"]
    slider = opened.page.locator("#capacity")
    slider.focus()
    slider.press("ArrowRight")
    opened.settle()
    assert opened.page.locator("#leads").input_value() == str(ks[at + 1])
    spoken = plain(slider.get_attribute("aria-valuetext"))
    assert spoken.startswith(f"{ks[at + 1]:,} leads, ")
    assert "a week" in spoken and "the model bank: " in spoken and "the rules bank-telemarketing: " in spoken
    slider.press("End")
    opened.settle()
    assert opened.page.locator("#leads").input_value() == str(data["report"]["leads"])
    assert "as many" in opened.page.locator("h1").inner_text()


def test_a_typed_number_goes_to_the_nearest_with_figures_and_says_so(bank):
    opened, data = bank
    ks = data["report"]["capacities"]
    asked = next(k + 1 for k, after in zip(ks, ks[1:]) if after - k > 2)
    opened.to(asked)
    assert opened.page.locator("#leads").input_value() == str(asked - 1)
    status = opened.page.locator(".control .status")
    assert str(asked - 1) in status.inner_text().replace(",", "")
    opened.to(0)
    assert "1 to 8,238" in status.inner_text()
    assert opened.page.locator("#leads").input_value() == str(asked - 1)


def test_a_press_on_a_curve_chooses_its_number(bank):
    opened, data = bank
    drawing = opened.page.locator(".curves svg").first
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    x = box["x"] + 46 + (box["width"] - 58) * 0.5
    opened.page.mouse.click(x, box["y"] + 60)
    opened.settle()
    assert int(opened.page.locator("#leads").input_value()) == pytest.approx(data["report"]["leads"] / 2, rel=0.03)


def test_a_link_opens_the_same_view(open_page, made, bank):
    opened, data = bank
    opened.to(20)
    opened.page.wait_for_function("() => location.hash.includes('leads=20')")
    again = open_page(made.path("bank"), hash=opened.page.evaluate("location.hash"))
    assert again.page.locator("#leads").input_value() == "20"
    assert again.figure("conversions") == opened.figure("conversions")
    odd = open_page(made.path("bank"), hash="#leads=x&pair=99")
    assert odd.page.locator("#leads").input_value() == str(data["report"]["capacities"][data["report"]["capacity"]])


def in_groups(data, at):
    """Who calls each lead, from scores and thresholds alone."""
    report, leads = data["report"], data["list"]
    pair, k = report["pairs"][0], report["capacities"][at]
    called = []
    for position in (pair["first"], pair["second"]):
        scores = sorted(leads["score"][position], reverse=True)
        edge, tied = scores[k - 1], scores[k] == scores[k - 1] if k < len(scores) else False
        called.append(["tie" if s == edge and tied else s >= edge for s in leads["score"][position]])
    names = {(True, True): "both", (True, False): "only_first", (False, True): "only_second", (False, False): "neither"}
    return [names.get(pair, "tied") if "tie" not in pair else "tied" for pair in zip(*called)]


@pytest.mark.parametrize("leads", [20, 824, 4000])
def test_the_list_holds_those_that_the_filter_names(bank, leads):
    opened, data = bank
    opened.to(leads)
    at = data["report"]["capacities"].index(int(opened.page.locator("#leads").input_value()))
    groups = in_groups(data, at)
    for name in ("both", "only_first", "only_second", "neither", "tied"):
        for outcome, wanted in (("any", (0, 1)), ("converted", (1,)), ("not", (0,))):
            opened.page.locator("#group").select_option(name)
            opened.page.locator("#outcome").select_option(outcome)
            expected = sum(g == name and c in wanted for g, c in zip(groups, data["list"]["converted"]))
            status = opened.page.locator(".list > .status").inner_text()
            found = 0 if status.startswith("No lead") else int(status.split()[0].replace(",", ""))
            assert found == expected, (name, outcome)


def ids(opened):
    return [plain(text) for text in opened.page.locator(".leads tbody th").all_inner_texts()]


def test_search_finds_ids_and_reasons(bank):
    opened, data = bank
    leads = data["list"]
    opened.page.locator("#group").select_option("all")
    opened.page.locator("#search").fill(leads["id"][7])
    opened.page.wait_for_function("(id) => document.querySelector('.leads tbody th')?.innerText.includes(id)", arg=leads["id"][7])
    assert leads["id"][7] in ids(opened)
    opened.page.locator("#search").fill("Bought in an EARLIER")
    expected = sum(any(leads["inputs"][1][r[0]] == "bought in an earlier campaign" for r in of) for of in leads["reasons"][1])
    opened.page.wait_for_function("(n) => document.querySelector('.list > .status').innerText === n", arg=f"{expected:,} leads")
    opened.page.locator("#search").fill("there is no such lead")
    opened.page.wait_for_function("() => document.querySelector('.list > .status').innerText.startsWith('No lead has')")
    assert ids(opened) == []


def status_is(opened, text):
    opened.page.wait_for_function("(n) => document.querySelector('.list > .status').innerText.replace(/[\u2066-\u2069]/g, '') === n", arg=text)


def test_search_finds_a_signal_with_its_value(bank):
    opened, data = bank
    leads = data["list"]
    opened.page.locator("#group").select_option("all")

    def having(signal, starts):
        return sum(any(leads["inputs"][0][i] == signal and leads["values"][0][v].startswith(starts) for i, v, _ in of) for of in leads["reasons"][0])

    for asked, expected in (("job = student", having("job", "student")), ("Job=Student", having("job", "student")), ("contact = tele", having("contact", "tele"))):
        assert 0 < expected < leads["leads"]
        opened.page.locator("#search").fill(asked)
        status_is(opened, f"{expected:,} leads")
    # What is found nowhere, and what is found in other groups, are told apart.
    opened.page.locator("#search").fill("job = astronaut")
    status_is(opened, "No lead has “job = astronaut” in its id or in its reasons.")
    opened.page.locator("#search").fill("job = student")
    opened.page.locator("#group").select_option("both")
    opened.to(1)
    status_is(opened, f"{having('job', 'student'):,} leads fit the search, but none is in this group with this outcome. Choose “All leads” and “Any outcome”.")
    opened.page.locator("#search").fill("")
    status_is(opened, "No lead is in this group with this outcome. Choose another group, another outcome or another number of leads.")


def test_the_answer_says_what_a_tie_leaves_open(bank):
    opened, data = bank
    report = data["report"]
    rules, at = report["rankings"][1], report["capacity"]
    k, above, reach = report["capacities"][at], rules["above"][at], rules["reach"][at]
    assert above < k < reach
    assert plain(opened.page.locator(".ties").inner_text()) == (
        f"By the rules bank-telemarketing, only {above} of the {k} are decided; for the other {k - above} "
        f"there are {reach - above} leads with the same score."
    )
    opened.page.locator("#capacity").press("End")
    opened.settle()
    assert opened.page.locator(".ties").inner_text() == ""


def test_a_number_beyond_all_leads_calls_all_and_says_so(bank):
    opened, _ = bank
    opened.to(99_999)
    assert opened.page.locator("#leads").input_value() == "8238"
    assert "There are not 99,999 leads: all 8,238 are called." in opened.page.locator(".control .status").inner_text()
    opened.to(0)
    assert "It stays at 8,238." in opened.page.locator(".control .status").inner_text()


def test_a_sensitive_segment_is_marked(bank):
    opened, _ = bank
    segments = opened.page.locator("section.segments details")
    marked = [s for s in segments.all() if s.locator(".mark").count()]
    assert len(marked) == 1
    assert plain(marked[0].locator("summary").inner_text()).replace("\n", " ") == "marital sensitive: marital status"
    assert "do not choose by it whom to call" in marked[0].text_content()


def test_columns_sort_both_ways_and_pages_turn(bank):
    opened, data = bank
    leads = data["list"]
    opened.page.locator("#group").select_option("all")
    head = opened.page.locator(".leads th").filter(has_text="Points")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    order = sorted(range(leads["leads"]), key=lambda i: (-leads["score"][1][i], i))
    assert ids(opened) == [leads["id"][i] for i in order[:50]]
    opened.page.get_by_role("button", name="Next").click()
    assert ids(opened) == [leads["id"][i] for i in order[50:100]]
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    order = sorted(range(leads["leads"]), key=lambda i: (leads["score"][1][i], i))
    assert ids(opened) == [leads["id"][i] for i in order[:50]]
    opened.page.locator(".leads th").filter(has_text="Lead").first.get_by_role("button").click()
    assert ids(opened) == sorted(leads["id"], key=int)[:50]


def test_both_scores_are_taken_apart(bank):
    opened, data = bank
    leads = data["list"]
    opened.page.locator("#group").select_option("all")
    button = opened.page.locator(".leads tbody button").first
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    apart = [plain(text) for text in opened.page.locator(".apart .reasons").all_inner_texts()]
    name, value, _ = leads["reasons"][0][0][0]
    assert leads["inputs"][0][name] in apart[0] and leads["values"][0][value] in apart[0]
    amounts = opened.page.locator(".apart > div").nth(1).locator(".amount").all_inner_texts()
    assert sum(float(a) for a in amounts) == leads["score"][1][0]
    button.click()
    assert opened.page.locator(".apart").count() == 0


def test_the_file_holds_all_leads_that_are_shown_and_no_formula(open_page, made):
    opened = open_page(made.path("hostile"))
    opened.page.locator("#group").select_option("all")
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name="Download as CSV").click()
    text = download.value.path().read_text("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:])))
    leads = made.data("hostile")["list"]
    assert len(rows) == 1 + leads["leads"] and {len(row) for row in rows} == {len(rows[0])}
    assert "In the CSV those get an apostrophe" in opened.page.locator("section.list").inner_text()
    expected = [f"'{i}" if i.strip()[:1] in "=+-@" and i.strip() else i for i in leads["id"]]
    assert [row[0] for row in rows[1:]] == expected
    column = [plain(name) for name in rows[0]].index("Rules R & <b>D</b>: Points")
    assert [float(row[column]) for row in rows[1:]] == leads["score"][1]


def test_spanish_files_open_in_a_spanish_spreadsheet(open_page, made):
    opened = open_page(made.path("hostile", "es"))
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name="Descargar en CSV").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8")[1:]), delimiter=";"))
    probabilities = [row[3] for row in rows[1:]]
    assert probabilities and all(re.fullmatch(r"\d+(,\d+)?", p) for p in probabilities)


def test_another_pair_can_be_chosen(open_page, made):
    opened = open_page(made.path("champion"))
    report = made.data("champion")["report"]
    assert len(report["pairs"]) == 6
    opened.to(824)
    for position, pair in enumerate(report["pairs"]):
        opened.page.locator("#pair").focus()
        opened.page.locator("#pair").select_option(str(position))
        opened.settle()
        at = report["capacities"].index(int(opened.page.locator("#leads").input_value()))
        values = [number(text) for text in opened.figure("conversions")]
        expected = [report["rankings"][r]["conversions"]["value"][at] for r in (pair["first"], pair["second"])]
        assert values == pytest.approx(expected, abs=0.051)
    # Two rule sets: no model to calibrate, no signals of a model.
    assert opened.page.locator("section.calibration, section.unused").count() == 0
    assert opened.page.locator("section.rules h3").count() == 2
    assert opened.page.evaluate("document.activeElement.id") == "pair"
    opened.page.locator("#pair").select_option("0")
    assert "the model bank (challenger.bundle)" in plain(opened.page.locator("h1").inner_text())


def test_segments_rules_and_thresholds_are_those_of_the_data(bank):
    opened, data = bank
    report = data["report"]
    verdicts = [s["verdict"] for seg in report["pairs"][0]["segments"] for s in seg["values"]]
    wins = plain(opened.page.locator(".wins").inner_text())
    assert f"Model bank: better in {verdicts.count('first')} segments" in wins
    months = [month["verdict"] for month in report["pairs"][0]["months"]].count("first")
    assert months == 1 and "one month: " in wins
    for segment in report["pairs"][0]["segments"]:
        for value in segment["values"]:
            assert (value["verdict"] != "first") or (value["value"] or "(missing)") in wins
    assert "Rules bank-telemarketing: better in no segment" in wins and verdicts.count("second") == 0
    rules = report["rankings"][1]["rules"]
    shown = [plain(r) for r in opened.page.locator("section.rules tbody th").all_inner_texts()]
    assert sorted(shown) == sorted(rule["rule"] for rule in rules)
    earns = sum(rule["verdict"] == "earns" for rule in rules)
    assert f"{earns} earn their points" in opened.page.locator("section.rules").inner_text()
    stands = opened.page.locator("section.thresholds table").nth(2)
    assert stands.locator("tbody tr").count() == len(report["rankings"][1]["thresholds"])
    unused = report["rankings"][0]["unused"]
    assert opened.page.locator("section.unused tbody tr").count() == len(unused)
    made_by = plain(opened.page.locator("section.made").inner_text())
    trained = report["made"]["models"][0]
    assert trained["command"] in made_by and "BLAKE3" in made_by
    for name in (*trained["set_aside"], *trained["dropped"], *trained["missing"]):
        assert name in made_by
    assert f"{trained['bytes']:,}" in made_by and f"{report['made']['rule_sets'][0]['bytes']:,}" in made_by
    for text in (report["made"]["command"], report["rankings"][0]["hash"], report["rankings"][1]["hash"], report["made"]["files"][0]["hash"]):
        assert text in made_by
