"""A user's script, which mypy checks as strictly as it can: the types of the interface."""

import losscli
from losscli.testing import assert_loss

result = losscli.compute("huber", data={"p": [2.5, 0], "t": [3, 1]}, pred="p", target="t", delta=2.0)
number: float = float(result)
text: str = result.table
rows: int = result.rows.read
same: losscli.Result = result
slope = losscli.gradient("mse", pred=[1, 2], target=[0, 4])
comparison = losscli.compare({"a": [1, 2], "b": [1, 3]}, target=[1, 4], losses=["mse"])
passed: bool | None = comparison.passed
best: list[str] = [r.prediction for r in comparison.results if r.best]
found = losscli.match("2.5", pred=[1, 2], target=[0, 4], losses="mse")
commands: list[str] = [m.command for m in found.matches]
loss: losscli.Loss = losscli.find("huber")
assert_loss(2.5, "mse", pred=[1.0, 2.0], target=[0.0, 4.0])
