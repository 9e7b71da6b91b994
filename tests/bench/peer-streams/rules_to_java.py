"""The catalogue's conditions as plain Java (Rules.java), from the JSON of peer_rules: what a Java programmer would write by hand.

    rules_to_java.py RULES.json DAY > Rules.java

Three values in an int: 0 no, 1 yes, 3 unknown; `and` stops at 0, `or` at 1. Numbers are doubles, NaN is unknown; texts null.
An `if` of what is unknown is known where both ways say the same.
Derived facts and standards are worked out once a household. A construct it does not know ends it.
"""
import json
import re
import sys

YEARS = re.compile(r"years and months duration\((\w+), rule_date\)\s*\.years")


def tokens(text):
    text = YEARS.sub(r"__years__(\1)", text.strip())
    out, at = [], 0
    while at < len(text):
        m = re.compile(r'\s*(?:(\d+)(\.\d+)?(?=\.\.|[^.\d]|$)|"([^"]*)"|(<=|>=|!=|\.\.|[<>=()\[\],+*/.-])|([A-Za-z_]\w*))').match(text, at)
        if not m:
            sys.exit("cannot read: " + text[at:at + 40])
        at = m.end()
        while at < len(text) and text[at].isspace():
            at += 1
        if m.group(1):
            out.append(("n", m.group(1) + (m.group(2) or "")))
        elif m.group(3) is not None:
            out.append(("s", m.group(3)))
        else:
            out.append(("o", m.group(4) or m.group(5)))
    return out


class Parser:
    def __init__(self, text):
        self.t, self.i = tokens(text), 0

    def peek(self, *words):
        return self.i < len(self.t) and self.t[self.i][0] == "o" and self.t[self.i][1] in words

    def take(self, *words):
        if self.peek(*words):
            self.i += 1
            return self.t[self.i - 1][1]
        return None

    def need(self, word):
        if not self.take(word):
            sys.exit("'%s' is missing at %r" % (word, self.t[self.i:self.i + 5]))

    def whole(self):
        e = self.expr()
        if self.i != len(self.t):
            sys.exit("left over: %r" % self.t[self.i:])
        return e

    def expr(self):
        if self.peek("some", "every"):
            kind = self.take("some", "every")
            var = self.t[self.i][1]
            self.i += 1
            self.need("in")
            self.need("members")
            self.need("satisfies")
            return (kind, var, self.expr())
        if self.take("if"):
            c = self.expr()
            self.need("then")
            a = self.expr()
            self.need("else")
            return ("if", c, a, self.expr())
        e = self.conj()
        while self.take("or"):
            e = ("or", e, self.expr() if self.peek("some", "every") else self.conj())
        return e

    def conj(self):
        e = self.compare()
        while self.take("and"):
            e = ("and", e, self.compare())
        return e

    def compare(self):
        e = self.sum()
        op = self.take("<", ">", "<=", ">=", "=", "!=")
        if op and self.take("null"):
            return ("none", e) if op == "=" else ("not", ("none", e))
        if op:
            return ("cmp", op, e, self.sum())
        if self.take("in"):
            if self.take("["):
                low = self.sum()
                self.need("..")
                high = self.sum()
                self.need("]")
                return ("and", ("cmp", ">=", e, low), ("cmp", "<=", e, high))
            self.need("(")
            words = [self.sum()]
            while self.take(","):
                words.append(self.sum())
            self.need(")")
            out = ("cmp", "=", e, words[0])
            for w in words[1:]:
                out = ("or", out, ("cmp", "=", e, w))
            return out
        return e

    def sum(self):
        e = self.term()
        while self.peek("+", "-"):
            op = self.take("+", "-")
            e = ("math", op, e, self.term())
        return e

    def term(self):
        e = self.primary()
        while self.peek("*", "/"):
            op = self.take("*", "/")
            e = ("math", op, e, self.primary())
        return e

    def primary(self):
        kind, text = self.t[self.i]
        if kind in "ns":
            self.i += 1
            return ("num" if kind == "n" else "str", text)
        if self.take("("):
            e = self.expr()
            self.need(")")
            return e
        if self.peek("some", "every"):
            return self.expr()
        self.i += 1
        if text == "not":
            self.need("(")
            e = self.expr()
            self.need(")")
            return ("not", e)
        if text in ("max", "min", "floor") and self.take("("):
            args = [self.expr()]
            while self.take(","):
                args.append(self.expr())
            self.need(")")
            return ("call", text, args)
        if text == "__years__":
            self.need("(")
            name = self.t[self.i][1]
            self.i += 1
            self.need(")")
            return ("years", name)
        if text == "sum":
            for word in ("(", "for"):
                self.need(word)
            var = self.t[self.i][1]
            self.i += 1
            for word in ("in", "members", "return"):
                self.need(word)
            e = self.expr()
            self.need(")")
            return ("sum", var, e)
        if text == "count":
            self.need("(")
            self.need("members")
            self.need(")")
            return ("count",)
        if self.take("."):
            name = self.t[self.i][1]
            self.i += 1
            return ("path", text, name)
        return ("name", text)


