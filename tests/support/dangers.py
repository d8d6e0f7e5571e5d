"""Calls that no source of ours may make, found in its syntax tree."""

import ast
from collections.abc import Iterator

# A string that these are given is read as SQL.
SQL_SINKS = {
    *("text", "literal_column", "execute", "executemany", "exec_driver_sql", "prepare", "cursor"),
    *("fetch", "fetchrow", "fetchval", "fetchmany", "scalar", "scalars", "stream"),
}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "yaml.load", "yaml.unsafe_load", "os.system"),
    *("os.popen", "tempfile.mktemp", "ssl._create_unverified_context", "hashlib.md5"),
    *("hashlib.sha1", "input"),
}
FORBIDDEN_MODULES = {
    *("pickle", "cPickle", "marshal", "shelve", "dill", "telnetlib", "ftplib", "xml"),
    *("subprocess", "pty", "commands"),
}
FORBIDDEN_ARGUMENTS = {
    *(("shell", True), ("verify", False), ("check_hostname", False), ("autoescape", False)),
    *(("validate_certs", False), ("debug", True)),
}
HARMLESS_DIGEST = ("usedforsecurity", False)  # the name of a thing, not a proof of anything
FORBIDDEN_NAMES = {"ssl.CERT_NONE", "VERIFY_NONE"}

Danger = tuple[int, str]


def dangers(tree: ast.Module) -> list[Danger]:
    """Line and kind of each."""
    return sorted({*_composed_sql(tree), *_forbidden(tree)})


def _composed_sql(tree: ast.Module) -> Iterator[Danger]:
    """SQL that is put together while a request is served: parameters must be bound instead.

    What is put together as a module is loaded consists of its own words.
    """
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            composed = set(_names_of_composed(function))
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and _name(call.func).rpartition(".")[2] in SQL_SINKS:
                    for argument in [*call.args, *(it.value for it in call.keywords)]:
                        if _is_composed(argument) or _name(argument) in composed:
                            yield call.lineno, "composed SQL"


def _names_of_composed(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value) if _is_composed(value):
                yield from (_name(it) for it in targets)
            case ast.AnnAssign(target=target, value=ast.expr() as value) if _is_composed(value):
                yield _name(target)
            case ast.AugAssign(target=ast.Name() as target, value=value) if _is_text(value):
                yield _name(target)


def _is_composed(node: ast.expr) -> bool:
    match node:
        case ast.JoinedStr(values=values):
            return any(isinstance(it, ast.FormattedValue) for it in values)
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return _is_text(left) or _is_text(right)
        case ast.Call(func=ast.Attribute(value=value, attr="format" | "join" | "replace")):
            return _is_text(value)
    return False


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return isinstance(node, ast.JoinedStr) or _is_composed(node)


def _forbidden(tree: ast.Module) -> Iterator[Danger]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=function, keywords=keywords):
                given = {(it.arg, _value(it.value)) for it in keywords}
                if _name(function) in FORBIDDEN_CALLS and HARMLESS_DIGEST not in given:
                    yield node.lineno, _name(function)
                yield from ((node.lineno, f"{a}={v}") for a, v in given & FORBIDDEN_ARGUMENTS)
            case ast.Assign(targets=[ast.Attribute(attr="check_hostname")], value=value):
                if isinstance(value, ast.Constant) and value.value is False:
                    yield node.lineno, "check_hostname=False"
            case ast.Attribute() if _name(node) in FORBIDDEN_NAMES:
                yield node.lineno, _name(node)
            case ast.Import(names=names):
                for it in names:
                    if it.name.partition(".")[0] in FORBIDDEN_MODULES:
                        yield node.lineno, it.name
            case ast.ImportFrom(module=str(module), level=0):
                if module.partition(".")[0] in FORBIDDEN_MODULES:
                    yield node.lineno, module


def _value(node: ast.expr) -> bool | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, bool) else None


def _name(node: ast.AST) -> str:
    """`a.b.c` as it is written; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{_name(value)}.{attribute}".lstrip(".")
    return ""
