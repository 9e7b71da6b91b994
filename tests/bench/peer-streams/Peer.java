// The matcher's work as a Kafka Streams program: exactly_once_v2, Apache Avro, the catalogue's conditions as plain Java.
//
//   Peer BOOTSTRAP IN OUT-PREFIX RULES.json THREADS STATE-DIR
//
// What it does for each application: decode it; read and write the household's state in the default persistent store behind its
// changelog; judge all items; write one evaluation (the facts, each item's verdict), one assignment an item that is eligible or may be
// started and has a sign (the facts its department may receive), and the case's event, with the same headers. What it leaves out, in its favour: reasons,
// missing facts, amounts, what items do to each other, sealed fields.
//
// On standard input: "measure N" waits until N more applications are done and prints {"cpu":..,"wall":..} of them; "end".
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public final class Peer {
  static final AtomicLong done = new AtomicLong();
  static final AtomicLong first = new AtomicLong();

  static final class Kind {
    final Schema schema;
    final int id;
    Kind(JsonNode schemas, String name) {
      schema = new Schema.Parser().parse(schemas.get("lianou." + name).get("json").asText());
      id = schemas.get("lianou." + name).get("id").asInt();
    }
    int at(String field) { return schema.getField(field).pos(); }
    Schema type(String field) { return schema.getField(field).schema(); }
  }

  static final class Out {
    final String topic;
    final byte[] value;
    Out(String topic, byte[] value) { this.topic = topic; this.value = value; }
  }

  static final class Matcher implements Processor<byte[], byte[], byte[], Out> {
    final String prefix;
    final Kind application, evaluation, assignment, caseEvent, state;
    final Schema item, verdict;
    final GenericDatumReader<GenericRecord> reader;
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream(65536);
    final int[] verdicts = new int[Rules.COUNT];
    final List<HashSet<Utf8>> discloses = new ArrayList<>();
    final Object[] symbols = new Object[4];
    final MessageDigest sha;
    BinaryDecoder decoder;
    BinaryEncoder encoder;
    GenericRecord reused;
    ProcessorContext<byte[], Out> context;
    KeyValueStore<byte[], byte[]> store;

    Matcher(String prefix, JsonNode schemas) {
      this.prefix = prefix;
      application = new Kind(schemas, "application");
      evaluation = new Kind(schemas, "evaluation");
      assignment = new Kind(schemas, "assignment");
      caseEvent = new Kind(schemas, "case_event");
      state = new Kind(schemas, "household_state");
      GenericData data = new GenericData();
      data.setFastReaderEnabled(true);
      reader = new GenericDatumReader<>(application.schema, application.schema, data);
      item = evaluation.type("items").getElementType();
      verdict = item.getField("verdict").schema();
      symbols[0] = new GenericData.EnumSymbol(verdict, "NOT_ELIGIBLE");
      symbols[1] = new GenericData.EnumSymbol(verdict, "ELIGIBLE");
      symbols[3] = new GenericData.EnumSymbol(verdict, "UNDETERMINED");
      for (String[] names : Rules.DISCLOSES) {
        HashSet<Utf8> set = new HashSet<>();
        for (String n : names) set.add(new Utf8(n));
        discloses.add(set);
      }
      try {
        sha = MessageDigest.getInstance("SHA-256");
      } catch (java.security.NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void init(ProcessorContext<byte[], Out> context) {
      this.context = context;
      store = context.getStateStore("households");
    }

    GenericData.Fixed derived(Schema type, String label, byte[] about, byte[] cause) {
      sha.update(label.getBytes(StandardCharsets.UTF_8));
      sha.update(about);
      sha.update(cause);
      return new GenericData.Fixed(type, java.util.Arrays.copyOf(sha.digest(), 16));
    }

    static String text(byte[] id) {
      ByteBuffer b = ByteBuffer.wrap(id);
      return new UUID(b.getLong(), b.getLong()).toString();
    }

    byte[] encode(Kind kind, GenericRecord r) throws IOException {
      bytes.reset();
      bytes.write(0);
      for (int s = 24; s >= 0; s -= 8) bytes.write(kind.id >>> s);
      encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
      new GenericDatumWriter<GenericRecord>(kind.schema).write(r, encoder);
      encoder.flush();
      return bytes.toByteArray();
    }

    void send(Record<byte[], byte[]> in, String topic, String type, Kind kind, GenericRecord r, String caseId, String cause)
        throws IOException {
      RecordHeaders h = new RecordHeaders();
      String key = new String(in.key(), StandardCharsets.US_ASCII);
      String[] pairs = {"ce_specversion", "1.0", "ce_id", text(((GenericData.Fixed) r.get(0)).bytes()), "ce_source", "/county/371425/matcher",
          "ce_type", type, "ce_subject", "case/" + caseId, "ce_time", java.time.Instant.ofEpochMilli((Long) r.get(2)).toString(),
          "ce_partitionkey", key, "ce_correlationid", caseId, "ce_causationid", cause, "content-type", "application/avro"};
      for (int i = 0; i < pairs.length; i += 2) h.add(pairs[i], pairs[i + 1].getBytes(StandardCharsets.US_ASCII));
      context.forward(new Record<>(in.key(), new Out(prefix + topic, encode(kind, r)), in.timestamp(), h));
    }

    Rules.H household(List<GenericRecord> members, List<GenericRecord> facts) {
      Rules.H h = household(members, facts, true);
      for (GenericRecord f : facts) {
        if (declared(f)) {
          h.confirmed = household(members, facts, false);
          break;
        }
      }
      return h;
    }

    static boolean declared(GenericRecord f) {
      return !(Boolean) f.get(5) && Rules.CONFIRMED.contains(f.get(0));
    }

    Rules.H household(List<GenericRecord> members, List<GenericRecord> facts, boolean all) {
      Rules.H h = new Rules.H();
      h.members = new Rules.M[members.size()];
      for (int i = 0; i < h.members.length; i++) h.members[i] = new Rules.M(h);
      for (GenericRecord f : facts) {
        Integer slot = Rules.SLOTS.get(f.get(0));
        Object value = f.get(2);
        if (slot == null || value == null || (!all && declared(f))) continue;
        Object of = f.get(1);
        if (of == null) {
          h.set(slot, value);
          continue;
        }
        for (int i = 0; i < h.members.length; i++) {
          if (of.equals(members.get(i).get(0))) h.members[i].set(slot, value);
        }
      }
      return h;
    }

    GenericRecord begin(Kind kind, GenericRecord a, String label, GenericData.Fixed about) {
      GenericRecord r = new GenericData.Record(kind.schema);
      for (Schema.Field f : kind.schema.getFields()) {
        if (f.hasDefaultValue()) r.put(f.pos(), GenericData.get().getDefaultValue(f));
      }
      GenericData.Fixed id = (GenericData.Fixed) a.get(0);
      r.put(0, derived(kind.type("event_id"), label, about.bytes(), id.bytes()));
      r.put(1, a.get(1));
      r.put(2, a.get(2));
      r.put("case_id", about);
      return r;
    }

    void evaluate(Record<byte[], byte[]> in, GenericRecord a, GenericData.Fixed caseId, String caseText, String cause) throws IOException {
      GenericRecord e = begin(evaluation, a, "evaluation", caseId);
      e.put("facts_version", 1);
      e.put("catalogue_version", Rules.CATALOGUE);
      e.put("rule_date", (int) Rules.DAY.toEpochDay());
      e.put("members", a.get("members"));
      e.put("facts", a.get("facts"));
      GenericData.Array<GenericRecord> items = new GenericData.Array<>(Rules.COUNT, evaluation.type("items"));
      for (int i = 0; i < Rules.COUNT; i++) {
        GenericRecord r = new GenericData.Record(item);
        r.put(0, Rules.CODES[i]);
        r.put(1, Rules.VERSIONS[i]);
        r.put(2, Rules.DEPARTMENTS[i]);
        r.put(3, symbols[verdicts[i]]);
        r.put("reasons", List.of());
        r.put("missing", List.of());
        items.add(r);
      }
      e.put("items", items);
      e.put("inputs_hash", ByteBuffer.wrap(sha.digest(in.value())));
      byte[] codes = new byte[Rules.COUNT];
      for (int i = 0; i < Rules.COUNT; i++) codes[i] = (byte) verdicts[i];
      e.put("outputs_hash", ByteBuffer.wrap(sha.digest(codes)));
      send(in, "evaluations", "sa.evaluation.v1", evaluation, e, caseText, cause);
    }

    void assign(Record<byte[], byte[]> in, GenericRecord a, int i, GenericData.Fixed caseId, String caseText, String cause)
        throws IOException {
      GenericRecord r = begin(assignment, a, "assignment" + Rules.CODES[i], caseId);
      r.put("assignment_id", derived(assignment.type("assignment_id"), Rules.CODES[i], caseId.bytes(), in.key()));
      r.put("action", new GenericData.EnumSymbol(assignment.type("action"), "ASSIGNED"));
      r.put("department", Rules.DEPARTMENTS[i]);
      r.put("item", Rules.CODES[i]);
      r.put("item_version", Rules.VERSIONS[i]);
      r.put("round", 1);
      r.put("verdict", symbols[verdicts[i]]);
      r.put("due", (int) Rules.DAY.toEpochDay() + 30);
      r.put("division_code", a.get("division_code"));
      List<GenericRecord> facts = new ArrayList<>();
      HashSet<Utf8> may = discloses.get(i);
      for (Object f : (List<?>) a.get("facts")) {
        if (may.contains(((GenericRecord) f).get(0))) facts.add((GenericRecord) f);
      }
      r.put("facts", facts);
      send(in, "assignments." + Rules.DEPARTMENTS[i], "sa.assignment.v1", assignment, r, caseText, cause);
    }

    GenericRecord fold(GenericRecord a, GenericData.Fixed caseId) {
      GenericRecord s = new GenericData.Record(state.schema);
      for (Schema.Field f : state.schema.getFields()) {
        if (f.hasDefaultValue()) s.put(f.pos(), GenericData.get().getDefaultValue(f));
        else if (f.schema().getType() == Schema.Type.ARRAY) s.put(f.pos(), List.of());
      }
      s.put("household_id", a.get("household_id"));
      s.put("sequence", 1L);
      s.put("division_code", a.get("division_code"));
      s.put("case_no", 1);
      s.put("case_open", true);
      s.put("case_id", caseId);
      s.put("opened_at", a.get("occurred_at"));
      s.put("facts_version", 1);
      s.put("undetermined", 0);
      s.put("members", a.get("members"));
      s.put("facts", a.get("facts"));
      s.put("personal", a.get("personal"));
      return s;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Record<byte[], byte[]> in) {
      try {
        byte[] v = in.value();
        decoder = DecoderFactory.get().binaryDecoder(v, 5, v.length - 5, decoder);
        GenericRecord a = reader.read(null, decoder);
        boolean known = store.get(in.key()) != null;
        GenericData.Fixed caseId = derived(application.type("event_id"), "case", in.key(), new byte[0]);
        String caseText = text(caseId.bytes()), cause = text(((GenericData.Fixed) a.get(0)).bytes());
        GenericRecord c = begin(caseEvent, a, "case_event", caseId);
        c.put("case_no", 1);
        c.put("kind", new GenericData.EnumSymbol(caseEvent.type("kind"), known ? "APPLICATION_JOINED" : "OPENED"));
        c.put("application_id", a.get("application_id"));
        c.put("division_code", a.get("division_code"));
        send(in, "cases", "sa.case_event.v1", caseEvent, c, caseText, cause);
        if (!known) {
          Rules.H h = household((List<GenericRecord>) a.get("members"), (List<GenericRecord>) a.get("facts"));
          h.judge(verdicts);
          evaluate(in, a, caseId, caseText, cause);
          for (int i = 0; i < Rules.COUNT; i++) {
            if (verdicts[i] == 1 || (verdicts[i] == 3 && h.starts(i))) assign(in, a, i, caseId, caseText, cause);
          }
          store.put(in.key(), encode(state, fold(a, caseId)));
        }
        if (done.getAndIncrement() == first.get()) firstAt = System.nanoTime();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  static volatile long firstAt;

  static double cpu() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() / 1e9;
  }

  static Topology topology(String in, String prefix, JsonNode schemas) {
    Topology t = new Topology();
    t.addSource("applications", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), in);
    t.addProcessor("matcher", () -> new Matcher(prefix, schemas), "applications");
    t.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("households"), Serdes.ByteArray(), Serdes.ByteArray()),
        "matcher");
    t.addSink("out", (key, value, context) -> ((Out) value).topic, Serdes.ByteArray().serializer(),
        (String topic, Out value) -> value.value, "matcher");
    return t;
  }

  public static void main(String[] args) throws Exception {
    JsonNode rules = new ObjectMapper().readTree(new File(args[3]));
    Properties p = new Properties();
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, args[2] + "peer");
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Integer.parseInt(args[4]));
    p.put(StreamsConfig.STATE_DIR_CONFIG, args[5]);
    p.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
    p.put(StreamsConfig.producerPrefix("linger.ms"), 2);
    p.put(StreamsConfig.producerPrefix("batch.size"), 1000000);
    p.put(StreamsConfig.producerPrefix("buffer.memory"), 128L << 20);
    p.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    KafkaStreams streams = new KafkaStreams(topology(args[1], args[2], rules.get("schemas")), p);
    streams.setUncaughtExceptionHandler(e -> {
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
      return null;
    });
    streams.start();
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = orders.readLine()) != null && line.startsWith("measure ");) {
      long until = done.get() + Long.parseLong(line.substring(8).trim());
      first.set(done.get());
      double before = cpu();
      System.out.println("ready");
      while (done.get() < until) Thread.sleep(5);
      double wall = (System.nanoTime() - firstAt) / 1e9;
      Thread.sleep(500); // the last commit
      System.out.printf("{\"cpu\":%.3f,\"wall\":%.3f}%n", cpu() - before, wall);
    }
    streams.close();
    System.exit(0);
  }
}
