"""`losscli compute LOSS`: each loss is a command with its own options, made from its signature."""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import typer

from losscli.catalogue.binding import bind
from losscli.cli.options import COMPUTE, parameter, parameters
from losscli.cli.streams import to_stderr
from losscli.errors import ExitCode, InputError, UsageError, Warned, counted
from losscli.registry import Loss, Preset
from losscli.signature import Option

__all__ = ["command_of", "help_of"]

_SHORT = {"pred": "-p", "target": "-t"}
_KINDS: dict[str, Any] = {"float": float, "int": int, "bool": bool, "text": str, "array": str}


def command_of(name: str, known: Loss, preset: Preset) -> Callable[..., Any]:
    """A function whose signature holds the roles, the options of the loss under this name, and the options all losses share."""

    def command(**given: Any) -> ExitCode:
        return _compute(name, known, preset, given)

    theirs = preset.words
    data = Annotated[str | None, typer.Argument(metavar="[DATA]", help="A file whose columns the roles are, by name or as given.")]
    roles = [
        parameter(
            r.name, str | None, f"--{_kebab(r.name)}", *([_SHORT[r.name]] if r.name in _SHORT else []),
            help=f"{preset.in_words(_what(r.domain))}{' (optional)' if r.optional else ''}", panel="Roles", metavar="SOURCE",
        )
        for r in known.roles.values()
    ]  # fmt: skip
    options = [
        _own(theirs.get(o.name, o.name), o, preset.default(o), known.name, _both_words(o.name, preset)) for o in _asked(known, preset)
    ]
    leave = frozenset(
        [
            *(["per"] if not known.allows_per else []),
            *(["class_axis"] if not any(r.domain.classes for r in known.roles.values()) else []),
        ]
    )
    shared = parameters(COMPUTE, leave)
    first = inspect.Parameter("data", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=data)
    command.__signature__ = inspect.Signature([first, *roles, *options, *shared])  # type: ignore[attr-defined]
    command.__name__ = known.name
    return command


def _asked(known: Loss, preset: Preset) -> list[Option]:
    """The options that can be given: not one of ours whose name the framework has for another."""
    return [o for o in known.all_options.values() if o.name not in preset.renames or o.name in preset.renames.values()]


def _kebab(name: str) -> str:
    return name.replace("_", "-")


def _what(domain: Any) -> str:
    shape = "" if not domain.ndim else "one vector for all rows to share, " if domain.shared else "a vector a row, "
    return shape + domain.says


def _both_words(name: str, preset: Preset) -> list[str]:
    """Our word for an option that the framework calls otherwise, unless that is its word for another, or has other units."""
    word = preset.word(name)
    return [name] if word != name and name not in preset.renames and preset.converted(word) is None else []


def _own(name: str, option: Option, default: Any, loss: str, also: Sequence[str]) -> inspect.Parameter:
    kind = Literal[option.choices] if option.kind == "choice" else _KINDS[option.kind]
    no = option.kind == "bool"
    flags = [f"--{_kebab(n)}" + (f"/--no-{_kebab(n)}" if no else "") for n in (name, *also)]
    metavar = {"choice": None, "bool": None, "array": "|".join(("NUMBERS", "SOURCE", *option.words))}.get(option.kind, option.says)
    if option.kind == "array" and default is not None:
        default = ",".join(f"{x:g}" for x in (default if isinstance(default, list) else [default]))
    about = option.about or ("One for each class, or one number for all." if option.kind == "array" and option.domain is not None else "")
    return parameter(
        name, kind | None if default is None else kind, *flags, default=default, help=about, panel=f"Options of {loss}", metavar=metavar
    )


def help_of(name: str, known: Loss, preset: Preset) -> str:
    """Summary, formula, reference, one example that can be typed; \\f-free, one paragraph each."""
    qualified = "" if not preset.names else f"\n\nAs {name}: {_preset(preset)}."
    units = f" Units: {known.units}." if known.units else ""
    example = f"\n\nExample: losscli compute {name} {_example(known)}" if known.example else ""
    said = f"{known.summary}\n\n{known.formula}\n\nReference: {known.reference}.{units}{qualified}{example}"
    return said.replace("[", r"\[")  # Rich takes [clip, 1 − clip] for markup


def _preset(preset: Preset) -> str:
    from losscli.render.listing import differs

    return differs(preset)


