"""Estimates trigrams.bin, the letters of real names, which the junk reader compares with.

    pip install faker && python estimate.py

Sources: the given names, surnames and words of Faker (MIT licence, github.com/joke2k/faker), those
in Cyrillic and Greek also romanised; and more_names.txt, written for this project. What is kept is
a table of 27^3 bytes (a boundary and 26 letters): -16 log2 P(third | first, second), at most 255.
"""

import importlib
import math
import pathlib
import pkgutil
import sys
import unicodedata
from collections import Counter

import faker.providers.company
import faker.providers.lorem
import faker.providers.person

HERE = pathlib.Path(__file__).parent
SPECIAL = str.maketrans({"æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss",
                         "œ": "oe", "ı": "i", "ħ": "h", "ə": "e"})
ROMAN = dict(zip("абвгдежзийклмнопрстуфхцчшщъыьэюяієїґђјљњћџѓѕќўё",
    "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya i ye yi g dj j lj nj c dz gj dz kj u yo".split(" ")))
ROMAN |= dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω",
    "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(" ")))


def words_of(text):
    text = text.lower().translate(SPECIAL)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = "".join(ROMAN.get(c, c) for c in text)
    word = ""
    for c in text + " ":
        if "a" <= c <= "z":
            word += c
        elif c.isalpha():
            return  # another script
        else:
            if len(word) > 1:
                yield word
            word = ""


def strings(value):
    if isinstance(value, str):
        if "{" not in value:
            yield value
    elif isinstance(value, (list, tuple, set, frozenset)) or hasattr(value, "keys"):
        for item in list(value):
            yield from strings(item)


def collect():
    found = set()
    for package in (faker.providers.person, faker.providers.company, faker.providers.lorem):
        for module in pkgutil.iter_modules(package.__path__):
            provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
            if package is faker.providers.lorem and module.name not in ("en_US", "es_ES", "fr_FR", "de_DE"):
                continue
            for name in dir(provider):
                if not name.startswith("__") and not callable(getattr(provider, name)):
                    for text in strings(getattr(provider, name)):
                        found.update(words_of(text))
    for line in (HERE / "more_names.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            found.update(words_of(line))
    return sorted(found)


def estimate(words):
    index = {chr(96 + i): i for i in range(1, 27)}
    three, two, one = Counter(), Counter(), Counter()
    for word in words:
        a, b = 0, 0
        for c in [index[c] for c in word] + [0]:
            three[a, b, c] += 1
            two[b, c] += 1
            one[c] += 1
            a, b = b, c
    total = sum(one.values())
    two_context, three_context = Counter(), Counter()
    two_kinds, three_kinds = Counter(), Counter()
    for (b, c), n in two.items():
        two_context[b] += n
        two_kinds[b] += 1
    for (a, b, c), n in three.items():
        three_context[a, b] += n
        three_kinds[a, b] += 1
    table = bytearray()
    # Witten-Bell smoothing: a context trusts the shorter one as much as it has met new letters.
    for a in range(27):
        for b in range(27):
            for c in range(27):
                p1 = (one[c] + 1) / (total + 27)
                n2, k2 = two_context[b], two_kinds[b] + 1
                p2 = (two[b, c] + k2 * p1) / (n2 + k2)
                n3, k3 = three_context[a, b], three_kinds[a, b] + 1
                p3 = (three[a, b, c] + k3 * p2) / (n3 + k3)
                table.append(min(255, round(-16 * math.log2(p3))))
    return bytes(table)


if __name__ == "__main__":
    words = collect()
    (HERE / "trigrams.bin").write_bytes(estimate(words))
    print(len(words), "words", file=sys.stderr)
