"""Every number of the report against an independent computation from the leads themselves.

`leadscore compare --out FILE.parquet` writes one row per lead; `Compared` is the one place that knows its columns.
The same is done to made-up data, so that the checks themselves are known to hold.
"""

import copy

import numpy as np
import pandas as pd
import pytest

import cases
import figures
import made_up
from conftest import ROOT, Binary, page_data

CLOSE = dict(rel=1e-9, abs=1e-9)
REPLICATES = 400


class Compared:
    """The leads of a comparison."""

    def __init__(self, report, converted, scores, bands, months, groups=None):
        self.report, self.converted, self.scores = report, np.asarray(converted, int), scores
        self.bands, self.months, self.groups = bands, months, groups
        self.capacities = report["capacities"]

    @classmethod
    def of_parquet(cls, report, path):
        table = pd.read_parquet(path)
        rankings = report["rankings"]

        def score(ranking):
            return table[f"{'probability' if ranking['kind'] == 'model' else 'points'}_{ranking['name']}"].to_numpy(float)

        months = None
        if report["period"]:
            months = pd.to_datetime(table["as_of"], utc=True).dt.strftime("%Y-%m").to_numpy()
        return cls(
            report,
            table["converted"].astype(int),
            [score(ranking) for ranking in rankings],
            [table[f"band_{ranking['name']}"].to_numpy() for ranking in rankings],
            months,
            table["group"].to_numpy() if "group" in table.columns else None,
        )

    @classmethod
    def of_leads(cls, leads):
        report = made_up.report(leads)
        bands = [np.array([r.bands[b][0] if r.bands else "" for b in made_up.band_of(r)]) for r in leads.rankings]
        months = np.array([day[:7] for day in leads.as_of]) if leads.as_of else None
        return cls(report, leads.converted, [r.scores for r in leads.rankings], bands, months, leads.groups)

    def weights(self, replicates=REPLICATES, seed=7):
        groups = np.arange(len(self.converted)) if self.groups is None else self.groups
        return figures.resamples(groups, replicates, seed)

    def model(self):
        return next((i for i, r in enumerate(self.report["rankings"]) if r["kind"] == "model"), None)


def same(found, expected, **close):
    """The same interval, or none on either side."""
    if found is None or expected is None:
        assert found is expected
        return
    for end in ("value", "low", "high"):
        if expected[end] is None:
            assert found[end] is None, end
            continue
        assert found[end] == pytest.approx(expected[end], **(close or CLOSE)), end


def check_sizes(c):
    report, y = c.report, c.converted
    assert report["leads"] == len(y) and report["conversions"] == y.sum()
    same(report["base_rate"], figures.rate(int(y.sum()), len(y)))
    ks = c.capacities
    assert ks == sorted(set(ks)) and ks[-1] == len(y) and len(ks) <= 220 and ks[0] >= 1
    assert abs(ks[report["capacity"]] - len(y) / 10) <= max(1, 0.02 * len(y))


def check_curves(c):
    y, ks = c.converted, np.array(c.capacities)
    for ranking, scores in zip(c.report["rankings"], c.scores, strict=True):
        expected = figures.conversions_at(scores, y, ks)
        assert ranking["conversions"]["value"] == pytest.approx(expected, **CLOSE)
        assert ranking["precision"]["value"] == pytest.approx(expected / ks, **CLOSE)
        if y.any():
            assert ranking["recall"]["value"] == pytest.approx(expected / y.sum(), **CLOSE)
            assert ranking["lift"]["value"] == pytest.approx(expected / ks / y.mean(), **CLOSE)
        else:
            assert ranking["recall"] is None and ranking["lift"] is None
        threshold, reach = figures.reach(scores, ks)
        assert ranking["threshold"] == pytest.approx(threshold, **CLOSE)
        assert ranking["reach"] == reach.tolist()
        assert ranking["above"] == [int((scores > score).sum()) for score in threshold]


