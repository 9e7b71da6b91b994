"""Avro readers compiled to Python: a schema and the fields wanted of it become
one function from bytes to a dictionary. What is not wanted is stepped over; the
record must end where the bytes end. Ten times faster than a general reader with
a reader's schema, and checked against fastavro (topics.Schemas.read)."""

INTS = ("int", "long")


class Writer:
    def __init__(self):
        self.lines, self.depth, self.names = [], 1, 0

    def put(self, text):
        self.lines.append("    " * self.depth + text)

    def name(self):
        self.names += 1
        return "v%d" % self.names


def number(w, to):
    """A zigzag varint into `to`."""
    w.put("%s = b[p]; p += 1" % to)
    w.put("if %s > 127:" % to)
    w.put("    %s &= 127; s = 7" % to)
    w.put("    while True:")
    w.put("        c = b[p]; p += 1; %s |= (c & 127) << s; s += 7" % to)
    w.put("        if c < 128: break")
    w.put("        if s > 63: raise ValueError('a long number')")
    w.put("%s = %s >> 1 ^ -(%s & 1)" % (to, to, to))


def skip_number(w):
    w.put("while b[p] > 127: p += 1")
    w.put("p += 1")


def blocks(w, each):
    n = w.name()
    w.put("while True:")
    w.depth += 1
    number(w, n)
    w.put("if %s == 0: break" % n)
    w.put("if %s < 0:" % n)
    w.depth += 1
    w.put("%s = -%s" % (n, n))
    skip_number(w)
    w.depth -= 1
    w.put("for _ in range(%s):" % n)
    w.depth += 1
    each()
    w.depth -= 2


class Compiler:
    """One record. `inner`: record name -> the fields wanted of it when it stands
    inside of something wanted."""

    def __init__(self, inner):
        self.w, self.inner, self.named = Writer(), inner, {}

    def resolve(self, schema):
        if isinstance(schema, str) and schema in self.named:
            return self.named[schema]
        if isinstance(schema, dict) and "name" in schema:
            self.named[full(schema)] = schema
            self.named[schema["name"]] = schema
        return schema

    def kind(self, schema):
        if isinstance(schema, list):
            return "union"
        return schema["type"] if isinstance(schema, dict) else schema

    def value(self, schema, to):
        """Reads one into `to`; `to` None: steps over it."""
        w, schema = self.w, self.resolve(schema)
        kind = self.kind(schema)
        if isinstance(kind, (dict, list)):
            return self.value(kind, to)
        if kind == "record":
            return self.record(schema, to, self.inner.get(schema["name"]))
        if kind == "union":
            return self.union(schema, to)
        if kind in INTS:
            return number(w, to) if to else skip_number(w)
        if kind == "enum":
            if not to:
                return skip_number(w)
            number(w, to)
            w.put("%s = %r[%s]" % (to, tuple(schema["symbols"]), to))
        elif kind in ("string", "bytes"):
            n = w.name()
            number(w, n)
            w.put("if %s < 0: raise ValueError('a negative length')" % n)
            if to:
                w.put("%s = b[p:p + %s]%s" % (to, n, ".decode()" if kind == "string" else ""))
            w.put("p += %s" % n)
        elif kind == "array":
            self.array(schema, to)
        elif kind == "map":
            blocks(w, lambda: (self.value("string", None), self.value(schema["values"], None)))
        elif kind != "null":
            size = {"fixed": schema["size"] if isinstance(schema, dict) and "size" in schema else 0,
                    "boolean": 1, "float": 4, "double": 8}[kind]
            if to:
                w.put("%s = %s" % (to, "b[p] != 0" if kind == "boolean" else "b[p:p + %d]" % size))
            w.put("p += %d" % size)
        elif to:
            w.put("%s = None" % to)

    def union(self, branches, to):
        w, i = self.w, self.w.name()
        number(w, i)
        for k, branch in enumerate(branches):
            w.put("%s %s == %d:" % ("elif" if k else "if", i, k))
            w.depth += 1
            w.put("pass")
            self.value(branch, to)
            w.depth -= 1
        w.put("else: raise ValueError('no such branch')")

    def array(self, schema, to):
        if not to:
            return blocks(self.w, lambda: self.value(schema["items"], None))
        one = self.w.name()
        self.w.put("%s = []" % to)
        blocks(self.w, lambda: (self.value(schema["items"], one), self.w.put("%s.append(%s)" % (to, one))))

    def record(self, schema, to, wanted):
        got = []
        for f in schema["fields"]:
            if to and (wanted is None or f["name"] in wanted):
                name = self.w.name()
                self.value(f["type"], name)
                got.append("%r: %s" % (f["name"], name))
            else:
                self.value(f["type"], None)
        if to:
            self.w.put("%s = {%s}" % (to, ", ".join(got)))


def full(schema):
    space = schema.get("namespace")
    return space + "." + schema["name"] if space and "." not in schema["name"] else schema["name"]


def compiled(schema, wanted, inner):
    """bytes, where the record begins -> dictionary. IndexError, ValueError: it is
    none."""
    c = Compiler(inner)
    schema = c.resolve(schema)
    c.record(schema, "r", wanted)
    code = "def read(b, p):\n%s\n    if p != len(b): raise ValueError('it does not end there')\n    return r\n" % (
        "\n".join(c.w.lines))
    names = {}
    exec(compile(code, "<%s>" % schema["name"], "exec"), names)  # noqa: S102
    return names["read"]
