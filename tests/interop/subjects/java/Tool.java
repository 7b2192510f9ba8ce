// The work of the interop tool: the same arguments as in subjects/node/tool.js and workloads/tool.toml.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.util.*;

final class Tool {
  private Tool() {}

  /** Drops the startup flags and expands each `@file`, one argument a line, as a one-shot run does. */
  static List<String> oneShotArguments(List<String> argv) throws IOException {
    List<String> arguments = new ArrayList<>();
    for (String arg : argv) {
      if (arg.startsWith("@") && !arg.startsWith("@@")) {
        arguments.addAll(Files.readAllLines(Path.of(arg.substring(1))));
      } else if (!arg.matches("--(protocol|jobs)=.*|--cancellation")) {
        arguments.add(arg);
      }
    }
    return arguments;
  }

  /** Does one request; returns its exit code: 0 done, 1 interrupted, 2 bad arguments, or what --fail says. */
  static int run(List<String> arguments, PrintWriter output) {
    String out = null;
    boolean panic = false;
    boolean readStdin = false;
    int exitCode = 0;
    int delayMs = 0;
    List<String> in = new ArrayList<>();
    for (String arg : arguments) {
      String value = arg.substring(arg.indexOf('=') + 1);
      if (arg.startsWith("--out=")) out = value;
      else if (arg.startsWith("--in=")) in.add(value);
      else if (arg.startsWith("--print=")) output.println(value);
      else if (arg.startsWith("--fail=")) exitCode = Integer.parseInt(value);
      else if (arg.startsWith("--delay-ms=")) delayMs = Integer.parseInt(value);
      else if (arg.equals("--panic")) panic = true;
      else if (arg.equals("--read-stdin")) readStdin = true;
      else return usage(output, "unknown argument " + arg);
    }
    if (arguments.isEmpty()) return usage(output, "no arguments");
    try {
      Thread.sleep(delayMs);
      if (panic) throw new IllegalStateException("panic on request");
      if (readStdin) output.println(System.in.readAllBytes().length + " bytes");
      if (exitCode == 0 && out != null) concatenate(Path.of(out), in);
      return exitCode;
    } catch (InterruptedException e) {
      return 1;
    } catch (IOException | NoSuchAlgorithmException e) {
      output.println(e);
      return 1;
    }
  }

  private static int usage(PrintWriter output, String problem) {
    String usage = "; usage: --out=PATH --in=PATH --print=TEXT --fail=CODE --delay-ms=N --panic --read-stdin";
    output.println(problem + usage);
    return 2;
  }

  /** Writes the inputs one after another, each below a line `# path sha256`. */
  private static void concatenate(Path out, List<String> in) throws IOException, NoSuchAlgorithmException {
    var bytes = new ByteArrayOutputStream();
    for (String path : in) {
      byte[] content = Files.readAllBytes(Path.of(path));
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      String header = "# " + path + " " + HexFormat.of().formatHex(digest) + "\n";
      bytes.writeBytes(header.getBytes(StandardCharsets.UTF_8));
      bytes.writeBytes(content);
    }
    if (out.getParent() != null) Files.createDirectories(out.getParent());
    Files.write(out, bytes.toByteArray());
  }
}
