"""Plain expressions over a trial's values, as a study file has them: arithmetic and comparisons, read by Python's own
parser, computed by nothing but this file."""

from __future__ import annotations

import ast
import contextlib
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 1000
"""Characters of an expression."""


BARELY = 1e-9
"""The least violation of what is not true, such as 1 < 1."""


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    # Of floats: whole numbers could grow without bound.
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

    `names` are the values that it looks at.
    """

    text: str
    names: frozenset[str]
    _tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> Expression:
        """A condition. Raises ValueError for what is none, saying which part."""
        expression = cls._read(text)
        if not _is_condition(expression._tree):
            raise ValueError(f"is neither true nor false: {text!r}; compare something, as in width <= 128")
        return expression

    @classmethod
    def amount(cls, text: str) -> Expression:
        """An amount. Raises ValueError likewise."""
        expression = cls._read(text)
        if _is_condition(expression._tree):
            raise ValueError(f"is a condition, not an amount: {text!r}")
        return expression

    @classmethod
    def _read(cls, text: str) -> Expression:
        if len(text) > LONGEST:
            raise ValueError(f"is longer than {LONGEST} characters")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, RecursionError, MemoryError):
            raise ValueError(f"is no expression: {text!r}") from None
        names: set[str] = set()
        try:
            _check(tree, names)
        except RecursionError:
            raise ValueError("is nested too deeply") from None
        return cls(text, frozenset(names), tree)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it is true of these values, which have all of `names`.

        Raises ValueError where it cannot be computed, as when a string is compared with a number.
        """
        try:
            return bool(_value(self._tree, values))
        except (TypeError, ArithmeticError, ValueError) as error:
            raise ValueError(f"{self.text!r} cannot be computed of {dict(values)}: {error}") from None

    def number(self, values: Mapping[str, Any]) -> float:
        """What it comes to with these values, a finite number. Raises ValueError where it cannot be computed."""
        try:
            value = float(_number(_value(self._tree, values)))
        except (KeyError, TypeError, ArithmeticError, ValueError) as error:
            why = f"there is no {error}" if isinstance(error, KeyError) else error
            raise ValueError(f"{self.text!r} cannot be computed of {dict(values)}: {why}") from None
        if not math.isfinite(value):
            raise ValueError(f"{self.text!r} is {value} for {dict(values)}")
        return value

    def violation(self, values: Mapping[str, Any]) -> float:
        """By how much it is not true of these values: 0 or less where it holds, more than 0 where it does not.

        Raises ValueError as `holds`.
        """
        holds, distance = self.holds(values), 1.0
        with contextlib.suppress(TypeError, ArithmeticError, ValueError):  # of a part that `or` did not need
            distance = _distance(self._tree, values)
        if not math.isfinite(distance):
            distance = 1.0
        return min(distance, 0.0) if holds else max(distance, BARELY)


def _is_condition(tree: ast.expr) -> bool:
    is_not = isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
    return isinstance(tree, ast.Compare | ast.BoolOp) or is_not


def _check(tree: ast.expr, names: set[str]) -> None:
    """Raise ValueError for any part that `_value` does not know; collect names."""
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
                f"has {ast.unparse(tree)!r}, which is not allowed: names, numbers, strings, + - * / // % **, "
                f"comparisons, in, and, or, not, x if y else z, {', '.join(_FUNCTIONS)}"
            )
    for part in parts:
        _check(part, names)


def _number(value: Any) -> Any:
    """Arithmetic is of numbers alone: a string times a number could fill the memory."""
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value


def _value(tree: ast.expr, values: Mapping[str, Any]) -> Any:
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
            return all(_COMPARE[type(op)](one, other) for op, one, other in zip(ops, chain, chain[1:], strict=False))
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body if _value(test, values) else other, values)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return [_value(element, values) for element in elements]
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return _FUNCTIONS[function](*(_number(_value(argument, values)) for argument in arguments))
    raise AssertionError(f"parse let {ast.dump(tree)} through")


def _distance(tree: ast.expr, values: Mapping[str, Any]) -> float:
    """How far the worst part of a condition is from true: left minus right of `<=`; 1 where there is no distance."""
    match tree:
        case ast.BoolOp(op=ast.And(), values=parts):
            return max(_distance(part, values) for part in parts)
        case ast.BoolOp(values=parts):
            return min(_distance(part, values) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=others):
            chain = [_value(part, values) for part in (left, *others)]
            return max(_apart(op, one, other) for op, one, other in zip(ops, chain, chain[1:], strict=False))
    return 0.0 if _value(tree, values) else 1.0


def _apart(op: ast.cmpop, one: Any, other: Any) -> float:
    if isinstance(op, ast.Lt | ast.LtE):
        return float(_number(one) - _number(other))
    if isinstance(op, ast.Gt | ast.GtE):
        return float(_number(other) - _number(one))
    return 0.0 if _COMPARE[type(op)](one, other) else 1.0