def check_orders(c):
    for ranking, scores in zip(c.report["rankings"], c.scores, strict=True):
        expected = figures.surely(figures.delong(scores, c.converted), c.converted)
        same(ranking["auc"], expected, rel=1e-6, abs=1e-8)
        expected = figures.average_precision(scores, c.converted)
        assert ranking["average_precision"] == (None if expected is None else pytest.approx(expected, rel=1e-9))
    for pair in c.report["pairs"]:
        first, second = c.scores[pair["first"]], c.scores[pair["second"]]
        expected = figures.surely(figures.delong(first, c.converted, second), c.converted)
        same(pair["auc_difference"], expected, rel=1e-6, abs=1e-8)
        expected = figures.spearman(first, second)
        assert pair["rank_correlation"] == (None if expected is None else pytest.approx(expected, rel=1e-9))


def check_bands(c):
    for ranking, band, scores in zip(c.report["rankings"], c.bands, c.scores, strict=True):
        assert sum(b["leads"] for b in ranking["bands"]) == (len(scores) if ranking["bands"] else 0)
        for found in ranking["bands"]:
            mask = band == found["band"]
            assert (found["leads"], found["conversions"]) == (mask.sum(), c.converted[mask].sum())
            same(found["rate"], figures.rate(int(c.converted[mask].sum()), int(mask.sum())))
            if found["from"] is not None and mask.any():
                assert scores[mask].min() >= found["from"]
            if c.model() is not None and mask.any():
                assert found["mean_probability"] == pytest.approx(c.scores[c.model()][mask].mean(), **CLOSE)


def check_calibration(c):
    for ranking, scores in zip(c.report["rankings"], c.scores, strict=True):
        if ranking["kind"] != "model":
            assert ranking["calibration"] is None and ranking["mean_probability"] is None
            continue
        assert ranking["mean_probability"] == pytest.approx(scores.mean(), **CLOSE)
        expected = figures.calibration(scores, c.converted, len(ranking["calibration"]["bins"]))
        assert ranking["calibration"]["ece"] == pytest.approx(expected["ece"], **CLOSE)
        for found, bin in zip(ranking["calibration"]["bins"], expected["bins"], strict=True):
            for key in ("count", "mean_score", "mean_label"):
                assert found[key] == pytest.approx(bin[key], **CLOSE)
            same(found["rate"], bin["rate"])


def check_thresholds(c):
    y, model = c.converted, c.model()
    for ranking, scores in zip(c.report["rankings"], c.scores, strict=True):
        if ranking["kind"] == "model":
            assert ranking["thresholds"] is None
            continue
        curve = figures.isotonic(scores, y)
        for found in ranking["thresholds"]:
            mask = scores >= found["points"]
            n = int(mask.sum())
            assert found["leads"] == n
            same(found["rate"], figures.rate(int(y[mask].sum()), n))
            if found["stands_for"]:
                assert found["stands_for"]["value"] == pytest.approx(curve(found["points"]), **CLOSE)
                assert found["stands_for"]["low"] <= found["stands_for"]["value"] <= found["stands_for"]["high"]
            if model is None or n == 0:
                continue
            theirs = c.scores[model]
            assert found["mean_probability"] == pytest.approx(theirs[mask].mean(), **CLOSE)
            assert found["matching_probability"] == pytest.approx(np.sort(theirs)[::-1][n - 1], **CLOSE)
            assert found["model_rate"] == pytest.approx(figures.conversions_at(theirs, y, [n])[0] / n, **CLOSE)


def check_precisions(c):
    for row in c.report["for_precision"]:
        for found, scores in zip(row["of"], c.scores, strict=True):
            expected = figures.for_precision(scores, c.converted, row["precision"])
            assert (found is None) == (expected is None), row["precision"]
            if found:
                assert found == pytest.approx(expected, **CLOSE)


def check_quadrants(c):
    # Each capacity takes a pass over all leads; every fifth is enough, with both ends.
    positions = sorted({*range(0, len(c.capacities), 5), len(c.capacities) - 1, c.report["capacity"]})
    ks = [c.capacities[at] for at in positions]
    for pair in c.report["pairs"]:
        expected = figures.quadrants(c.scores[pair["first"]], c.scores[pair["second"]], c.converted, ks)
        for name, of in expected.items():
            for key, values in of.items():
                assert [pair[name][key][at] for at in positions] == pytest.approx(values, rel=1e-9, abs=1e-6), (name, key)


