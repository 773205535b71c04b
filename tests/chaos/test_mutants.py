"""A mutant that replaces what is not there breaks nothing, and would be noticed by nobody."""

import ast
import inspect

import pytest

from . import mutants


def replaced(mutant):
    """What the mutant assigns to, as it is written: `ring.Ring.append`."""
    tree = ast.parse(inspect.getsource(mutant))
    body = [node for node in tree.body[0].body if isinstance(node, ast.Assign)]
    return [ast.unparse(node.targets[0]) for node in body if isinstance(node.targets[0], ast.Attribute)]


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_a_mutant_replaces_something_that_is_there(name):
    targets = replaced(mutants.MUTANTS[name])

    assert targets
    for target in targets:
        eval(target, vars(mutants))
