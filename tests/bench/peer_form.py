"""The rules as any FEEL engine can read them, from the JSON of peer_rules: lines of fields with a tab between.

    step  SCOPE  NAME  EXPRESSION     a derived fact, to be added to household or, as a list with a value of each, to the members; those that
                                      it reads stand before it
    item  CODE  EXPRESSION            its condition
    household  CONTEXT                what is known of one: {rule_date: .., household: .., members: [..], standard: ..}

In a derived fact of a member other facts of the member stand bare; here it is one expression over all members.
"""
import re
import sys

NAME = re.compile(r'"[^"]*"|[A-Za-z_][\w.]*')
WORDS = {"and", "or", "not", "in", "some", "every", "satisfies", "if", "then", "else", "members", "max", "min", "floor", "count", "true",
         "false", "years", "months", "duration"}


def flat(expression):
    return " ".join(expression.split())


def names_of(expression):
    return [m for m in NAME.findall(expression) if not m.startswith('"') and m not in WORDS]


class Form:
    def __init__(self, rules):
        self.facts = {f["name"]: f for f in rules["facts"]}
        self.rules = rules

    def reads(self, scope, expression):
        """Facts by their full names."""
        found = set()
        for name in names_of(expression):
            first, _, rest = name.partition(".")
            if first == "household":
                found.add(name)
            elif first == "standard" or name == "rule_date":
                continue
            elif rest:
                found.add("member." + rest)
            elif "member." + name in self.facts and scope == "member":
                found.add("member." + name)
        return [n for n in found if n in self.facts and self.facts[n]["derived"]]

    def over_members(self, expression):
        def one(m):
            name = m.group(0)
            return "self." + name if "member." + name in self.facts and not name.startswith('"') else name
        return "for self in members return " + flat(NAME.sub(one, expression))

    def steps(self):
        done, out = set(), []

        def add(name, path=()):
            if name in path:
                sys.exit("a circle of facts: %s" % " ".join(path))
            if name in done:
                return
            scope, _, bare = name.partition(".")
            text = self.facts[name]["derived"]
            for other in sorted(self.reads(scope, text)):
                add(other, (*path, name))
            done.add(name)
            if scope == "household":
                out.append(("step", "household", bare, flat(text)))
            else:
                out.append(("step", "members", bare, self.over_members(text)))

        wanted = {n for i in self.rules["items"] for n in self.reads("household", i["condition"])}
        for name in sorted(wanted):
            add(name)
        return out

    def lines(self):
        items = [("item", i["code"], flat(i["condition"])) for i in self.rules["items"]]
        return ["\t".join(line) for line in (*self.steps(), *items)]


def form(rules, households):
    return "\n".join([*Form(rules).lines(), *("household\t" + h for h in households)]) + "\n"

