"""The words of the page: two languages, one set of keys, and no word that the script has and they lack."""

import json
import re

import pytest

from made_up import PAGES, scripts

ENGLISH, SPANISH = (json.loads((PAGES / f"{lang}.json").read_text("utf-8")) for lang in ("en", "es"))



def placeholders(words):
    texts = [words] if isinstance(words, str) else words.values()
    return {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}


def test_both_languages_have_the_same_keys():
    assert list(ENGLISH) == list(SPANISH)


@pytest.mark.parametrize("key", ENGLISH)
def test_both_languages_put_the_same_values_in(key):
    english, spanish = ENGLISH[key], SPANISH[key]
    # A plural form for one may spell the number out.
    assert placeholders(english) - {"n"} == placeholders(spanish) - {"n"}
    assert isinstance(english, str) == isinstance(spanish, str)


@pytest.mark.parametrize("words", [ENGLISH, SPANISH], ids=["en", "es"])
def test_plurals_have_all_forms_of_their_language(words):
    forms = {"one", "other"} if words is ENGLISH else {"one", "many", "other"}
    plural = {key: set(value) for key, value in words.items() if not isinstance(value, str)}
    assert plural and all(found == forms for found in plural.values())


def test_every_word_is_used():
    script = scripts()
    literal = set(re.findall(r'"([a-z_0-9.]+)"', script))
    patterns = [
        re.compile("^" + "[a-z_]+".join(re.escape(piece) for piece in re.split(r"\$\{[^}]*\}", found)) + "$")
        for found in re.findall(r"`((?:[a-z_.]|\$\{[^}]*\})+)`", script)
        if "." in found
    ]
    helped = {f"{key}{end}" for key in literal for end in (".title", ".lead")}
    figures = {f"figures.{key}{end}" for key in literal for end in ("", ".hint")}
    unused = [
        key for key in ENGLISH
        if key not in literal | helped | figures and not any(pattern.match(key) for pattern in patterns)
    ]
    assert unused == []


def test_no_literal_key_is_missing():
    called = re.findall(r'\b(?:t|say|note|section)\((?:[^()"`,]*\? )?"([a-z_.0-9]+)"', scripts())
    for key in set(called):
        assert key in ENGLISH or f"{key}.title" in ENGLISH, key


def test_spanish_says_nothing_in_english():
    same = {key for key in ENGLISH if ENGLISH[key] == SPANISH[key]}
    # What is the same in both: names put beside each other, and words that both languages have.
    allowed = {
        "unknown", "comma", "leads", "control.spoken", "curves.column", "places.leads", "list.id", "list.file",
        "list.group.only_first", "list.group.only_second", "list.found", "bands.leads", "points.reached",
        "precision.reaches", "calibration.count", "segments.slice", "segments.leads", "segments.better",
        "rules.leads", "made.bytes", "made.target_is",
    }
    assert same <= allowed, same - allowed