def _example(known: Loss) -> str:
    """The example of the docstring, as it is typed at the prompt."""
    call = next(n for n in ast.walk(ast.parse(_statement(known.example))) if isinstance(n, ast.Call) and ast.unparse(n.func) == known.name)
    arrays = dict(zip(known.roles, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg in known.roles}
    said = [f"{_SHORT.get(r, f'--{_kebab(r)}')} {_typed(_literal(x))}" for r, x in arrays.items()]
    for k in call.keywords:
        if k.arg in known.options:
            value = _literal(k.value)
            flag = f"--{'' if value is not False else 'no-'}{_kebab(str(k.arg))}"
            said.append(flag if isinstance(value, bool) else f"{flag} {_typed(value)}")
    return " ".join(said)


def _statement(example: str) -> str:
    """The first statement of a docstring's example."""
    first, *rest = example.splitlines()
    more = itertools.takewhile(lambda line: line.startswith("..."), rest)
    return "\n".join([first.removeprefix(">>> "), *(line.removeprefix("... ") for line in more)])


def _literal(node: ast.expr) -> Any:
    """What an argument stands for: the list in np.array(…), or a value."""
    try:
        return ast.literal_eval(node.args[0] if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.array" else node)
    except ValueError:  # np.log([0.5]) and the like
        from losscli.numeric.lazy import np

        value = eval(ast.unparse(node), {"np": np})  # noqa: S307 - our own docstring
        return value.tolist() if hasattr(value, "tolist") else value


def _typed(value: Any) -> str:
    """Numbers as a shell takes them: 1,2 or '[[1,2],[3,4]]'."""
    if isinstance(value, list) and value and not isinstance(value[0], list):
        return ",".join(map(_typed, value))
    if isinstance(value, list):
        return "'" + _nested(value) + "'"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _nested(value: Any) -> str:
    return "[" + ",".join(map(_nested, value)) + "]" if isinstance(value, list) else _typed(value)


def _compute(name: str, known: Loss, preset: Preset, given: dict[str, Any]) -> ExitCode:
    """Read, compute, write; the exit code is the gate's."""
    from losscli.cli.atomic import pending
    from losscli.cli.destination import destination, refuse_to_overwrite
    from losscli.cli.messages import say, warn
    from losscli.cli.progress_bar import progress
    from losscli.cli.watchers import Chosen, Written
    from losscli.results.gates import Gate, tolerances
    from losscli.sources.inputs import Inputs, Reading
    from losscli.sources.join import rows_by

    to = destination(format=given["format"], output=given["output"], precision=given["precision"], color=given["color"], rows=given["rows"])
    reduction = given["reduction"] or preset.reduction or known.reduction
    arrays = _of_arrays(given, reduction)
    near = tolerances(given["rtol"], given["atol"], given["expect"] is not None or given["gradcheck"])
    gate = Gate(max=given["max"], min=given["min"], expect=None if arrays else given["expect"], rtol=near[0], atol=near[1])
    if gate.asked and reduction == "none":
        raise UsageError("a gate needs one number: give -r mean (or sum, …), not -r none")
    for option in ("top", "threads"):
        if (given[option] or 0) < 0:
            raise UsageError(f"--{option} takes 0 or more, not {given[option]}")
    if given["top"] and known.kind == "statistic" and "row" not in (given["per"] or preset.per or known.per):
        raise UsageError(f"{known.name} is one number over all rows: --top needs --per row")
    if given["top"] and given["grad"] and to.format in ("csv", "tsv", "jsonl", "value", "npy"):
        raise UsageError(f"-f {to.format} holds the {given['top']} largest losses or derivatives: leave out --top or --grad, or write json")
    if given["top"] and reduction != "none" and to.format in ("csv", "tsv", "value"):
        raise UsageError(f"-f {to.format} holds one number: add -r none for the {given['top']} largest, or -f json for both")
    if to.format == "npy" and reduction != "none" and not given["grad"]:
        raise UsageError("an NPY file holds the values of the elements: add -r none, or --grad ROLE for derivatives")
    if given["gradcheck"] and given["dtype"] != "float64":
        raise UsageError("--gradcheck needs float64: differences of float32 have hardly a digit")
    if given["dtype"] not in ("float64", "float32"):
        raise UsageError(f"--dtype takes float64 or float32, not {given['dtype']!r}")
    classes = tuple(c.strip() for c in given["classes"].split(",")) if given["classes"] is not None else ()
    inputs = Inputs(given["data"], Reading.given(given), classes)

    from losscli.engine.passes import run
    from losscli.engine.plan import prepare
    from losscli.engine.sample_weights import one_for_all
    from losscli.engine.work import Work
    from losscli.render.result import ResultReport
    from losscli.results.result import result_of

    theirs = preset.words
    bound = bind(known, preset, _options(known, preset, theirs, given, inputs))
    columns = inputs.roles(
        known,
        {r: given[r] for r in known.roles if given[r] is not None},
        bound.options.get("ignore_index"),
        f"--{_kebab(preset.word('ignore_index'))}",
    )
    weight = None if given["sample_weight"] is None else one_for_all(inputs.column(given["sample_weight"]))
    rows = rows_by(inputs, given["id"])
    matched = rows.matched(known, columns, weight)
    columns, weight = matched.columns, matched.weight
    inputs.check_used()
    work = Work(given["reduction"], given.get("per"), given["nan"], given["dtype"], given.get("class_axis"), given["broadcast"])
    job, needed = prepare(bound, columns, work, weight=weight)

    from losscli.data.blocks import Data
    from losscli.render.elements import FORMATS, Keys

    job.notes += [*matched.notes, *inputs.notes]
    job.warnings += matched.warnings
    data = Data(needed, omit=given["nan"] == "omit")
    keys = Keys(rows.ids, rows.name)
    asked = None
    if given["grad"] or given["gradcheck"] or arrays:
        from losscli.cli.derivative import Asked

        asked = Asked(job, data, rows, given | {"rtol": near[0], "atol": near[1]}, arrays, hold=to.format in ("json", "yaml"))
    refuse_to_overwrite(given["output"], [*inputs.files, *gate.files])
    with pending(to) as out:
        written = seen = None
        if (reduction == "none" or given["grad"]) and to.format in FORMATS:
            elements = FORMATS[to.format](keys, to.style)
            beside = asked.columns(to.format) if asked else ()
            written = Chosen(out, elements, given["top"]) if given["top"] is not None else Written(out, elements, *beside)
        else:
            seen = _watcher(to.format, to.style.rows, given["top"] or 0, reduction)
        with progress(given["quiet"]), to_stderr():  # a function of the user's may print
            outcome = asked.run(written, seen) if asked else run([job], data, threads=given["threads"], watch=[written or seen])[0]
        if rows.ids is not None and len(rows.ids) != outcome.read:
            raise InputError(f"{given['id']} names {counted(len(rows.ids), 'row')}, but there are {outcome.read}")
        bindings = {role: c.source for role, c in columns.items()} | ({} if weight is None else {"sample_weight": weight.source})
        result = result_of(outcome, bindings, seen, name=name)
        if asked is not None:
            result.gradient, result.gradient_rows = asked.gradient, asked.rows
            if asked.said is not None:
                from losscli.results.expectation import refuse_another

                refuse_another(given["expect"], asked.said, result)
        result.header, result.warnings = inputs.headers or None, [*inputs.warnings, *result.warnings]
        each = written is not None and (outcome.final.value is None or given["grad"])
        if each and result.rows.omitted and not given["top"] and to.format in ("value", "npy"):
            result.warnings.append(_without_numbers(result, to.format))
        warn(result.warnings, quiet=given["quiet"], strict=given["strict"])
        verdict = _verdict(gate, result, asked.agreements if asked else ())
        if written is not None and each:
            written.end()
        elif to.format == "npy":
            out.write(_npy(result))
        else:
            out.report(
                ResultReport(
                    result, keys, {r: c.labels.shown for r, c in needed.items() if c.labels is not None and not c.labels.codes}, verdict
                )
            )
    if verdict is None:
        return ExitCode.DONE
    if not given["quiet"]:
        if gate.asked:
            say(gate.line(known.name, result, verdict))
        for agreement in asked.agreements if asked else ():
            say(agreement.line())
    return ExitCode.DONE if verdict["passed"] else ExitCode.GATE


def _without_numbers(result: Any, format: str) -> Warned:
    """W117: values that no longer stand at the places of their rows."""
    gone = f"{counted(result.rows.omitted, 'row')} of {result.rows.read:,} left out for nan"
    how = "-f csv or jsonl writes the number or id of each row; --nan propagate leaves none out"
    return Warned("W117", f"{gone}, and -f {format} does not say which: from there on its values stand for other rows; {how}")


def _of_arrays(given: dict[str, Any], reduction: str) -> bool:
    """Whether --expect is about every element, and not about one number."""
    if given["expect"] is None or not (given["grad"] or reduction == "none"):
        return False
    try:
        float(given["expect"])
    except ValueError:
        return True
    return False


def _verdict(gate: Any, result: Any, agreements: Sequence[Any]) -> dict[str, Any] | None:
    """Of the bounds for the value, and of what was compared element by element."""
    checks = gate.verdict(result)["checks"] if gate.asked else []
    checks += [a.to_dict() for a in agreements]
    return {"passed": all(c["passed"] for c in checks), "checks": checks} if checks else None


def _options(known: Loss, preset: Preset, theirs: dict[str, str], given: dict[str, Any], inputs: Any) -> dict[str, Any]:
    """The options as the framework of this name calls them; those of one number a class come from any SOURCE."""
    found = {}
    for option in _asked(known, preset):
        name = theirs.get(option.name, option.name)
        value = given[name]
        found[name] = inputs.option(value) if option.is_source(value) else value
    return found


def _npy(result: Any) -> bytes:
    """The few values of a statistic, such as one for each channel."""
    if result.values is None:
        raise UsageError(f"an NPY file holds the values of the elements, and {result.loss} is one number over all of them")
    from losscli.render.elements import npy

    return npy(result.values)


def _watcher(format: str, rows: int | None, top: int, reduction: str) -> Any:
    """What has to be seen of the elements for this output, or None: then only the number is computed."""
    from losscli.results.collect import Collector

    if format in ("table", "markdown"):
        many = 2**62 if rows is None else rows
        return Collector(head=many, tail=0 if rows is None else rows // 2, top=top)
    if format in ("json", "yaml", "jsonl"):
        return Collector(values=reduction == "none", top=top)
    return None
