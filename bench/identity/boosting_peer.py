"""Gradient boosting with labels: an upper bound of what pairs can tell, not a rival, as nobody has such labels.

Half of all candidate pairs are labelled; the model that learnt them scores the other half, and the other way round. It sees Splink's
comparison vector, term frequencies and weights.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier


def scored(frame: "pd.DataFrame", truth: Mapping[str, int], seed: int) -> list[tuple[float, str, str]]:
    """Probability, left, right of each pair, by a model that has not seen its label."""
    columns = [name for name in frame.columns if name.startswith(("gamma_", "tf_", "mw_"))]
    features = frame[columns].astype(float).to_numpy()
    left, right = frame["unique_id_l"].tolist(), frame["unique_id_r"].tolist()
    labels = np.array([truth[a] == truth[b] for a, b in zip(left, right, strict=True)])
    half = np.random.default_rng(seed).random(len(labels)) < 0.5
    probabilities = np.empty(len(labels))
    for learnt in (half, ~half):
        model = HistGradientBoostingClassifier(
            max_iter=300, learning_rate=0.06, l2_regularization=1.0, random_state=seed
        )
        model.fit(features[learnt], labels[learnt])
        probabilities[~learnt] = model.predict_proba(features[~learnt])[:, 1]
    return list(zip(probabilities.tolist(), left, right, strict=True))
