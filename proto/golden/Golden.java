/* The Java side of make.py: reads and writes messages with protobuf-java and JsonFormat, one question per line. */

import com.google.gson.Gson;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.util.JsonFormat;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.LogManager;

final class Golden {
  private static final HexFormat HEX = HexFormat.of();
  private static FileDescriptor file;

  public static void main(String[] args) throws Exception {
    // It warns of each half surrogate pair, which is among the inputs on purpose.
    LogManager.getLogManager().reset();
    FileDescriptorSet set = FileDescriptorSet.parseFrom(Files.readAllBytes(Paths.get(args[0])));
    file = FileDescriptor.buildFrom(set.getFile(0), new FileDescriptor[0]);
    Gson gson = new Gson().newBuilder().serializeNulls().create();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", -1);
      System.out.println(gson.toJson(answer(words[0], words[1], HEX.parseHex(words[2]))));
    }
  }

  private static Object answer(String what, String name, byte[] data) {
    Descriptor type = file.findMessageTypeByName(name);
    try {
      switch (what) {
        case "read-wire":
          return canonical(DynamicMessage.parseFrom(type, data));
        case "read-json": {
          DynamicMessage.Builder builder = DynamicMessage.newBuilder(type);
          JsonFormat.parser().ignoringUnknownFields().merge(new String(data, StandardCharsets.UTF_8), builder);
          return canonical(builder.build());
        }
        case "read-stream":
          return stream(type, data);
        case "write-frame": {
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          DynamicMessage.parseFrom(type, data).writeDelimitedTo(out);
          return HEX.formatHex(out.toByteArray());
        }
        case "write-json":
          return text(JsonFormat.printer(), type, data);
        case "write-json-defaults":
          return text(JsonFormat.printer().includingDefaultValueFields(), type, data);
        default:
          throw new IllegalArgumentException(what);
      }
    } catch (Exception refused) {
      return null;
    }
  }

  private static String text(JsonFormat.Printer printer, Descriptor type, byte[] data) throws Exception {
    String text = printer.omittingInsignificantWhitespace().print(DynamicMessage.parseFrom(type, data));
    return HEX.formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The message without unknown fields, as bytes. */
  private static String canonical(DynamicMessage message) {
    Message.Builder builder = message.toBuilder().setUnknownFields(UnknownFieldSet.getDefaultInstance());
    var inputs = message.getDescriptorForType().findFieldByName("inputs");
    for (int i = 0; inputs != null && i < message.getRepeatedFieldCount(inputs); i++) {
      Message input = (Message) message.getRepeatedField(inputs, i);
      builder.setRepeatedField(
          inputs, i, input.toBuilder().setUnknownFields(UnknownFieldSet.getDefaultInstance()).build());
    }
    return HEX.formatHex(builder.build().toByteArray());
  }

  private static Map<String, Object> stream(Descriptor type, byte[] data) {
    ByteArrayInputStream in = new ByteArrayInputStream(data);
    List<String> frames = new ArrayList<>();
    boolean clean;
    while (true) {
      try {
        DynamicMessage.Builder builder = DynamicMessage.newBuilder(type);
        if (!builder.mergeDelimitedFrom(in)) {
          clean = true;
          break;
        }
        frames.add(canonical(builder.build()));
      } catch (Exception refused) {
        clean = false;
        break;
      }
    }
    Map<String, Object> result = new TreeMap<>();
    result.put("frames", frames);
    result.put("clean", clean);
    return result;
  }
}
