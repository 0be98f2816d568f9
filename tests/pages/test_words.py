"""The words of the pages: two languages, one set of keys, and no word that a script has and they lack."""

import re

import pytest

from made_up import scripts, words

PAGES = ["compare", "model", "rules"]
FOLDERS = ["common", *PAGES]


def own(lang, folder):
    """The words of one folder."""
    return words(lang, folder)[-1]


def merged(lang, page):
    return {key: text for of in words(lang, page) for key, text in of.items()}


def placeholders(words):
    texts = [words] if isinstance(words, str) else words.values()
    return {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_both_languages_have_the_same_keys(folder):
    assert list(own("en", folder)) == list(own("es", folder))


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_what_all_pages_name(page):
    assert set(own("en", page)) & set(own("en", "common")) == set()


@pytest.mark.parametrize(("folder", "key"), [(folder, key) for folder in FOLDERS for key in own("en", folder)])
def test_both_languages_put_the_same_values_in(folder, key):
    english, spanish = own("en", folder)[key], own("es", folder)[key]
    # A plural form for one may spell the number out.
    assert placeholders(english) - {"n"} == placeholders(spanish) - {"n"}
    assert isinstance(english, str) == isinstance(spanish, str)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("lang", ["en", "es"])
def test_plurals_have_all_forms_of_their_language(folder, lang):
    forms = {"one", "other"} if lang == "en" else {"one", "many", "other"}
    plural = {key: set(value) for key, value in own(lang, folder).items() if not isinstance(value, str)}
    assert plural and all(found == forms for found in plural.values())


def unused(script, keys):
    literal = set(re.findall(r'"([a-z_0-9.]+)"', script))
    patterns = [
        re.compile("^" + "[a-z_]+".join(re.escape(piece) for piece in re.split(r"\$\{[^}]*\}", found)) + "$")
        for found in re.findall(r"`([a-z](?:[a-z_.]|\$\{[^}]*\})+)`", script)
        if "." in found
    ]
    # Names of bands, which go by themselves where there is no word; and how rankings are called.
    prefixes = re.findall(r'known\("(\w+)"', script) + re.findall(r'inWords\((?:[^()]|\([^()]*\))*?, "(\w+)"\)', script)
    patterns += [re.compile(rf"^{prefix}\.\w+$") for prefix in prefixes]
    helped = {f"{key}{end}" for key in literal for end in (".title", ".lead")}
    figures = {f"{prefix}.{key}{end}" for prefix in ("figures", "reached") for key in literal for end in ("", ".hint")}
    return [key for key in keys if key not in literal | helped | figures and not any(p.match(key) for p in patterns)]


@pytest.mark.parametrize("page", PAGES)
def test_every_word_is_used(page):
    assert unused(scripts(page), own("en", page)) == []


def test_every_common_word_is_used_by_two_pages_or_by_what_they_share():
    keys = own("en", "common")
    shared = set(keys) - set(unused(scripts("common"), keys))
    users = [set(keys) - set(unused(scripts(page), keys)) for page in PAGES]
    assert [key for key in keys if key not in shared and sum(key in used for used in users) < 2] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_literal_key_is_missing(page):
    called = re.findall(r'\b(?:t|say|note|section)\((?:[^()"`,]*\? )?"([a-z_.0-9]+)"', scripts(page))
    known = merged("en", page)
    for key in set(called):
        assert key in known or f"{key}.title" in known, key


# What is the same in both languages: names put beside each other, and words that both have.
SAME = {
    "common": {
        "unknown", "comma", "leads", "bands.leads", "calibration.count", "rules.leads", "made.bytes",
        "made.target_is",
    },
    "compare": {
        "control.spoken", "curves.column", "places.leads", "list.id", "list.file",
        "list.group.only_first", "list.group.only_second", "list.found", "points.reached",
        "precision.reaches", "segments.slice", "segments.leads", "segments.better",
    },
    "model": {
        "odds.times", "folds.between", "folds.auc", "tenths.leads", "shapes.share", "drift.psi",
    },
    "rules": {"spread.leads"},
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_spanish_says_nothing_in_english(folder):
    english, spanish = own("en", folder), own("es", folder)
    same = {key for key in english if english[key] == spanish[key]}
    assert same <= SAME[folder], same - SAME[folder]