class Java:
    """One method's body."""

    def __init__(self, rules, member):
        self.r, self.member, self.temps, self.vars = rules, member, 0, {}

    def fact(self, scope, name, base):
        f = self.r.facts.get(scope + "." + name)
        if f is None:
            sys.exit("no fact %s.%s" % (scope, name))
        kind = {"boolean": "b", "enum": "s", "text": "s"}.get(f["type"], "n")
        return base + name + ("()" if f["derived"] else ""), kind

    def name(self, e):
        if e[0] == "name":
            if e[1] == "rule_date":
                return "Rules.DAY.toEpochDay()", "n"
            return self.fact("member", e[1], "")
        of, name = e[1], e[2]
        if of == "household":
            return self.fact("household", name, "h." if self.member else "")
        if of == "standard":
            self.r.use_standard(name)
            return ("h." if self.member else "") + "standard_" + name + "()", "n"
        if of in self.vars:
            return self.fact("member", name, of + ".")
        sys.exit("what is %s.%s?" % (of, name))

    def temp(self):
        self.temps += 1
        return "t%d" % self.temps

    def code(self, e):
        k = e[0]
        if k == "num":
            return e[1] + ("" if "." in e[1] else ".0"), "n"
        if k == "str":
            return self.r.word(e[1]), "s"
        if k in ("path", "name"):
            return self.name(e)
        if k == "years":
            return "Rules.age(%s)" % self.fact("member", e[1], "")[0], "n"
        if k == "none":  # a date that may be claimed: nobody has said one
            return "(Double.isNaN(%s) ? 1 : 0)" % self.code(e[1])[0], "b"
        if k == "count":
            return ("h." if self.member else "") + "members.length", "n"
        if k == "call":
            args = [self.code(a)[0] for a in e[2]]
            out = "Math.%s(%s)" % (e[1], args[0]) if len(args) == 1 else args[0]
            for a in args[1:]:
                out = "Math.%s(%s, %s)" % (e[1], out, a)
            return out, "n"
        if k == "math":
            return "(%s %s %s)" % (self.code(e[2])[0], e[1], self.code(e[3])[0]), "n"
        if k == "cmp":
            (a, ka), (b, kb) = self.code(e[2]), self.code(e[3])
            if ka != kb:
                sys.exit("%r compares unlike things" % (e,))
            if ka == "n":
                return "%s(%s, %s)" % ({"<": "lt", ">": "gt", "<=": "le", ">=": "ge", "=": "eq"}[e[1]], a, b), "b"
            return "is(%s, %s)" % (a, b), "b"
        if k == "not":
            t = self.temp()
            return "((%s = %s) == 3 ? 3 : 1 - %s)" % (t, self.code(e[1])[0], t), "b"
        if k in ("and", "or"):
            t, stop = self.temp(), "0" if k == "and" else "1"
            u = self.temp()
            return "((%s = %s) == %s ? %s : (%s = %s) == %s ? %s : %s | %s)" % (
                t, self.code(e[1])[0], stop, stop, u, self.code(e[2])[0], stop, stop, t, u), "b"
        if k == "if":
            t = self.temp()
            (c, _), (a, ka), (b, _) = (self.code(x) for x in e[1:])
            return "((%s = %s) == 3 ? same(%s, %s) : %s == 1 ? %s : %s)" % (t, c, a, b, t, a, b), ka
        if k in ("some", "every"):
            return self.quantifier(k, e[1], e[2]), "b"
        if k == "sum":
            return self.total(e[1], e[2]), "n"
        sys.exit("what is %r?" % (e,))

    def quantifier(self, kind, var, body):
        inner = Java(self.r, self.member)
        inner.vars = dict(self.vars, **{var: True})
        code, _ = inner.code(body)
        self.r.quantifiers += 1
        name = "q%d" % self.r.quantifiers
        args = "".join(", M %s" % v for v in self.vars)
        stop = "1" if kind == "some" else "0"
        h = "h." if self.member else ""
        self.r.methods.append(
            "int %s(%s) { int %s; int r = %s; for (M %s : %smembers) { int c = %s; if (c == %s) return %s; r |= c; } return r; }"
            % (name, args[2:], inner.declared(), "0" if kind == "some" else "1", var, h, code, stop, stop))
        return "%s(%s)" % (name, ", ".join(self.vars))

    def total(self, var, body):
        inner = Java(self.r, self.member)
        inner.vars = {var: True}
        code, _ = inner.code(body)
        self.r.quantifiers += 1
        name, h = "q%d" % self.r.quantifiers, "h." if self.member else ""
        self.r.methods.append("double %s() { int %s; double r = 0; for (M %s : %smembers) r += %s; return r; }"
                              % (name, inner.declared(), var, h, code))
        return name + "()"

    def declared(self):
        return ", ".join("t%d" % (i + 1) for i in range(self.temps)) or "t0"


