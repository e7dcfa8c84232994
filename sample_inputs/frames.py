"""The losses of a data frame: columns by name, slices, a comparison."""

import pandas as pd

import losscli

frame = pd.read_csv("sample_inputs/diabetes.csv")
result = losscli.compute("rmse", data=frame, pred="ridge", target="y_true", by="sex")
print(float(result), [(s.key, s.result.value) for s in result.slices])

comparison = losscli.compare(["ridge", "gbm"], data=frame, target="y_true", losses=["mae", "huber:delta=30"])
print(comparison.to_frame()[["prediction", "loss", "value", "low", "high"]])
