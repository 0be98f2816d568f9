"""Simulated leads as a flat table, seeded: what million.py, score.py and load.py run on.

Twenty columns beside the id and the outcome: numbers of several shapes, categories of few values and
of many, some of them missing. The log-odds of converting (8 % do) are not linear in them: they have
curves, thresholds, interactions and the effects of many small categories.
"""

import numpy as np
import pandas as pd

ID, TARGET = "lead_id", "converted"
SOURCES = ["organic", "ads", "referral", "event", "partner", "outbound"]
DEVICES = ["desktop", "mobile", "tablet"]
SENIORITIES = ["junior", "senior", "manager", "director", "vp", "c-level"]


def names(prefix, number):
    return np.array([f"{prefix} {i:04}" for i in range(number)])


def zipf(rng, number, rows):
    """Codes below `number`, the first the most frequent."""
    weight = 1 / np.arange(1, number + 1) ** 0.8
    return rng.choice(number, rows, p=weight / weight.sum())


def table(rows, seed):
    """A frame of the leads, in any order."""
    effects = np.random.default_rng(0)  # the same truth for every seed
    rng = np.random.default_rng(seed)
    missing = lambda share: rng.random(rows) < share  # noqa: E731

    employees = np.round(rng.lognormal(4, 1.6, rows)).clip(1)
    revenue = np.round(employees * rng.lognormal(11, 0.9, rows), -3)
    growth = np.round(rng.normal(5, 12, rows), 1)
    source = rng.choice(6, rows, p=[0.3, 0.3, 0.14, 0.1, 0.1, 0.06])
    sessions = np.where(rng.random(rows) < 0.35, 0, rng.negative_binomial(1, 0.18, rows))
    views = rng.poisson(sessions * rng.gamma(2, 2, rows))
    minutes = np.round(np.where(sessions > 0, rng.gamma(1.2, 4, rows) * np.sqrt(sessions), 0), 2)
    pricing = rng.binomial(views, 0.06)
    emails = rng.poisson(1.8, rows)
    silent = np.round(rng.exponential(20, rows))
    discount = rng.choice([0, 5, 10, 15, 20], rows, p=[0.6, 0.15, 0.13, 0.08, 0.04])
    age = rng.integers(0, 720, rows)
    country, industry = zipf(rng, 30, rows), zipf(rng, 15, rows)
    device, seniority = rng.choice(3, rows, p=[0.6, 0.33, 0.07]), zipf(rng, 6, rows)
    campaign, city = zipf(rng, 500, rows), zipf(rng, 2000, rows)
    newsletter = rng.random(rows) < 0.4
    language = zipf(rng, 12, rows)

    z = -4.2 + 0.5 * np.log1p(views) + 0.9 * np.minimum(pricing, 3) / (1 + silent / 30)
    z += 0.6 * np.exp(-(((np.log(employees) - 5) / 1.2) ** 2))  # neither small nor large
    z -= 0.03 * np.minimum(silent, 60) + 0.3 * (discount == 0)
    z += np.where(source == 1, -0.5, np.where(source == 2, 0.8, 0.0))
    z += 0.25 * (seniority >= 3) * np.minimum(pricing, 4)
    z += np.where((source == 1) & (device == 1), -0.7, 0.0) + 0.02 * growth * (employees > 100)
    z += 0.4 * newsletter * np.log1p(emails) + 0.3 * np.sin(age / 365.25 * 2 * np.pi)
    for codes, levels in (country, 30), (industry, 15), (campaign, 500), (city, 2000):
        z += effects.normal(0, 0.35, levels)[codes]
    converted = rng.random(rows) < 1 / (1 + np.exp(-z))

    text = lambda levels, codes: np.asarray(levels, object)[codes]  # noqa: E731
    frame = pd.DataFrame(
        {
            ID: np.char.add("lead-", np.arange(rows).astype(str)),
            "source": text(SOURCES, source),
            "country": text(names("country", 30), country),
            "city": text(names("city", 2000), city),
            "industry": pd.Series(text(names("industry", 15), industry)).mask(missing(0.12)),
            "seniority": pd.Series(text(SENIORITIES, seniority)).mask(missing(0.2)),
            "campaign": text(names("campaign", 500), campaign),
            "language": text(names("language", 12), language),
            "device": text(DEVICES, device),
            "newsletter": np.where(newsletter, "yes", "no"),
            "employees": pd.Series(employees).mask(missing(0.15)).astype("Int64"),
            "annual_revenue": pd.Series(revenue).mask(missing(0.3)).astype("Int64"),
            "growth_percent": pd.Series(growth).mask(missing(0.3)),
            "sessions": sessions,
            "page_views": views,
            "minutes_on_site": minutes,
            "pricing_views": pricing,
            "emails_opened": emails,
            "days_silent": pd.Series(silent).mask(sessions == 0).astype("Int64"),
            "discount_percent": discount,
            "age_days": age,
            TARGET: np.where(converted, "yes", "no"),
        }
    )
    return frame