class Rules:
    def __init__(self, data, day):
        self.data, self.day = data, day
        self.facts = {f["name"]: f for f in data["facts"]}
        self.words, self.methods, self.standards, self.quantifiers = {}, [], {}, 0

    def word(self, w):
        return self.words.setdefault(w, "W%d" % len(self.words))

    def use_standard(self, name):
        if name not in self.standards:
            self.standards[name] = None
            self.standards[name] = self.standard(name)

    def standard(self, name):
        s = self.data["standards"][name]
        if s.get("derived"):
            return Java(self, False).code(Parser(s["derived"]).whole())[0]
        v = [x for x in s["values"] if x["from"] <= self.day][-1]
        if "value" in v:
            return v["value"] + "d"
        out = "Double.NaN"
        scope, fact = v["by"].split(".")
        if scope != "household":
            sys.exit("a standard by " + v["by"])
        for w, n in v["in"].items():
            out = "%s.equals(%s) ? %sd : %s" % (self.word(w), fact, n, out)
        return "%s == null ? Double.NaN : %s" % (fact, out)

    def memo(self, kind, name, code, temps):
        if kind == "b":
            return ("int %s_v = -1; int %s() { if (%s_v < 0) %s_v = %s_(); return %s_v; } int %s_() { int %s; return %s; }"
                    % (name, name, name, name, name, name, name, temps, code))
        return ("double %s_v; boolean %s_k; double %s() { if (!%s_k) { %s_v = %s_(); %s_k = true; } return %s_v; } double %s_() { int %s; return %s; }"
                % (name, name, name, name, name, name, name, name, name, temps, code))

    def scope(self, scope, member):
        out, set_, slot = [], [], 0
        self.methods = []
        for full, f in self.facts.items():
            if not full.startswith(scope + "."):
                continue
            name = full[len(scope) + 1:]
            kind = {"boolean": "b", "enum": "s", "text": "s"}.get(f["type"], "n")
            if f["derived"]:
                j = Java(self, member)
                code, _ = j.code(Parser(f["derived"]).whole())
                out.append(self.memo(kind, name, code, j.declared()))
                continue
            out.append({"b": "int %s = 3;", "s": "CharSequence %s;", "n": "double %s = Double.NaN;"}[kind] % name)
            self.slots[full] = slot
            set_.append("case %d: %s break;" % (slot, {
                "b": "%s = (Boolean) v ? 1 : 0;", "s": "%s = (CharSequence) v;", "n": "%s = ((Number) v).doubleValue();"}[kind] % name))
            slot += 1
        out.append("void set(int slot, Object v) { switch (slot) { %s } }" % "\n".join(set_))
        return out + self.methods

    def java(self):
        self.slots = {}
        member = self.scope("member", True)
        household = self.scope("household", False)
        verdicts, signs = [], []
        self.methods = []
        for i, it in enumerate(self.data["items"]):
            j = Java(self, False)
            code = j.code(Parser(it["condition"]).whole())[0] if it["condition"] else "1"
            household.append("int item%d() { int %s; return %s; }" % (i, j.declared(), code))
            verdicts.append("to[%d] = item%d();" % (i, i))
            if it["by_status"]:  # what begins by itself follows no status that was only declared
                verdicts.append("if (to[%d] == 1 && confirmed != null) to[%d] = confirmed.item%d();" % (i, i, i))
            if it["startable"] and it["signs"]:
                j = Java(self, False)
                code = j.code(Parser(it["signs"]).whole())[0]
                household.append("int sign%d() { int %s; return %s; }" % (i, j.declared(), code))
                signs.append("case %d: return sign%d() == 1;" % (i, i))
        household += self.methods
        for name, code in self.standards.items():
            household.append(self.memo("n", "standard_" + name, code, "t0"))

        def texts(key):
            return ", ".join(json.dumps(str(it[key])) for it in self.data["items"])
        return JAVA % {
            "words": "\n".join("static final Utf8 %s = new Utf8(%s);" % (n, json.dumps(w)) for w, n in self.words.items()),
            "codes": texts("code"), "versions": texts("version"), "departments": texts("department"),
            "discloses": ",\n".join("{%s}" % ", ".join(json.dumps(f) for f in it["discloses"]) for it in self.data["items"]),
            "slots": "\n".join("SLOTS.put(new Utf8(%s), %d);" % (json.dumps(f), s) for f, s in self.slots.items()),
            "catalogue": json.dumps(self.data["version"]), "day": json.dumps(self.day), "count": len(self.data["items"]),
            "member": "\n".join(member), "household": "\n".join(household), "verdicts": "\n".join(verdicts),
            "signs": " ".join(signs),
            "confirmed": " ".join("CONFIRMED.add(new Utf8(%s));" % json.dumps(f["name"]) for f in self.data["facts"] if f["confirmed"] == "true")}


