"""Makes level_rates.json, the reference prior and rates of the levels of a category.

Rows of levels in parts; levels have rates of their own. The correlation of two rows of a level is the
mean, over all ordered couples of rows of one level and different parts, each weighted by one over the
rows of the level, of the product of their residuals, over the variance of an outcome
(J. Kleinman, 1973); a beta prior adds 1 / correlation - 1 rows at the common rate. Couples are gone
through one by one here.

Rerun:  python tests/oracle/level_rates.py
"""

import json
import random
from pathlib import Path

LEVELS, ROWS, PARTS = 60, 600, 4

random.seed(7)
rates = [random.betavariate(2, 6) for _ in range(LEVELS)]
level = [random.randrange(LEVELS) for _ in range(ROWS)]
part = [random.randrange(PARTS) for _ in range(ROWS)]
label = [random.random() < rates[of] for of in level]

rate = sum(label) / ROWS
together = couples = 0.0
for a in range(ROWS):
    for b in range(ROWS):
        if level[a] == level[b] and part[a] != part[b]:
            weight = 1 / level.count(level[a])
            together += weight * (label[a] - rate) * (label[b] - rate)
            couples += weight
correlation = together / couples / (rate * (1 - rate))
strength = 1 / correlation - 1

shrunk = []
for of in range(LEVELS):
    own = [won for won, at in zip(label, level) if at == of]
    shrunk.append((sum(own) + strength * rate) / (len(own) + strength))

found = {
    "level": level,
    "part": part,
    "label": label,
    "rate": rate,
    "strength": strength,
    "shrunk": shrunk,
}
Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n")
