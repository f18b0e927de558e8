"""Expressions over a trial's values, as study files contain them: arithmetic and comparisons. Pure.

Python's own parser reads them. Only this file computes them, and it knows nothing but arithmetic, so an expression can
neither call code nor read files.
"""

from __future__ import annotations

import ast
import contextlib
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_LENGTH = 1000
"""Longest expression, in characters."""

MIN_VIOLATION = 1e-9
"""Smallest violation of a condition that does not hold, such as 1 < 1."""

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    # As floats: a power of integers could fill the memory.
    ast.Pow: lambda base, exponent: math.pow(base, exponent),
}

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda value, members: value in members,
    ast.NotIn: lambda value, members: value not in members,
}

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs, "ceil": math.ceil, "exp": math.exp, "floor": math.floor, "log": math.log, "log10": math.log10,
    "log2": math.log2, "max": max, "min": min, "sqrt": math.sqrt,
}  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """A condition, such as `width * n_blocks <= 128 or optimizer == "sgd"`, or an amount, such as `512 + 40 * width`.

    `names` are the names of the values that it uses.
    """

    text: str
    names: frozenset[str]
    _tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Return the condition in a text. Raises ValueError, with the part that is wrong, if it is not one."""
        expression = cls._read(text)
        if not _is_condition(expression._tree):
            raise ValueError(f"is not a condition: {text!r}. Write a comparison, such as width <= 128")
        return expression

    @classmethod
    def parse_amount(cls, text: str) -> Expression:
        """Return the amount in a text. Raises ValueError, with the part that is wrong, if it is not one."""
        expression = cls._read(text)
        if _is_condition(expression._tree):
            raise ValueError(f"is a condition, not an amount: {text!r}")
        return expression

    @classmethod
    def _read(cls, text: str) -> Expression:
        if len(text) > MAX_LENGTH:
            raise ValueError(f"is longer than {MAX_LENGTH} characters")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, RecursionError, MemoryError):
            raise ValueError(f"is not a valid expression: {text!r}") from None
        names: set[str] = set()
        try:
            _check(tree, names)
        except RecursionError:
            raise ValueError("is nested too deeply") from None
        return cls(text, frozenset(names), tree)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Return whether the condition is true with these values, which must include all of `names`.

        Raises ValueError if it cannot be computed, for example if it compares a string with a number.
        """
        try:
            return bool(_value(self._tree, values))
        except (TypeError, ArithmeticError, ValueError) as error:
            raise ValueError(f"{self.text!r} cannot be computed{self._with(values)}: {error}") from None

    def number(self, values: Mapping[str, Any]) -> float:
        """Return the amount with these values, a finite number. Raises ValueError if it cannot be computed."""
        try:
            value = float(_number(_value(self._tree, values)))
        except (KeyError, TypeError, ArithmeticError, ValueError) as error:
            reason = f"there is no {error}" if isinstance(error, KeyError) else error
            raise ValueError(f"{self.text!r} cannot be computed{self._with(values)}: {reason}") from None
        if not math.isfinite(value):
            raise ValueError(f"{self.text!r} is {value}{self._with(values)}")
        return value

    def _with(self, values: Mapping[str, Any]) -> str:
        """Return the values that the expression uses, for a message: ' with width = 32, lr = 0.1'."""
        used = [f"{name} = {values[name]!r}" for name in sorted(self.names) if name in values]
        return f" with {', '.join(used)}" if used else ""

    def violation(self, values: Mapping[str, Any]) -> float:
        """Return by how much these values violate the condition: 0 or less if it holds, more than 0 if it does not.

        Raises ValueError if the condition cannot be computed.
        """
        holds, distance = self.holds(values), 1.0
        # `holds` skips the parts that `or` does not need, and one of those may fail.
        with contextlib.suppress(TypeError, ArithmeticError, ValueError):
            distance = _distance(self._tree, values)
        if not math.isfinite(distance):
            distance = 1.0
        return min(distance, 0.0) if holds else max(distance, MIN_VIOLATION)


def _is_condition(tree: ast.expr) -> bool:
    is_not = isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
    return isinstance(tree, ast.Compare | ast.BoolOp) or is_not


def _check(tree: ast.expr, names: set[str]) -> None:
    """Add the names that an expression uses to `names`. Raise ValueError for a part that `_value` does not know."""
    parts: list[ast.expr]
    match tree:
        case ast.Constant(value=bool() | int() | float() | str()):
            return
        case ast.Name(id=name):
            names.add(name)
            return
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            parts = [left, right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            parts = [operand]
        case ast.BoolOp(values=values):
            parts = values
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARE for op in ops):
            parts = [left, *others]
        case ast.IfExp(test=test, body=body, orelse=other):
            parts = [test, body, other]
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            parts = elements
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]) if function in _FUNCTIONS and arguments:
            parts = arguments
        case _:
            raise ValueError(
                f"contains {ast.unparse(tree)!r}, which is not allowed. Allowed are names, numbers, strings, "
                f"+ - * / // % **, comparisons, in, and, or, not, x if y else z, and {', '.join(_FUNCTIONS)}"
            )
    for part in parts:
        _check(part, names)


def _number(value: Any) -> Any:
    """Return a number as it is. Raises TypeError for anything else: a string times a number could fill the memory."""
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value


def _value(tree: ast.expr, values: Mapping[str, Any]) -> Any:
    """Return what an expression, or a part of one, comes to."""
    match tree:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_number(_value(left, values)), _number(_value(right, values)))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, values)
        case ast.UnaryOp(op=op, operand=operand):
            value = _number(_value(operand, values))
            return -value if isinstance(op, ast.USub) else value
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_value(part, values) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_value(part, values) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=others):
            chain = [_value(part, values) for part in (left, *others)]
            return all(_COMPARE[type(op)](left, right) for op, left, right in zip(ops, chain, chain[1:], strict=False))
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body if _value(test, values) else other, values)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return [_value(element, values) for element in elements]
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return _FUNCTIONS[function](*(_number(_value(argument, values)) for argument in arguments))
    raise AssertionError(f"_check accepted {ast.dump(tree)}, which _value does not know")


def _distance(tree: ast.expr, values: Mapping[str, Any]) -> float:
    """Return how far a condition is from true, by its worst part.

    The distance of `a <= b` is a - b. Where no distance is defined, it is 0 for true and 1 for false.
    """
    match tree:
        case ast.BoolOp(op=ast.And(), values=parts):
            return max(_distance(part, values) for part in parts)
        case ast.BoolOp(values=parts):
            return min(_distance(part, values) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=others):
            chain = [_value(part, values) for part in (left, *others)]
            return max(_gap(op, left, right) for op, left, right in zip(ops, chain, chain[1:], strict=False))
    return 0.0 if _value(tree, values) else 1.0


def _gap(op: ast.cmpop, left: Any, right: Any) -> float:
    if isinstance(op, ast.Lt | ast.LtE):
        return float(_number(left) - _number(right))
    if isinstance(op, ast.Gt | ast.GtE):
        return float(_number(right) - _number(left))
    return 0.0 if _COMPARE[type(op)](left, right) else 1.0