JAVA = """// Made by rules_to_java.py from the catalogue.
import java.time.LocalDate;
import java.time.Period;
import java.util.HashMap;
import java.util.HashSet;
import org.apache.avro.util.Utf8;

final class Rules {
%(words)s
static final String CATALOGUE = %(catalogue)s;
static final LocalDate DAY = LocalDate.parse(%(day)s);
static final int COUNT = %(count)d;
static final String[] CODES = {%(codes)s};
static final String[] VERSIONS = {%(versions)s};
static final String[] DEPARTMENTS = {%(departments)s};
static final String[][] DISCLOSES = {%(discloses)s};
static final HashMap<Utf8, Integer> SLOTS = new HashMap<>();
static { %(slots)s }
static final HashSet<Utf8> CONFIRMED = new HashSet<>(); // statuses that somebody must have confirmed
static { %(confirmed)s }

static int lt(double a, double b) { return a != a || b != b ? 3 : a < b ? 1 : 0; }
static int le(double a, double b) { return a != a || b != b ? 3 : a <= b ? 1 : 0; }
static int gt(double a, double b) { return lt(b, a); }
static int ge(double a, double b) { return le(b, a); }
static int eq(double a, double b) { return a != a || b != b ? 3 : a == b ? 1 : 0; }
static double same(double a, double b) { return a == b ? a : Double.NaN; }
static int same(int a, int b) { return a == b ? a : 3; }
static int is(CharSequence a, Utf8 b) { return a == null ? 3 : b.equals(a) ? 1 : 0; }
static double age(double day) {
  return day != day ? day : Period.between(LocalDate.ofEpochDay((long) day), DAY).getYears();
}

static final class M {
final H h;
M(H h) { this.h = h; }
%(member)s
}
static final class H {
M[] members;
H confirmed; // without what was only declared of these; null: nothing was
%(household)s
void judge(int[] to) { %(verdicts)s }
/** An open item that may be started, and something speaks for it. */
boolean starts(int item) { switch (item) { %(signs)s default: return false; } }
}
}
"""

if __name__ == "__main__":
    print(Rules(json.load(open(sys.argv[1])), sys.argv[2]).java())
