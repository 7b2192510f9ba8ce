// The interop tool as a Java worker: Bazel's own WorkRequestHandler around the work in Tool.java.
//
// Startup flags: --persistent_worker, --protocol=proto|json, --cancellation, --jobs=N (ignored).
import com.google.devtools.build.lib.worker.*;
import com.google.gson.stream.JsonReader;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;

public final class Main {
  public static void main(String[] argv) throws IOException {
    List<String> args = List.of(argv);
    if (!args.contains("--persistent_worker")) {
      PrintWriter output = new PrintWriter(System.err, true);
      int exitCode = Tool.run(Tool.oneShotArguments(args), output);
      output.flush();
      System.exit(exitCode);
    }
    WorkRequestHandler.WorkerMessageProcessor messages =
        args.contains("--protocol=json")
            ? new JsonWorkerMessageProcessor(
                new JsonReader(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))),
                new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8)))
            : new ProtoWorkerMessageProcessor(System.in, System.out);
    var builder = new WorkRequestHandler.WorkRequestHandlerBuilder(Tool::run, System.err, messages);
    if (args.contains("--cancellation")) {
      builder.setCancelCallback((requestId, thread) -> thread.interrupt());
    }
    // No System.exit and no catch after the loop: what happens at its end is then the library's doing.
    builder.build().processRequests();
  }
}
