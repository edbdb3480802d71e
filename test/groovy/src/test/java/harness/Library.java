package harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** This repository as a Jenkins shared library. */
final class Library {
    static final Path ROOT = Path.of(System.getProperty("codemonkeys.root")).toAbsolutePath().normalize();

    private static Scripts compiled;

    private Library() {}

    /** All vars, sandboxed as from an untrusted library, and the interpreter of declarative pipelines. */
    static synchronized Scripts scripts() throws IOException {
        if (compiled == null) compiled = compile(ROOT);
        return new Scripts(compiled);
    }

    /** The vars of a library that lies elsewhere. */
    static Scripts scripts(Path root) throws IOException {
        return new Scripts(compile(root));
    }

    private static Scripts compile(Path root) throws IOException {
        Scripts scripts = new Scripts();
        for (Path source : vars(root)) scripts.add(name(source), source, true);
        return scripts.add("pipeline", new String(Library.class.getResourceAsStream("/harness/pipeline.groovy").readAllBytes(),
            java.nio.charset.StandardCharsets.UTF_8), false);
    }

    static List<Path> vars() throws IOException {
        return vars(ROOT);
    }

    private static List<Path> vars(Path root) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("vars"))) {
            return files.filter(file -> file.toString().endsWith(".groovy")).sorted().toList();
        }
    }

    static String name(Path source) {
        return source.getFileName().toString().replace(".groovy", "");
    }

    /** The Node that runs this repository's own scripts; a child's PATH does not decide which program Java starts. */
    static String node() {
        for (String folder : path().split(java.io.File.pathSeparator)) {
            Path node = Path.of(folder, "node");
            if (Files.isExecutable(node)) return node.toString();
        }
        throw new AssertionError("there is no node; run npm ci first");
    }

    /** PATH of an agent with the Node that this repository's own scripts run on. */
    static String path() {
        Path node = ROOT.resolve("node_modules/node/bin");
        String rest = System.getenv("PATH");
        return Files.exists(node.resolve("node")) ? node + ":" + rest : rest;
    }
}
