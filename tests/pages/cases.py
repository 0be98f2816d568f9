"""Leads for made-up pages: a bank's real ones ranked with scikit-learn, and odd ones."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from made_up import ROOT, Leads, Ranking

CATEGORIES = ["job", "marital", "education", "default", "housing", "loan", "contact", "month",
              "day_of_week", "poutcome"]
NUMBERS = ["age", "campaign", "pdays", "previous", "emp.var.rate", "cons.price.idx", "cons.conf.idx",
           "euribor3m", "nr.employed"]
POINT_BANDS = [("cold", None), ("warm", 25.0), ("hot", 50.0)]


def bank_rules(rows):
    """data/rules/bank-marketing.toml, by hand."""
    job = rows["job"]
    return {
        "bought in an earlier campaign": 40 * (rows["poutcome"] == "success"),
        "declined in an earlier campaign": 5 * (rows["poutcome"] == "failure"),
        "spoken to in the last two weeks": 15 * (rows["pdays"] <= 14),
        "retired or student": 20 * job.isin(["retired", "student"]),
        "manager or technician": 10 * job.isin(["admin.", "management", "technician"]),
        "60 or older": 15 * (rows["age"] >= 60),
        "university degree": 10 * (rows["education"] == "university.degree"),
        "on a mobile phone": 15 * (rows["contact"] == "cellular"),
        "has a loan to pay": -10 * ((rows["housing"] == "yes") | (rows["loan"] == "yes")),
        "credit in default": -30 * (rows["default"] == "yes"),
        "called more than three times already": -15 * (rows["campaign"] > 3),
    }


def model_of(name, train, rows, labels, columns, version=None):
    """A logistic regression over one-hot categories and tenths of numbers, taken apart."""
    cuts = {c: np.unique(train[c].quantile(np.linspace(0.1, 0.9, 9))) for c in columns if c in NUMBERS}

    def coded(frame):
        coded = {c: np.searchsorted(cuts[c], frame[c], side="right") for c in cuts}
        return pd.DataFrame({c: coded.get(c, frame[c]) for c in columns}).astype(str)

    known, seen = coded(train), coded(rows)
    matrix = pd.get_dummies(known, prefix_sep="=").astype(float)
    fit = LogisticRegression(C=0.3, max_iter=300).fit(matrix, labels)
    new = pd.get_dummies(seen, prefix_sep="=").astype(float).reindex(columns=matrix.columns, fill_value=0)
    centred = (new - matrix.mean()) * fit.coef_[0]
    parts = np.column_stack(
        [centred[[s for s in matrix.columns if s.startswith(f"{c}=")]].sum(axis=1) for c in columns]
    )
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    odds = fit.intercept_[0] + (matrix.mean() * fit.coef_[0]).sum() + parts.sum(axis=1)
    probability = sigmoid(odds)
    texts, at = np.unique(rows[columns].astype(str).to_numpy(), return_inverse=True)
    sizes = np.abs(parts).mean(axis=0)
    unused = [c for c in np.argsort(-sizes) if columns[c] not in RULED]
    return Ranking(
        "model", name, probability, [("cold", None), ("warm", float(np.quantile(probability, 0.7))),
        ("hot", float(np.quantile(probability, 0.9)))], list(columns),
        probability[:, None] - sigmoid(odds[:, None] - parts), [str(t) for t in texts],
        at.reshape(len(rows), -1), version=version,
        unused=[unused_signal(c, columns, parts, rows, sizes) for c in unused],
    )


RULED = {"poutcome", "pdays", "job", "age", "education", "contact", "housing", "loan", "default", "campaign"}


def unused_signal(c, columns, parts, rows, sizes):
    end = lambda i: {"value": str(rows[columns[c]].iloc[i]), "log_odds": float(parts[i, c])}  # noqa: E731
    return {"signal": columns[c], "strength": float(sizes[c]), "share": float(sizes[c] / sizes.sum()),
            "highest": end(int(parts[:, c].argmax())), "lowest": end(int(parts[:, c].argmin()))}


def bank_parts():
    rows = pd.read_csv(ROOT / "data/bank-marketing/bank-additional-full.csv", sep=";")
    train, test = train_test_split(rows, test_size=0.2, random_state=3, stratify=rows["y"])
    return train, test.sort_index(), (train["y"] == "yes").to_numpy()


def rules_of(name, given, version=None, hand_off=60.0):
    effects = np.column_stack([np.asarray(points, float) for points in given.values()])
    return Ranking("rule_set", name, effects.sum(axis=1), POINT_BANDS, list(given), effects,
                   version=version, hand_off=hand_off)


def bank(timed=True):
    train, test, labels = bank_parts()
    model = model_of("bank", train, test, labels, CATEGORIES + NUMBERS)
    rules = rules_of("bank-telemarketing", bank_rules(test), "1")
    start = date(2025, 1, 3)
    days = [str(start + timedelta(days=int(i * 176 / len(test)))) for i in range(len(test))]
    segments = {
        c: [None if v == "unknown" else v for v in test[c]]
        for c in ["job", "education", "contact", "poutcome", "marital"]
    }
    return Leads([str(i + 1) for i in test.index], (test["y"] == "yes").to_numpy().astype(int),
                 [model, rules], days if timed else None, segments=segments, sensitive={"marital": "marital_status"})


def champion():
    """Two models of one name, told apart by their files, and two rule sets."""
    train, test, labels = bank_parts()
    leads = bank(timed=False)
    lesser = model_of("bank", train, test, labels, ["age", "job", "contact", "month"])
    lesser.path = "challenger.bundle"
    given = bank_rules(test)
    short = rules_of("short", {k: given[k] for k in list(given)[:4]}, "2", None)
    leads.rankings = [leads.rankings[0], lesser, leads.rankings[1], short]
    leads.segments = {"contact": leads.segments["contact"]}
    leads.warnings = [
        {"kind": "learned_later", "learned": "challenger", "held_out": "bank", "leads": 6590, "of": 8238},
        {"kind": "few_in_common", "leads": 1648, "of": 8238, "held_out": "bank"},
        {"kind": "capacity", "asked": 999, "shown": 1000, "leads": 8238},
        {"kind": "capacity", "asked": 99999, "shown": 8238, "leads": 8238},
    ]
    return leads


def invented(n, seed=1, conversions=None, **options):
    """Leads of a stated kind: a model that knows something and rules that know a part of it."""
    rng = np.random.default_rng(seed)
    signals = rng.normal(size=(n, 3))
    odds = -2.2 + signals @ [1.0, 0.6, 0.2]
    converted = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    if conversions is not None:
        converted = np.zeros(n, int)
        converted[np.argsort(-odds + rng.normal(size=n))[:conversions]] = 1
    names = ["visits", "employees", "age"]
    texts, at = np.unique(signals.round(1).astype(str), return_inverse=True)
    p = 1 / (1 + np.exp(-odds))
    effects = p[:, None] - 1 / (1 + np.exp(-(odds[:, None] - signals * [1.0, 0.6, 0.2])))
    model = Ranking("model", "acme", p, [("cold", None), ("warm", 0.15), ("hot", 0.35)], names, effects,
                    [str(t) for t in texts], at.reshape(n, 3), unused=[])
    given = {"many visits": 30 * (signals[:, 0] > 0.7), "large company": 20 * (signals[:, 1] > 0),
             "asked for a demo": 0 * signals[:, 0]}
    leads = Leads([f"L{i:06}" for i in range(n)], converted, [model, rules_of("acme-rules", given)], **options)
    return leads


def five():
    """Hardly any leads, and rules without bands."""
    leads = invented(5, conversions=2)
    leads.rankings[1].bands = []
    return leads


def tied():
    """Rules that put every lead in one place."""
    leads = invented(400)
    leads.rankings[1].effects[:] = 0
    leads.rankings[1].scores = np.zeros(400)
    return leads


def one_class_on_top():
    leads = invented(300)
    leads.converted = (leads.rankings[0].scores >= np.sort(leads.rankings[0].scores)[-40]).astype(int)
    return leads


HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{data}}", "=HYPERLINK(\"x\")",
           "مرحبا بالعالم", "🦄🚀 Zoë", "x" * 300, "a\u202eb", "</script><b>", "'\"&amp;", " ", "-12+3"]


def hostile():
    """Names from the data that look like something else."""
    leads = invented(60)
    leads.ids[: len(HOSTILE)] = HOSTILE
    model, rules = leads.rankings
    model.scores[: len(HOSTILE)] += 1 - model.scores.max()
    model.parts = ["<b>visits</b>", "عدد الموظفين", "x" * 200]
    model.values = [f"<i>{value}</i>" for value in model.values]
    model.name, rules.name = "<script>alert('model')</script>", "R & <b>D</b>"
    rules.parts = ["</script><script>alert(2)</script>", "many {n} {{visits}}", "🦄"]
    leads.segments = {"<u>segment</u>": [HOSTILE[i % 4] for i in range(60)]}
    leads.command = "leadscore compare '<script>' --points \"a & b\""
    return leads


def grouped():
    leads = invented(2_000, as_of=[str(date(2025, 1, 1) + timedelta(days=i % 200)) for i in range(2_000)])
    leads.groups = np.arange(2_000) // 2
    return leads


CASES = {
    "bank": bank,
    "bank-untimed": lambda: bank(timed=False),
    "champion": champion,
    "grouped": grouped,
    "five": five,
    "one": lambda: invented(1, conversions=0),
    "none-converted": lambda: invented(200, conversions=0),
    "all-converted": lambda: invented(200, conversions=200),
    "few-converted": lambda: invented(200, conversions=7),
    "few-not": lambda: invented(200, conversions=195),
    "tied": tied,
    "one-class-on-top": one_class_on_top,
    "hostile": hostile,
    "new": lambda: invented(500, basis="new"),
    "large": lambda: invented(100_000),
    "cut": lambda: invented(110_000),
}