def check_slices(c):
    """Months, whose leads the file tells; segments by what must hold among their own numbers."""
    for pair in c.report["pairs"]:
        first, second = c.scores[pair["first"]], c.scores[pair["second"]]
        assert (pair["months"] is None) == (c.months is None)
        for found in pair["months"] or []:
            check_slice(found, c.months == found["value"], c, first, second)
        for segment in pair["segments"]:
            for found in segment["values"]:
                check_verdict(found)
                same(found["rate"], figures.rate(found["conversions"], found["leads"]))
                assert found["k"] == figures.first_fifth(found["leads"])


def check_slice(found, mask, c, first, second):
    y = c.converted[mask]
    assert (found["leads"], found["conversions"]) == (mask.sum(), y.sum())
    assert found["k"] == figures.first_fifth(int(mask.sum()))
    assert found["first"] == pytest.approx(figures.conversions_at(first[mask], y, [found["k"]])[0], **CLOSE)
    assert found["second"] == pytest.approx(figures.conversions_at(second[mask], y, [found["k"]])[0], **CLOSE)
    if c.model() is not None:
        assert found["mean_probability"] == pytest.approx(c.scores[c.model()][mask].mean(), **CLOSE)
    check_verdict(found)


def check_verdict(found):
    if found["verdict"] == "too_few":
        return
    gap = found["difference"]
    assert gap["value"] == pytest.approx(found["first"] - found["second"], **CLOSE)
    assert found["verdict"] == ("first" if gap["low"] > 0 else "second" if gap["high"] < 0 else "unclear")


def check_bootstrap(c):
    """Ends of intervals, within what two lots of resamples differ by."""
    assert c.report["too_few"] == figures.too_few(c.converted)
    if c.report["too_few"]:
        assert all(r["conversions"]["low"] is None for r in c.report["rankings"])
        assert all(p["difference"]["low"] is None for p in c.report["pairs"])
        return
    ks, y = c.capacities, c.converted
    weights = list(c.weights())
    drawn = [np.array([figures.conversions_at(s, y, ks, w) for w in weights]) for s in c.scores]
    at = c.report["capacity"]
    for ranking, draws in zip(c.report["rankings"], drawn, strict=True):
        check_ends(ranking["conversions"], draws, c)
        check_ends(ranking["recall"], draws / np.array([(w * y).sum() for w in weights])[:, None], c, 1 / y.sum())
        assert ranking["conversions"]["low"][at] <= ranking["conversions"]["value"][at] <= ranking["conversions"]["high"][at]
    for pair in c.report["pairs"]:
        check_ends(pair["difference"], drawn[pair["first"]] - drawn[pair["second"]], c)


def check_ends(band, draws, c, unit=1.0):
    spread = draws.std(axis=0)
    # The standard error of a 2.5 % quantile is about 2.7 standard deviations over the root of the draws
    # (normal: sqrt(p (1 - p)) / density), of each of the two lots.
    error = 2.7 * spread * np.sqrt(1 / len(draws) + 1 / c.report["bootstrap"]["replicates"])
    # Where (nearly) all samples agree, an interval of independent rates is told instead.
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    wide = high - low > 2 * unit
    assert wide.any() or len(c.converted) < 500
    for end, p in (("low", 0.025), ("high", 0.975)):
        off = np.abs(np.array(band[end]) - np.quantile(draws, p, axis=0))
        # Quantiles of counts jump by whole conversions, of all rows of a lead: two are no error.
        off = np.where(wide, off - 4 * error - 2 * unit, 0.0)
        assert (off <= 0).all(), (end, np.argmax(off))


CHECKS = [
    check_sizes, check_curves, check_orders, check_bands, check_calibration, check_thresholds,
    check_precisions, check_quadrants, check_slices, check_bootstrap,
]


@pytest.fixture(scope="module")
def made_leads():
    return {case: Compared.of_leads(cases.CASES[case]()) for case in ("bank", "five", "none-converted", "tied", "grouped")}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("case", ["bank", "five", "none-converted", "tied", "grouped"])
def test_made_up_data_pass_the_checks(made_leads, case, check):
    check(made_leads[case])


