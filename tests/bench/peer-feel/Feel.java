import com.sun.management.OperatingSystemMXBean;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.camunda.feel.api.EvaluationResult;
import org.camunda.feel.api.FeelEngineApi;
import org.camunda.feel.api.FeelEngineBuilder;
import org.camunda.feel.api.ParseResult;
import org.camunda.feel.context.Context;
import org.camunda.feel.context.CustomContext;
import org.camunda.feel.context.VariableProvider;
import org.camunda.feel.syntaxtree.ParsedExpression;
import org.camunda.feel.syntaxtree.Val;
import org.camunda.feel.syntaxtree.ValBoolean;
import org.camunda.feel.syntaxtree.ValContext;
import org.camunda.feel.syntaxtree.ValList;
import org.camunda.feel.valuemapper.JavaCustomValueMapper;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/** The county's rules by Camunda's feel-engine: FORM OUT SECONDS, one thread.
 * OUT: the items' codes, then a line a household with a letter an item: 1 yes, 0 no, n null, x not read.
 * Prints the CPU nanoseconds of the process a household, of all of it and of the conditions alone, after as long a warm-up.
 * In its favour: expressions are parsed once, values stay the engine's own between them. */
public final class Feel {
    /** Values that the engine made are given back as they are. */
    static final class Keep extends JavaCustomValueMapper {
        @Override public Optional<Val> toValue(Object x, Function<Object, Val> inner) {
            return x instanceof Val ? Optional.of((Val) x) : Optional.empty();
        }
        @Override public Optional<Object> unpackValue(Val value, Function<Val, Object> inner) {
            return Optional.of(value);
        }
    }

    /** A context that what was worked out is added to. */
    static final class Facts extends CustomContext {
        final HashMap<String, Object> map = new HashMap<>();
        private final VariableProvider provider = new VariableProvider() {
            @Override public Option<Object> getVariable(String name) {
                return Option.apply(map.get(name));
            }
            @Override public scala.collection.Iterable<String> keys() {
                return CollectionConverters.asScala(map.keySet());
            }
        };
        @Override public VariableProvider variableProvider() {
            return provider;
        }
        static Facts of(Context c) {
            Facts f = new Facts();
            f.map.putAll(CollectionConverters.asJava(c.variableProvider().getVariables()));
            return f;
        }
    }

    record Step(String scope, String name, ParsedExpression e) { }
    record Item(String code, ParsedExpression e) { }

    /** A household with what the steps add to: the whole, the parts by name, the members. */
    static final class Household {
        final Facts whole;
        final Map<String, Facts> parts = new HashMap<>();
        final List<Facts> members = new ArrayList<>();

        Household(Context c) {
            whole = Facts.of(c);
            for (String name : List.of("household", "standard")) {
                Facts part = Facts.of(((ValContext) whole.map.get(name)).context());
                parts.put(name, part);
                whole.map.put(name, new ValContext(part));
            }
            List<Val> list = new ArrayList<>();
            for (Val m : CollectionConverters.asJava(((ValList) whole.map.get("members")).items())) {
                members.add(Facts.of(((ValContext) m).context()));
                list.add(new ValContext(members.get(members.size() - 1)));
            }
            whole.map.put("members", new ValList(CollectionConverters.asScala(list).toList()));
        }
    }

    static final FeelEngineApi ENGINE = FeelEngineBuilder.forJava().withCustomValueMapper(new Keep()).build();
    static final List<Step> STEPS = new ArrayList<>();
    static final List<Item> ITEMS = new ArrayList<>();
    static final List<Household> HOUSEHOLDS = new ArrayList<>();

    static ParsedExpression parsed(String text) {
        ParseResult r = ENGINE.parseExpression(text);
        if (r.isFailure()) {
            System.err.println(r.failure().message());
            return null;
        }
        return r.parsedExpression();
    }

    static Object value(ParsedExpression e, Facts in) {
        EvaluationResult r = ENGINE.evaluate(e, in);
        return r.isSuccess() ? r.result() : null;
    }

    static void workOut(Household h) {
        for (Step s : STEPS) {
            Object v = value(s.e, h.whole);
            if (!s.scope.equals("members")) {
                h.parts.get(s.scope).map.put(s.name, v);
                continue;
            }
            int i = 0;
            for (scala.collection.Iterator<Val> at = ((ValList) v).items().iterator(); at.hasNext(); i++) {
                h.members.get(i).map.put(s.name, at.next());
            }
        }
    }

    static char judge(Item item, Household h) {
        if (item.e == null) {
            return 'x';
        }
        Object v = value(item.e, h.whole);
        return v instanceof ValBoolean ? ((ValBoolean) v).value() ? '1' : '0' : 'n';
    }

    static long cpu() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    static long judged; // so that nothing is left out as without effect

    static void judgeAll(Household h) {
        for (Item item : ITEMS) {
            judged += judge(item, h);
        }
    }

    static double timed(long seconds, Consumer<Household> one) {
        long until = System.nanoTime() + seconds * 1_000_000_000L, from = cpu(), n = 0;
        while (System.nanoTime() < until) {
            for (Household h : HOUSEHOLDS) {
                one.accept(h);
                n++;
            }
        }
        return (double) (cpu() - from) / n;
    }

    public static void main(String[] args) throws Exception {
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String[] part = line.split("\t");
            switch (part[0]) {
                case "step" -> STEPS.add(new Step(part[1], part[2], parsed(part[3])));
                case "item" -> ITEMS.add(new Item(part[1], parsed(part[2])));
                default -> HOUSEHOLDS.add(new Household(((ValContext) value(parsed(part[1]), new Facts())).context()));
            }
        }
        try (PrintWriter out = new PrintWriter(args[1])) {
            out.println(String.join(" ", ITEMS.stream().map(Item::code).toList()));
            for (Household h : HOUSEHOLDS) {
                workOut(h);
                ITEMS.forEach(item -> out.print(judge(item, h)));
                out.println();
            }
        }
        long seconds = Long.parseLong(args[2]);
        Consumer<Household> whole = h -> { workOut(h); judgeAll(h); };
        timed(seconds, whole);
        double all = timed(seconds, whole);
        System.out.printf("%.1f %.1f%n", all, timed(seconds, Feel::judgeAll));
    }
}
