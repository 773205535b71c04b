"""What stands in the place of modules in most of these tests: joined, they are what a browser would make of them."""

import pytest

from tests.browser.joined import CannotJoin, join

SUM = """
import {one, two as second} from './numbers.js';
export {one as first} from './numbers.js';
export const sum = one + second;
document.title = [document.title, sum].join(' ');
"""
NUMBERS = """
export const one = 1;
export const two = 2;
const sum = 'its own';
document.title = sum;
"""
PAGE = """
import {first, sum} from './sum.js';
import {one} from './numbers.js';
document.title += ` ${first + sum + one}`;
"""


@pytest.fixture
def written(tmp_path):
    (tmp_path / "sum.js").write_text(SUM)
    (tmp_path / "numbers.js").write_text(NUMBERS)

    def write(text):
        (tmp_path / "page.js").write_text(text)
        return tmp_path / "page.js"

    return write


def test_joined_modules_run_once_each_in_their_order_and_scope(written, page):
    page.evaluate(join(written(PAGE)))

    assert page.title() == "its own 3 5"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import {three} from './numbers.js';", "there is no three"),
        ("import {sum} from './numbers.js';", "there is no sum"),
        ("import * as numbers from './numbers.js';", "import \\*"),
        ("import numbers from './numbers.js';", "import numbers"),
        ("export default 1;", "export default"),
        ("const numbers = await import('./numbers.js');", "await import"),
        ("import {one} from './page.js';", "there is no one"),
    ],
)
def test_what_cannot_be_joined_is_refused(written, text, why):
    with pytest.raises(CannotJoin, match=why):
        join(written(text))