@pytest.mark.parametrize("spoil,check", [
    (lambda r: r["rankings"][0]["conversions"]["value"].__setitem__(9, 0.5), check_curves),
    (lambda r: r["rankings"][1]["reach"].__setitem__(5, 1), check_curves),
    (lambda r: r["rankings"][1]["auc"].__setitem__("low", 0.5), check_orders),
    (lambda r: r["rankings"][1]["bands"][1].__setitem__("leads", 3), check_bands),
    (lambda r: r["rankings"][0]["calibration"].__setitem__("ece", 0.5), check_calibration),
    (lambda r: r["rankings"][1]["thresholds"][1]["stands_for"].__setitem__("value", 0.9), check_thresholds),
    (lambda r: r["for_precision"][3]["of"][0].__setitem__("leads", 1), check_precisions),
    (lambda r: r["pairs"][0]["both"]["leads"].__setitem__(-1, 0), check_quadrants),
    (lambda r: r["pairs"][0]["months"][2].__setitem__("first", 0), check_slices),
    (lambda r: r["pairs"][0]["difference"]["low"].__setitem__(-20, -500), check_bootstrap),
])
def test_the_checks_find_a_wrong_number(made_leads, spoil, check):
    spoiled = copy.copy(made_leads["bank"])
    spoiled.report = copy.deepcopy(spoiled.report)
    spoil(spoiled.report)
    with pytest.raises(AssertionError):
        check(spoiled)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", Binary.SETS)
def test_the_binary_passes_the_checks(binary, name, check):
    report, _, table = binary.compare(name)
    check(Compared.of_parquet(report, table))


@pytest.mark.parametrize("name", Binary.SETS)
def test_rules_are_those_that_the_points_of_the_leads_show(binary, name):
    report, page, _ = binary.compare(name)
    leads = page_data(page)["list"]
    assert leads["reasoned"] == leads["leads"] == report["leads"], "rules can be counted of leads with reasons alone"
    y = np.array(leads["converted"])
    for position, ranking in enumerate(report["rankings"]):
        for rule in ranking["rules"] or []:
            # A rule that never applied is no part of any score.
            parts = [i for i, name in enumerate(leads["inputs"][position]) if name == rule["rule"]]
            points = np.array([sum(p for i, p in of if i in parts) for of in leads["reasons"][position]])
            hit = points != 0
            assert rule["leads"] == hit.sum()
            if hit.any():
                assert rule["mean_points"] == pytest.approx(points[hit].mean(), **CLOSE)
            same(rule["rate"], figures.rate(int(y[hit].sum()), int(hit.sum())))
            same(rule["others"], figures.rate(int(y[~hit].sum()), int((~hit).sum())))


MISSING = {"", "unknown"}
YES_NO = {"TRUE": "yes", "FALSE": "no"}
FILES = {
    "bank-marketing": (";", None, {"job", "marital", "education", "default", "housing", "loan"}),
    "online-shoppers": (",", None, {"Month", "VisitorType", "Weekend"}),
    "simulated": (",", "lead_id", {"industry", "source", "country", "budget"}),
}


@pytest.mark.parametrize("name", Binary.SETS)
def test_segments_are_those_of_the_file(binary, name):
    """The leads of each value, from the file itself; none is of a column that sales filled after the win."""
    report, _, table = binary.compare(name)
    separator, key, columns = FILES[name]
    leads = ROOT / "data/simulated/leads.csv" if key else Binary.SETS[name][0]
    told = pd.read_csv(leads, sep=separator, dtype=str, keep_default_na=False)
    # A lead without an id is its data row.
    told.index = told[key] if key else (told.index + 1).astype(str)
    compared = Compared.of_parquet(report, table)
    of_leads = told.loc[pd.read_parquet(table)["id"]]
    assert {segment["column"] for segment in report["pairs"][0]["segments"]} == columns
    for pair in report["pairs"]:
        first, second = compared.scores[pair["first"]], compared.scores[pair["second"]]
        for segment in pair["segments"]:
            values = of_leads[segment["column"]].replace(YES_NO).to_numpy()
            for found in segment["values"]:
                mask = np.isin(values, list(MISSING)) if found["value"] is None else values == found["value"]
                check_slice(found, mask, compared, first, second)
