"""A small compiler and machine: tokens, a tree of nodes, instructions, a run. Argument: rounds."""

import ast
import random
import re
import sys
import zlib

TOKEN = re.compile(r"\s*(?:(\d+)|([a-z]\w*)|(.))")


class Node:
    def __init__(self, kind, value=None, parts=()):
        self.kind, self.value, self.parts = kind, value, list(parts)


class Parser:
    """Expressions with + - * and parentheses."""

    def __init__(self, text):
        self.tokens = [match.groups() for match in TOKEN.finditer(text)]
        self.at = 0

    def peek(self):
        return self.tokens[self.at][2] if self.at < len(self.tokens) else None

    def sum(self):
        left = self.product()
        while self.peek() in ("+", "-"):
            sign = self.peek()
            self.at += 1
            left = Node("op", sign, (left, self.product()))
        return left

    def product(self):
        left = self.atom()
        while self.peek() == "*":
            self.at += 1
            left = Node("op", "*", (left, self.atom()))
        return left

    def atom(self):
        number, name, _sign = self.tokens[self.at]
        self.at += 1
        if number:
            return Node("number", int(number))
        if name:
            return Node("name", name)
        inside = self.sum()
        self.at += 1  # the closing parenthesis
        return inside


def expression(source, depth):
    if depth == 0:
        return source.choice([str(source.randrange(1000)), f"v{source.randrange(20)}"])
    text = f"{expression(source, depth - 1)} {source.choice('+-*')} {expression(source, depth - 1)}"
    return f"({text})" if source.random() < 0.5 else text


def emit(node, code):
    for part in node.parts:
        emit(part, code)
    code.append((node.kind, node.value))


def execute(code, names):
    stack = []
    for kind, value in code:
        if kind == "number":
            stack.append(value)
        elif kind == "name":
            stack.append(names[value])
        else:
            right, left = stack.pop(), stack.pop()
            stack.append({"+": left + right, "-": left - right, "*": left * right}[value] % (1 << 80))
    return stack[0]


def main():
    source, check = random.Random(1), 0
    names = {f"v{n}": n * n + 1 for n in range(20)}
    for turn in range(int(sys.argv[1])):
        text = expression(source, 9)
        code = []
        emit(Parser(text).sum(), code)
        value = execute(code, names)
        assert value == eval(compile(ast.parse(text, mode="eval"), "text", "eval"), dict(names)) % (1 << 80)
        check = zlib.crc32(str(value).encode(), check)
    print(check)


main()
