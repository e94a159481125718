"""Writes a query in other words that mean the same: what a formatter, or a colleague with other habits, would do to it.

Owns the rewriting of text, token by token; knows nothing of databases. It must never change what a query means, and it
changes each of these where they occur: case of keywords and names, white space and comments, aliases of tables,
subqueries and CTEs, AS before an alias, CAST or ::, <> or !=, the order of an IN list of constants, parentheses around a
whole WHERE, the ORDER BY at the top where there is no LIMIT, and a CTE more that nothing reads.
"""
import re

TOKEN = re.compile(r"(?P<space>\s+|--[^\n]*\n?|/\*.*?\*/)|(?P<string>'(?:[^']|'')*')|(?P<quoted>\"[^\"]*\")"
                   r"|(?P<word>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d*)?)|(?P<sign><>|<=|>=|!=|\|\||::|.)", re.S)
AFTER_WHERE = {"group", "having", "order", "limit", "union", "intersect", "except", "window", "offset", "fetch"}
NO_ALIAS = AFTER_WHERE | {"where", "on", "using", "join", "inner", "left", "right", "full", "cross", "natural", "as", "from"}


class Token(str):
    """A piece of text, and what it is."""
    kind: str

    def __new__(cls, text, kind):
        token = super().__new__(cls, text)
        token.kind = kind
        return token

    def says(self, *words):
        return self.kind == "word" and self.lower() in words


def tokens(text):
    return [Token(match.group(), match.lastgroup) for match in TOKEN.finditer(text) if match.lastgroup != "space"]


def closing(items, start):
    """Place of the parenthesis that closes the one at start."""
    depth = 0
    for place in range(start, len(items)):
        depth += {"(": 1, ")": -1}.get(items[place], 0)
        if depth == 0:
            return place
    raise ValueError("parentheses do not match")


def without_cast(items):
    """CAST(constant AS type) becomes constant::type."""
    result, place = [], 0
    while place < len(items):
        if items[place].says("cast") and place + 5 < len(items) and items[place + 2].kind == "string" \
                and items[place + 3].says("as") and items[place + 5] == ")":
            result += [items[place + 2], Token("::", "sign"), items[place + 4]]
            place += 6
        else:
            result.append(items[place])
            place += 1
    return result


def other_aliases(items, schema):
    """Renames CTEs and the aliases of what stands in FROM: subqueries, and tables of that schema."""
    names, opened = set(), []
    for place, token in enumerate(items):
        following = items[place + 1:place + 4] + [Token("", "sign")] * 3
        if token == "(":
            opened.append(place)
        elif token == ")":
            start = opened.pop()
            source = items[start + 1].says("select") and start > 0 and (items[start - 1].says("from", "join") or items[start - 1] == ",")
            alias = following[1] if following[0].says("as") else following[0]
            if source and alias.kind == "word" and not alias.says(*NO_ALIAS):
                names.add(alias.lower())
        elif token == "." and items[place - 1].says(schema) and following[1].kind == "word":
            alias = following[2] if following[1].says("as") else following[1]
            if alias.kind == "word" and not alias.says(*NO_ALIAS):
                names.add(alias.lower())
        elif token.kind == "word" and following[0].says("as") and following[1] == "(" and following[2].says("select"):
            names.add(token.lower())
    # not where the same name is a column's: after a dot, or after AS and no subquery
    result = []
    for place, token in enumerate(items):
        after_dot = place > 0 and items[place - 1] == "."
        labels = place > 0 and items[place - 1].says("as") and not (place > 1 and items[place - 2] == ")")
        result.append(Token(f"{token}_renamed", "word") if token.lower() in names and token.kind == "word"
                      and not after_dot and not labels else token)
    return result


def without_as(items):
    """AS is left out before an alias, not in CAST and not in WITH."""
    result, casts = [], []
    for place, token in enumerate(items):
        if token == "(":
            casts.append(place > 0 and items[place - 1].says("cast"))
        elif token == ")":
            casts.pop()
        if token.says("as") and items[place + 1] != "(" and not (casts and casts[-1]):
            continue
        result.append(token)
    return result


def other_order_in(items):
    """The constants of an IN list, backwards."""
    result, place = list(items), 0
    for place, token in enumerate(items):
        if token.says("in") and items[place + 1] == "(":
            end = closing(items, place + 1)
            inner = items[place + 2:end]
            if all(item.kind in ("string", "number") or item == "," for item in inner):
                result[place + 2:end] = inner[::-1]
    return result


def around_where(items):
    """Parentheses around every WHERE's condition."""
    result, pending, depth = [], [], 0
    for token in items:
        if pending and pending[-1] == depth and (token == ")" or token.says(*AFTER_WHERE)):
            result.append(Token(")", "sign"))
            pending.pop()
        depth += {"(": 1, ")": -1}.get(token, 0)
        result.append(token)
        if token.says("where"):
            result.append(Token("(", "sign"))
            pending.append(depth)
    return result + [Token(")", "sign")] * len(pending)


def without_order(items):
    """Drops ORDER BY at the top of a query without LIMIT."""
    depth, start = 0, None
    for place, token in enumerate(items):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0 and token.says("limit", "offset", "fetch"):
            return items
        if depth == 0 and token.says("order"):
            start = place
    return items if start is None else items[:start]


def with_unused(items, relation):
    """A CTE more."""
    unused = tokens(f"read_by_nothing AS (SELECT count(*) AS n FROM {relation})")
    if items[0].says("with"):
        return items[:1] + unused + [Token(",", "sign")] + items[1:]
    return [Token("WITH", "word")] + unused + items


def written(items):
    """As text, in another case and with other white space, and comments."""
    text = "/* by another hand */\n"
    for place, token in enumerate(items):
        text += str(token).upper() if token.kind == "word" and place % 3 else \
            "!=" if token == "<>" else str(token).lower() if token.kind == "word" else str(token)
        beside = items[place + 1] if place + 1 < len(items) else ""
        if "." not in (token, beside) and "::" not in (token, beside):
            text += (" ", "\n\t", "  ", " /* , */ ", " -- it's\n")[place % 5]
    return text + "-- the end"


def cosmetic(text, relation):
    """The query in other words; relation is one that an unused CTE may read."""
    items = tokens(text)
    items = other_aliases(without_cast(items), relation.split(".")[0])
    for change in (without_as, other_order_in, around_where, without_order):
        items = change(items)
    return written(with_unused(items, relation))
