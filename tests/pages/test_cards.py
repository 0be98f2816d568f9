"""The cards of models and rule sets, as the binary writes them: their figures computed anew, and who can read them."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

import figures
from cases import bank_rules
from conftest import ROOT, Binary, page_data
from made_up import words
from test_page import plain
from test_reach import all_text, serious

SETS = list(Binary.SETS)
CLOSE = {"rel": 1e-9, "abs": 1e-12}
KINDS = ["model", "rules"]


@pytest.fixture(scope="session")
def cards(binary):
    return Cards(binary)


class Cards:
    """Cards of the models and rule sets of a `Binary`."""

    def __init__(self, binary):
        self.binary, self.made = binary, {}

    def model(self, name, lang="en"):
        """The page of a model, and the leads that it was judged by."""
        _, _, table = self.binary.compare(name)
        page = self.once(f"{name}-{lang}-model", lambda out: self.binary.run(
            "card", self.binary.folder / f"{name}.bundle", "--html", out, "--lang", lang))
        return page, table

    def rules(self, name, lang="en"):
        """The page of a rule set tried on a data set whose outcomes are known."""
        leads, options, rules = Binary.SETS[name]
        target = options[:2] if options else []
        return self.once(f"{name}-{lang}-rules", lambda out: self.binary.run(
            "points", "check", leads, *target, "--points", rules, "--html", out, "--lang", lang))

    def page(self, kind, name, lang="en"):
        return self.model(name, lang)[0] if kind == "model" else self.rules(name, lang)

    def once(self, name, make):
        if name not in self.made:
            self.made[name] = self.binary.folder / f"{name}.html"
            make(self.made[name])
        return self.made[name]


@pytest.mark.parametrize("name", SETS)
def test_the_figures_of_a_model_are_those_of_its_held_out_leads(cards, name):
    page, table = cards.model(name)
    evaluation = page_data(page)["training"]["evaluation"]
    leads = pd.read_parquet(table)
    y = leads["converted"].to_numpy().astype(float)
    p = leads[[column for column in leads if column.startswith("probability_")][0]].to_numpy()
    assert (evaluation["rows"], evaluation["conversions"]) == (len(y), y.sum())
    assert evaluation["auc"]["value"] == pytest.approx(roc_auc_score(y, p), **CLOSE)
    low, high = (evaluation["auc"][end] for end in ("low", "high"))
    assert low < evaluation["auc"]["value"] < high
    assert evaluation["log_loss"] == pytest.approx(log_loss(y, p), **CLOSE)
    assert evaluation["brier"] == pytest.approx(brier_score_loss(y, p), **CLOSE)
    assert evaluation["average_precision"] == pytest.approx(average_precision_score(y, p), **CLOSE)
    expected = figures.calibration(p, y, bins=len(evaluation["calibration"]["bins"]))
    assert evaluation["calibration"]["ece"] == pytest.approx(expected["ece"], **CLOSE)
    tenths = [tenth["conversions"] for tenth in evaluation["deciles"]]
    ends = np.cumsum([tenth["count"] for tenth in evaluation["deciles"]])
    assert np.cumsum(tenths) == pytest.approx(figures.conversions_at(p, y, ends), **CLOSE)


@pytest.mark.parametrize("name", SETS)
def test_a_model_s_page_tells_its_record_and_its_curves(cards, open_page, name):
    page, _ = cards.model(name)
    data = page_data(page)
    told = json.loads(cards.binary.run("curves", cards.binary.folder / f"{name}.bundle", "--json"))
    assert data["hash"] == told["hash"]
    curves = {curve["signal"]: curve for curve in data["curves"]}
    assert list(curves) == [curve["signal"] for curve in told["curves"]]
    for curve in told["curves"]:
        drawn = curves[curve["signal"]]
        if len(curve["steps"]) <= 200:
            assert drawn["steps"] == curve["steps"]
        # However they are put together, the average lead is at 0.
        elif curve["is_ordered"]:
            mean = sum(step["share"] * step["log_odds"] for step in drawn["steps"])
            assert mean == pytest.approx(0, abs=1e-9) and len(drawn["steps"]) <= 401
        common = [step["log_odds"] for step in drawn["steps"] if step.get("share", 1) >= 0.01]
        if drawn["highest"] and not curve["is_ordered"]:
            assert (drawn["highest"]["log_odds"], drawn["lowest"]["log_odds"]) == (max(common), min(common))
    assert data["pairs"] == told["pairs"]
    opened = open_page(page)
    first = data["training"]["evaluation"]["deciles"][0]
    heading = plain(opened.page.locator("h1").inner_text())
    assert f"the {first['count']:,} that" in heading and f"{first['lift']:.1f} times" in heading
    moving = [curve for curve in data["curves"] if curve["mean_size"] > 0]
    assert opened.page.locator("section.shapes > .shapes > .shape").count() == min(24, len(moving))
    links = opened.page.locator("section.strengths tbody th a").all_text_contents()
    assert links == [curve["signal"] for curve in moving]
    total = sum(c["mean_size"] for c in data["curves"]) + sum(p["mean_size"] for p in data["pairs"])
    share = plain(opened.page.locator("section.strengths tbody tr").first.locator("td").first.inner_text())
    assert share == f"{100 * moving[0]['mean_size'] / total:.1f}%"


def test_the_strength_of_a_pair_is_the_mean_size_of_what_it_adds(cards):
    for name in SETS:
        pairs = page_data(cards.model(name)[0])["pairs"]
        sizes = [pair["mean_size"] for pair in pairs]
        assert sizes == sorted(sizes, reverse=True)
        for pair in pairs:
            expected = np.sum(np.abs(pair["log_odds"]) * np.array(pair["shares"]))
            assert pair["mean_size"] == pytest.approx(expected, **CLOSE)


def test_the_rules_of_a_card_are_those_of_the_file(cards, open_page):
    """The rules of data/rules/bank-marketing.toml written by hand, on the file as pandas reads it."""
    page = cards.rules("bank-marketing")
    (data,) = page_data(page)["sets"]
    rows = pd.read_csv(ROOT / "data/bank-marketing/bank-additional-full.csv", sep=";")
    y = (rows["y"] == "yes").to_numpy()
    given = {rule: np.asarray(points, float) for rule, points in bank_rules(rows).items()}
    assert [rule["rule"] for rule in data["check"]["rules"]] == list(given)
    outcomes = data["outcomes"]
    assert (outcomes["leads"], outcomes["conversions"]) == (len(y), y.sum())
    verdicts = []
    for checked, rule in zip(data["check"]["rules"], outcomes["rules"]):
        points = given[rule["rule"]]
        hit = points != 0
        counts = int(y[hit].sum()), int(hit.sum()), int(y[~hit].sum()), int((~hit).sum())
        assert checked["leads"] == rule["leads"] == counts[1] and rule["conversions"] == counts[0]
        assert rule["mean_points"] == pytest.approx(points[hit].mean(), **CLOSE)
        for found, expected in ((rule["rate"], figures.rate(*counts[:2])), (rule["others"], figures.rate(*counts[2:])),
                                (rule["difference"], figures.rate_difference(*counts))):
            assert found == pytest.approx(expected, **CLOSE)
        difference = rule["difference"]
        sure = difference["low"] > 0 or difference["high"] < 0
        verdicts.append("too_few" if min(counts[1], counts[3]) < 20 else "unclear" if not sure
                        else "earns" if (difference["value"] > 0) == (points[hit].mean() > 0) else "against")
    assert [rule["verdict"] for rule in outcomes["rules"]] == verdicts and {"earns", "against", "too_few"} <= set(verdicts)
    total = np.sum(list(given.values()), axis=0)
    for band, (low, high) in zip(outcomes["bands"], [(-np.inf, 25), (25, 50), (50, np.inf)]):
        inside = (total >= low) & (total < high)
        assert (band["leads"], band["conversions"]) == (inside.sum(), y[inside].sum())
        assert band["rate"] == pytest.approx(figures.rate(int(y[inside].sum()), int(inside.sum())), **CLOSE)
    handed = total >= 60
    assert (outcomes["hand_off"]["leads"], outcomes["hand_off"]["conversions"]) == (handed.sum(), y[handed].sum())
    edges = [bin["from"] for bin in data["bins"]] + [data["bins"][-1]["to"]]
    assert [bin["leads"] for bin in data["bins"]] == np.histogram(total, bins=edges)[0].tolist()
    for bin in data["bins"]:
        inside = (total >= bin["from"]) & (total < bin["to"])
        assert bin["rate"] == (pytest.approx(figures.rate(int(y[inside].sum()), int(inside.sum())), **CLOSE) if inside.any() else None)
    opened = open_page(page)
    shown = [plain(text) for text in opened.page.locator("section.listing table .verdict").all_inner_texts()]
    said = {key: text for of in words("en", "rules") for key, text in of.items()}
    assert shown == [said[f"rules.verdict.{verdict}"] for verdict in verdicts]
    hot = outcomes["bands"][-1]
    assert f"the {hot['leads']:,} that" in plain(opened.page.locator("h1").inner_text())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_serious(cards, open_page, kind, width, scheme):
    for name in ("bank-marketing", "simulated"):
        opened = open_page(cards.page(kind, name), viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        opened.settle()
        assert serious(opened.page) == []


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_never_wider_than_the_window(cards, open_page, kind, name, lang):
    for width in (320, 700, 1600):
        opened = open_page(cards.page(kind, name, lang), viewport={"width": width, "height": 900})
        opened.page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        opened.settle()
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        for text in ("NaN", "undefined", "null", "Infinity", "[object"):
            assert text not in all_text(opened.page), text


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("kind", KINDS)
def test_spanish_has_no_english_left(cards, open_page, kind, name):
    page = cards.page(kind, name, "es")
    opened = open_page(page)
    opened.page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    opened.settle()
    text = plain(all_text(opened.page))
    letters = r"[a-záéíóúñü]+"
    values = lambda lang: str([list(of.values()) for of in words(lang, kind)]).lower()  # noqa: E731
    english, spanish = (set(re.findall(letters, values(lang))) for lang in ("en", "es"))
    theirs = set(re.findall(letters, json.dumps(page_data(page), ensure_ascii=False).replace("\\n", " ").lower())) | {"may"}
    assert set(re.findall(letters, text.lower())) & (english - spanish - theirs) == set()
    assert re.search(r"\d,\d\s%", text) and "{" not in text.replace("{ ", "")


def test_a_curve_says_what_is_pointed_at_and_a_link_opens_what_is_closed(cards, open_page):
    page, _ = cards.model("simulated")
    data = page_data(page)
    opened = open_page(page)
    at = next(i for i, curve in enumerate(data["curves"]) if curve["is_ordered"])
    figure = opened.page.locator(f"#curve-{at}")
    figure.locator("svg").first.scroll_into_view_if_needed()
    before = figure.locator(".reading").inner_text()
    box = figure.locator("svg").first.bounding_box()
    opened.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    said = plain(figure.locator(".reading").inner_text())
    assert said != before and "odds ×" in said and "of leads" in said
    last = sum(curve["mean_size"] > 0 for curve in data["curves"]) - 1
    assert last > 24 and opened.page.locator(f"#curve-{last}").count() == 0
    opened.page.locator("section.strengths details summary").click()
    opened.page.locator(f'a[href="#curve-{last}"]').click()
    opened.settle()
    assert opened.page.locator(f"#curve-{last}").is_visible()


@pytest.mark.parametrize("kind", KINDS)
def test_paper_shows_all_curves_and_is_light(cards, open_page, tmp_path, kind):
    opened = open_page(cards.page(kind, "simulated"), color_scheme="dark")
    opened.page.emulate_media(media="print")
    opened.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    opened.settle()
    assert opened.page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    if kind == "model":
        moving = sum(curve["mean_size"] > 0 for curve in page_data(cards.page(kind, "simulated"))["curves"])
        assert opened.page.locator(".shape:visible").count() == moving
    opened.page.emulate_media(media=None)
    assert opened.page.pdf(path=tmp_path / "page.pdf", format="A4").startswith(b"%PDF")


HOSTILE = '</script><script>alert(1)</script>'


@pytest.fixture(scope="session")
def odd(binary, tmp_path_factory):
    """A file whose names and values are markup, and a rule set about it."""
    folder = tmp_path_factory.mktemp("odd")
    draw = np.random.default_rng(5)
    rows = 400
    kind = draw.choice([HOSTILE, "<b>bold</b>", "plain", "'quotes\"", "=1+1"], rows)
    visits = draw.poisson(3, rows)
    won = draw.random(rows) < 1 / (1 + np.exp(2.5 - 0.5 * visits - (kind == HOSTILE)))
    pd.DataFrame({"<i>kind</i>": kind, "visits": visits, "won": np.where(won, "yes", "no")}).to_csv(folder / "leads.csv", index=False)
    (folder / "rules.toml").write_text(
        'name = "<img src=x>"\nversion = "<u>1</u>"\ndescription = "<script>alert(3)</script>"\n[bands]\nwarm = 5\nhot = 1000\n'
        "[[rule]]\nname = '<b>rule</b>'\npoints = 10\n"
        f"when = {{ signal = \"<i>kind</i>\", in = ['{HOSTILE}'] }}\n"
        "[[rule]]\nname = 'never'\npoints = 1000\nwhen = { signal = \"<i>kind</i>\", equals = 'plian' }\n"
        '[[rule]]\nname = "visits"\npoints = 1\nwhen = { signal = "visits", at_least = 1 }\n', "utf-8")
    return folder


@pytest.mark.parametrize("lang", ["en", "es"])
def test_text_of_the_data_is_text(binary, odd, open_page, lang):
    model, rules = odd / f"model-{lang}.html", odd / f"rules-{lang}.html"
    binary.run("train", odd / "leads.csv", "--target", "won", "--name", "<b>model</b>", "--out", odd / "odd.bundle", "--html", model, "--lang", lang)
    binary.run("points", "check", odd / "leads.csv", "--target", "won", "--points", odd / "rules.toml", "--html", rules, "--lang", lang)
    for path, shown in ((model, ["<b>model</b>", "<i>kind</i>", HOSTILE]), (rules, ["<img src=x>", "<b>rule</b>", HOSTILE, "plian", "1000"])):
        opened = open_page(path)
        opened.page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        opened.settle()
        assert opened.page.locator("#page script, #page img, #page b, #page i, #page u").count() == 0
        text = plain(all_text(opened.page))
        assert all(each in text for each in shown), [each for each in shown if each not in text]


def test_without_outcomes_a_rule_card_says_so(binary, odd, open_page):
    page = odd / "no-outcomes.html"
    binary.run("points", "check", odd / "leads.csv", "--points", odd / "rules.toml", "--html", page)
    assert page_data(page)["sets"][0]["outcomes"] is None
    text = plain(open_page(page).page.locator("#page").inner_text())
    assert "What became of them is not known here" in text and "Conversion rate" not in text


def test_who_is_excluded_and_rules_for_all_or_of_no_points_are_told(binary, odd, open_page):
    rules, page = odd / "excluding.toml", odd / "excluding.html"
    rules.write_text('name = "excluding"\nversion = "1"\n[[rule]]\nname = "all"\npoints = 3\nwhen = { signal = "visits", at_least = 0 }\n'
                     '[[rule]]\nname = "nothing"\npoints = 0\nwhen = { signal = "visits", at_least = 1 }\n'
                     '[[exclude]]\nname = "many visits"\nwhen = { signal = "visits", at_least = 5 }\nscore = 0\n', "utf-8")
    said = binary.run("points", "check", odd / "leads.csv", "--target", "won", "--points", rules, "--html", page)
    (data,) = page_data(page)["sets"]
    leads = pd.read_csv(odd / "leads.csv")
    assert [of["leads"] for of in data["exclusions"]] == [(leads["visits"] >= 5).sum()]
    assert [rule["verdict"] for rule in data["outcomes"]["rules"]][0] == "everyone"
    text = plain(open_page(page).page.locator("section.listing").inner_text())
    assert "for everyone, so it tells none apart" in text and "gives no points" in text and "many visits" in text
    assert "for everyone" in said and "gives no points" in said


@pytest.mark.parametrize("outcome", ["no", "yes"])
def test_one_outcome_is_an_outcome(binary, odd, open_page, outcome):
    leads, page = odd / f"all-{outcome}.csv", odd / f"all-{outcome}.html"
    rows = pd.read_csv(odd / "leads.csv")
    rows["won"] = outcome
    rows.to_csv(leads, index=False)
    binary.run("points", "check", leads, "--target", "won", "--points", odd / "rules.toml", "--html", page)
    outcomes = page_data(page)["sets"][0]["outcomes"]
    assert outcomes["conversions"] == (len(rows) if outcome == "yes" else 0)
    assert {rule["verdict"] for rule in outcomes["rules"]} <= {"unclear", "too_few", "everyone", "never"}
    for text in ("NaN", "undefined", "null"):
        assert text not in all_text(open_page(page).page)


def test_curves_of_a_recalibrated_model_are_what_is_scored(binary, odd, open_page):
    """Log-odds of two leads that differ in one value differ by what the card says."""
    draw = np.random.default_rng(11)
    x = draw.integers(0, 4, 4000)
    noise = {f"n{i}": draw.integers(0, 150, 4000).astype(str) for i in range(12)}
    won = draw.random(4000) < np.where(x == 3, 0.5, 0.1)
    pd.DataFrame({"x": np.array(list("abcd"))[x], **noise, "won": np.where(won, "yes", "no")}).to_csv(odd / "noisy.csv", index=False)
    binary.run("train", odd / "noisy.csv", "--target", "won", "--plain", "--l2", "0.01", "--category", ",".join(noise), "--out", odd / "noisy.bundle", "--html", odd / "noisy.html")
    data = page_data(odd / "noisy.html")
    line = data["training"]["recalibration"]
    assert line["adopted"] and line["line"]["slope"] < 0.95
    same = {name: values[0] for name, values in noise.items()}
    pd.DataFrame([{"x": value, **same} for value in "abcd"]).to_csv(odd / "four.csv", index=False)
    binary.run("predict", odd / "four.csv", "--model", odd / "noisy.bundle", "--out", odd / "four-scores.csv")
    p = pd.read_csv(odd / "four-scores.csv")["probability"].to_numpy()
    log_odds = np.log(p / (1 - p))
    (curve,) = [curve for curve in data["curves"] if curve["signal"] == "x"]
    steps = {step["name"]: step["log_odds"] for step in curve["steps"]}
    for at, value in enumerate("bcd", 1):
        assert steps[value] - steps["a"] == pytest.approx(log_odds[at] - log_odds[0], abs=1e-9)


def test_a_curve_of_recalibration_is_told(binary, odd, open_page):
    """At most four in ten convert, which no line of log-odds says."""
    draw = np.random.default_rng(5)
    x = draw.random((6000, 4))
    won = draw.random(6000) < 0.02 + 0.38 / (1 + np.exp(-10 * (x.sum(axis=1) - 2)))
    pd.DataFrame({**{name: x[:, at] for at, name in enumerate("abcd")}, "won": np.where(won, "yes", "no")}).to_csv(odd / "saturated.csv", index=False)
    page = odd / "saturated.html"
    binary.run("train", odd / "saturated.csv", "--target", "won", "--plain", "--out", odd / "saturated.bundle", "--html", page)
    found = page_data(page)["training"]["recalibration"]
    assert found["adopted"] and len(found["line"]["knots"]) > 3
    first = found["line"]["knots"][0]
    said, worth = (f"{100 / (1 + np.exp(-first[end])):.1f}" for end in ("said", "worth"))
    text = plain(all_text(open_page(page).page))
    assert f"a rising curve that turns {said} % into {worth} %" in text or f"a rising curve that turns {said}% into {worth}%" in text


def test_a_plain_model_and_named_curves(binary, odd, open_page):
    bundle, page = odd / "plain.bundle", odd / "plain.html"
    binary.run("train", odd / "leads.csv", "--target", "won", "--plain", "--out", bundle)
    binary.run("curves", bundle, "visits", "--html", page)
    opened = open_page(page)
    assert opened.page.locator(".shape").count() == 1
    text = plain(opened.page.locator("#page").inner_text())
    assert "The curve of one other signal was not asked for." in text and "Plain logistic regression" in text
