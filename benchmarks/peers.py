"""The peers: what each is given and how it is fitted. One thread each.

All get the same typed columns (datasets.py): numbers as floats, everything else as text. "unknown"
is a level like any other. No peer gets early stopping, class weights or a search.

  plain           scikit-learn: SimpleImputer + StandardScaler, OneHotEncoder, LogisticRegression
  lightgbm        LightGBM's defaults; text as pandas categoricals
  lightgbm-tuned  the same with 300 trees of 15 leaves at a learning rate of 0.03, leaves of at least
                  50 rows and half of the columns for each tree; the last two give it a little more on
                  both sets of data/ (AUC 0.8049 and 0.9348 instead of 0.8040 and 0.9344)
  catboost        CatBoost, 500 trees; text as cat_features
  ebm             InterpretML's Explainable Boosting Machine, defaults; text as nominal
"""

from dataclasses import dataclass, field
from importlib.metadata import version

from datasets import text_columns


def plain_pipeline(numbers, text, **options):
    """What most would write."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        ("text", OneHotEncoder(handle_unknown="ignore"), text),
    ])
    return make_pipeline(columns, LogisticRegression(**options))


def plain(frame, labels, options):
    text = text_columns(frame)
    numbers = [n for n in frame.columns if n not in text]
    model = plain_pipeline(numbers, text, **options).fit(frame, labels)
    return lambda rows: model.predict_proba(rows)[:, 1]


def lightgbm(frame, labels, options):
    from lightgbm import LGBMClassifier

    kinds = dict.fromkeys(text_columns(frame), "category")
    # Some characters are not allowed in its names of columns.
    names = [str(i) for i in range(len(frame.columns))]
    model = LGBMClassifier(n_jobs=1, verbose=-1, **options)
    model.fit(frame.astype(kinds).set_axis(names, axis=1), labels)
    return lambda rows: model.predict_proba(rows.astype(kinds).set_axis(names, axis=1))[:, 1]


def catboost(frame, labels, options):
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        cat_features=text_columns(frame),
        random_seed=0,
        thread_count=1,
        verbose=False,
        allow_writing_files=False,
        **options,
    )
    model.fit(frame, labels)
    return lambda rows: model.predict_proba(rows)[:, 1]


def ebm(frame, labels, options):
    from interpret.glassbox import ExplainableBoostingClassifier

    text = text_columns(frame)
    types = ["nominal" if n in text else "continuous" for n in frame.columns]
    model = ExplainableBoostingClassifier(feature_types=types, n_jobs=1, **options)
    model.fit(frame, labels)
    return lambda rows: model.predict_proba(rows)[:, 1]


@dataclass(frozen=True)
class Peer:
    name: str
    package: str
    fit: callable
    options: dict = field(default_factory=dict)

    def version(self):
        return version(self.package)


PEERS = [
    Peer("plain", "scikit-learn", plain, {"C": 1, "max_iter": 10_000}),
    Peer("lightgbm", "lightgbm", lightgbm),
    Peer(
        "lightgbm-tuned",
        "lightgbm",
        lightgbm,
        {
            "n_estimators": 300,
            "num_leaves": 15,
            "learning_rate": 0.03,
            "min_child_samples": 50,
            "colsample_bytree": 0.5,
        },
    ),
    Peer("catboost", "catboost", catboost, {"iterations": 500}),
    Peer("ebm", "interpret-core", ebm),
]
