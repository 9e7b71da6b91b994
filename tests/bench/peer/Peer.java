// The peer's half of bench_peer: reads inputs (CSV), writes the decisions of each
// row, then evaluates until warm and prints the process's CPU nanoseconds a row.
import java.io.File;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.kie.api.io.ResourceType;
import org.kie.dmn.api.core.DMNContext;
import org.kie.dmn.api.core.DMNModel;
import org.kie.dmn.api.core.DMNResult;
import org.kie.dmn.api.core.DMNRuntime;
import org.kie.dmn.core.internal.utils.DMNRuntimeBuilder;
import org.kie.internal.io.ResourceFactory;

public class Peer {
    static final String[] DECISIONS = {"Class", "Care", "Aid", "Total"};

    static Object value(String s) {
        if (s.equals("true") || s.equals("false")) {
            return Boolean.valueOf(s);
        }
        char c = s.charAt(0);
        return c == '-' || Character.isDigit(c) ? (Object) new BigDecimal(s) : s;
    }

    static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    static DMNContext context(DMNRuntime runtime, String[] names, Object[] row) {
        DMNContext c = runtime.newContext();
        for (int i = 0; i < names.length; i++) {
            c.set(names[i], row[i]);
        }
        return c;
    }

    public static void main(String[] args) throws Exception {
        DMNRuntime runtime = DMNRuntimeBuilder.fromDefaults().buildConfiguration()
            .fromResources(List.of(ResourceFactory.newFileResource(new File(args[0])))).getOrElseThrow(RuntimeException::new);
        DMNModel model = runtime.getModels().get(0);
        List<String> lines = Files.readAllLines(Path.of(args[1]));
        String[] names = lines.get(0).split(",");
        List<Object[]> rows = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",");
            Object[] row = new Object[cells.length];
            for (int i = 0; i < cells.length; i++) {
                row[i] = value(cells[i]);
            }
            rows.add(row);
        }
        try (PrintWriter out = new PrintWriter(args[2])) {
            for (Object[] row : rows) {
                DMNResult r = runtime.evaluateAll(model, context(runtime, names, row));
                StringBuilder line = new StringBuilder();
                for (String d : DECISIONS) {
                    Object v = r.getDecisionResultByName(d).getResult();
                    line.append(v instanceof BigDecimal ? ((BigDecimal) v).stripTrailingZeros().toPlainString() : v).append(',');
                }
                out.println(line);
            }
        }
        long seconds = Long.parseLong(args[3]);
        for (int round = 0; round < 2; round++) { // the first warms
            long until = System.nanoTime() + seconds * 1_000_000_000L, from = cpu(), n = 0;
            while (System.nanoTime() < until) {
                for (Object[] row : rows) {
                    runtime.evaluateByName(model, context(runtime, names, row), "Total");
                    n++;
                }
            }
            if (round == 1) {
                System.out.println((cpu() - from) / n);
            }
        }
    }
}
