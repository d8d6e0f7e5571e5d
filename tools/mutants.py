"""Small mistakes in a module, one at a time: what a test suite should notice (SU-03)."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_INVERSES: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A module with one mistake in it.

    Attributes:
        line: where the mistake is.
        what: the code before and after.
        source: of the whole module.
    """

    line: int
    what: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mistake that we know how to make in `source`."""
    tree = ast.parse(source)
    positions = [node for node in _code(tree) if isinstance(node, ast.expr | ast.stmt)]
    for node in positions:
        for mistaken in _mistakes(node):
            what = f"{_short(node)}  ->  {_short(mistaken)}"
            changed = _Replacing(node, mistaken).visit(copy.copy(tree))
            yield Mutant(node.lineno, what, ast.unparse(changed))


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """What runs: neither annotations nor decorators nor docstrings, and no bodies of `...`."""
    yield node
    skipped = {"annotation", "returns", "decorator_list", "bases"}
    for name, value in ast.iter_fields(node):
        if name in skipped:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_spared(child):
                yield from _code(child)


def _is_spared(node: ast.AST) -> bool:
    if _is_never_reached(node):
        return True  # says so to the type checker, which fails if it is wrong; no test can
    if isinstance(node, ast.keyword) and node.arg == "init":
        return True  # whether a private field may be given is nobody's concern
    return (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) or isinstance(
        node, ast.Import | ast.ImportFrom | ast.JoinedStr
    )


def _is_never_reached(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return node.exc is not None and ast.unparse(node.exc) == "AssertionError"
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith("assert_never(")


def _mistakes(node: ast.AST) -> Iterator[ast.AST]:
    for kind, make in _MAKERS.items():
        if isinstance(node, kind):
            yield from make(node)


def _of_compare(node: ast.Compare) -> Iterator[ast.AST]:
    for index, operator in enumerate(node.ops):
        operators = [*node.ops]
        operators[index] = _OPPOSITES[type(operator)]()
        yield ast.Compare(node.left, operators, node.comparators)


def _of_bool_op(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _of_unary_op(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _of_bin_op(node: ast.BinOp) -> Iterator[ast.AST]:
    if inverse := _INVERSES.get(type(node.op)):
        yield ast.BinOp(node.left, inverse(), node.right)


def _of_constant(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)


def _of_return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and ast.unparse(node.value) not in {"None", "False"}:
        yield ast.Return(ast.Constant(None))


def _of_raise(_: ast.Raise) -> Iterator[ast.AST]:
    yield ast.Pass()


def _of_expr(node: ast.Expr) -> Iterator[ast.AST]:
    """A call whose result nobody wants is forgotten."""
    if isinstance(node.value, ast.Call | ast.Await):
        yield ast.Pass()


def _of_if_exp(node: ast.IfExp) -> Iterator[ast.AST]:
    yield ast.IfExp(node.test, node.orelse, node.body)


_MAKERS: dict[type[ast.AST], Callable[..., Iterator[ast.AST]]] = {
    ast.Compare: _of_compare,
    ast.BoolOp: _of_bool_op,
    ast.UnaryOp: _of_unary_op,
    ast.BinOp: _of_bin_op,
    ast.Constant: _of_constant,
    ast.Return: _of_return,
    ast.Raise: _of_raise,
    ast.Expr: _of_expr,
    ast.IfExp: _of_if_exp,
}


class _Replacing(ast.NodeTransformer):
    """Copies on the way down, so that the tree it is given stays as it was."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._old:
            return ast.copy_location(self._new, node)
        children = {name: self._visited(value) for name, value in ast.iter_fields(node)}
        return ast.copy_location(type(node)(**children), node)

    def _visited(self, value: object) -> object:
        if isinstance(value, list):
            return [self._visited(it) for it in value]
        return self.visit(value) if isinstance(value, ast.AST) else value


def _short(code: ast.AST) -> str:
    line = " ".join(ast.unparse(code).split())
    return line if len(line) <= 70 else f"{line[:67]}..."
