"""Expected coefficients of a regression on tables: tests/oracle/tables.json.

A weighted logistic regression over three tables of cells, each held by `strength / 2` times a
quadratic form (squares, squared differences of neighbours, squared bends of three in a row), solved by Newton's method on dense
matrices in numpy: the same minimum, found with none of leadscore's code.

Rerun:  pip install -r benchmarks/requirements.txt
        python tests/oracle/tables.py
"""

import json
from pathlib import Path

import numpy as np

ROWS = 300
random = np.random.default_rng(20)
sizes = [7, 4, 6]  # the third is a grid of 2 x 3
edges = [[(i, i + 1) for i in range(6)], [], [(0, 3), (1, 4), (2, 5), (0, 1), (1, 2), (3, 4), (4, 5)]]
# Three cells each, with weights: second divided differences along places that are not even.
places = np.array([-2.0, -0.9, -0.5, 0.0, 0.2, 1.1, 2.3])
steps = np.diff(places)
bends = [[[(i, 1 / steps[i]), (i + 1, -1 / steps[i] - 1 / steps[i + 1]), (i + 2, 1 / steps[i + 1])] for i in range(5)],
         [], []]
strengths = [[2.0, 0.8, 0.5], [3.0], [0.7, 1.5]]  # of the walk and of bends, where there are any, then of the ridge

codes = [random.integers(0, size, ROWS) for size in sizes]
curve = [np.sin(np.arange(7)), np.array([0.0, 1.0, -1.0, 0.5]), random.normal(size=6)]
log_odds = -1 + sum(values[code] for values, code in zip(curve, codes))
targets = (random.random(ROWS) < 1 / (1 + np.exp(-log_odds))).astype(float)
weights = random.integers(1, 4, ROWS).astype(float)

width = 1 + sum(sizes)
design = np.zeros((ROWS, width))
design[:, 0] = 1
penalty = np.zeros((width, width))
first = 1
for size, code, links, curved, held in zip(sizes, codes, edges, bends, strengths):
    design[np.arange(ROWS), first + code] = 1
    if links:
        for a, b in links:
            difference = np.zeros(width)
            difference[first + a], difference[first + b] = 1, -1
            penalty += held[0] * np.outer(difference, difference)
    for bend in curved:
        form = np.zeros(width)
        for cell, by in bend:
            form[first + cell] = by
        penalty += held[1] * np.outer(form, form)
    penalty[first : first + size, first : first + size] += held[-1] * np.eye(size)
    first += size

at = np.zeros(width)
for _ in range(100):
    p = 1 / (1 + np.exp(-design @ at))
    gradient = design.T @ (weights * (p - targets)) + penalty @ at
    hessian = design.T @ (design * (weights * p * (1 - p))[:, None]) + penalty
    at -= np.linalg.solve(hessian, gradient)
assert np.abs(gradient).max() < 1e-11

# What the data decide of each table, at these strengths: the trace of its block of
# (X'WX + S)^-1 X'WX.
inverse = np.linalg.inv(hessian)
share = np.diag(inverse @ (hessian - penalty))
first, freedom = 1, []
for size in sizes:
    freedom.append(share[first : first + size].sum())
    first += size

Path(__file__).with_suffix(".json").write_text(
    json.dumps({
        "codes": [code.tolist() for code in codes],
        "cells": sizes,
        "edges": edges,
        "bends": bends,
        "strengths": strengths,
        "targets": targets.tolist(),
        "weights": weights.tolist(),
        "coefficients": at.tolist(),
        "freedom": freedom,
    })
    + "\n"
)
