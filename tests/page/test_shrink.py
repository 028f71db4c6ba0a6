"""The script of the page without what only people need of it."""

from __future__ import annotations

import pytest

from pytest_mastra.page.shrink import shrink

CASES = [
    ("const a = 1;  // one\nlet b = a + 1;", "let a=1;let b=a+1;"),
    ("/** Says. */\nfunction f(x) {\n  return x ? 1 : 2;\n}\nf(1);", "function f(x){return x?1:2}\nf(1);"),
    ("all.map((one) => one.name)", "all.map(one=>one.name)"),
    ("const f = async (x) => { await x; };", "let f=async(x)=>{await x};"),
    ("a + +b - -c", "a+ +b- -c"),
    ("f(a, undefined)", "f(a,void 0)"),
    ("if (x) { y(); } else { z(); }", "if(x){y()}else{z()}"),
    ("say('a  b', \"c // d\", `e  ${ f }  // g`);", "say('a  b',\"c // d\",`e  ${f}  // g`);"),
    ("s.replace(/[/ ]  \\/ x/g, ', ')", "s.replace(/[/ ]  \\/ x/g,', ')"),
    ("return /a b/.test(x) && y / 2 / z", "return/a b/.test(x)&&y/2/z"),
    ("`a ${ b.map((x) => `c  ${ x }`) } d`", "`a ${b.map(x=>`c  ${x}`)} d`"),
    ("const longName = 1;\nf(longName, `${ longName }`, ...[longName]);", "let $0=1;f($0,`${$0}`,...[$0]);"),
    ("const longName = 1;\nf({ longName }, longName);", "let longName=1;f({longName},longName);"),
    ("let longName;\nx.longName = longName;", "let longName;x.longName=longName;"),
    ("x = {\n  a: 1,\n};\nfor (const one of all) go(one);", "x={a:1,};for(let one of all)go(one);"),
]


@pytest.mark.parametrize(("script", "shrunk"), CASES)
def test_what_is_left(script: str, shrunk: str) -> None:
    """Comments, spaces, long names that are no properties go; texts and regular expressions stay as they are."""
    assert shrink(script) == shrunk
    assert shrink(shrunk) == shrunk
