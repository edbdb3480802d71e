package harness;

import groovy.json.JsonOutput;
import groovy.json.JsonSlurper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A Jenkins with one Linux agent, the library, and the stand-in program whose answers a test writes down. */
final class Stage implements AutoCloseable {
    final Path folder;
    final Jenkins jenkins;
    private final Map<String, List<Map<String, ?>>> answers = new LinkedHashMap<>();

    /** This repository's vars, with a program that stands in for the built one. */
    Stage() throws IOException {
        this(Library.scripts(), null);
        Path program = jenkins.resources.resolve("codemonkeys/codemonkeys.mjs");
        Files.createDirectories(program.getParent());
        Files.write(program, Stage.class.getResourceAsStream("/program/codemonkeys.mjs").readAllBytes());
    }

    /** A library as it lies in a folder. */
    Stage(Path library) throws IOException {
        this(Library.scripts(library), library.resolve("resources"));
    }

    private Stage(Scripts scripts, Path resources) throws IOException {
        folder = Scratch.make();
        jenkins = new Jenkins(scripts);
        jenkins.resources = resources == null ? folder.resolve("resources") : resources;
        agent("linux-1", Shells.REAL, Library.path());
        jenkins.setBuildVariable("CODEMONKEYS_CALLS", folder.resolve("calls.jsonl").toString());
        jenkins.setBuildVariable("CODEMONKEYS_SOURCE", Library.ROOT.toAbsolutePath().normalize().toString());
        jenkins.setBuildVariable("CODEMONKEYS_ANSWERS", folder.resolve("answers.json").toString());
    }

    Stage agent(String name, Jenkins.Shell shell, String path) throws IOException {
        return agent(name, Set.of("linux"), shell, path);
    }

    Stage agent(String name, Set<String> labels, Jenkins.Shell shell, String path) throws IOException {
        jenkins.agents.put(name, new Jenkins.Agent(Files.createDirectories(folder.resolve(name)), true, labels, shell, path));
        return this;
    }

    /** What the program answers to a step: the first call gets the first answer, the last one is repeated. */
    @SafeVarargs
    final Stage answers(String step, Map<String, ?>... results) {
        answers.put(step, List.of(results));
        return this;
    }

    Build run(String jenkinsfile) throws Exception {
        return run(jenkinsfile, Map.of());
    }

    Build run(String jenkinsfile, Map<String, ?> parameters) throws Exception {
        Files.writeString(folder.resolve("answers.json"), JsonOutput.toJson(answers));
        return jenkins.run(jenkinsfile, parameters);
    }

    /** The calls that the program got, oldest first: step, params, program, node, seen. */
    @SuppressWarnings("unchecked")
    List<Map<String, Object>> calls() throws IOException {
        List<Map<String, Object>> calls = new ArrayList<>();
        Path file = folder.resolve("calls.jsonl");
        if (!Files.exists(file)) return calls;
        for (String line : Files.readAllLines(file)) calls.add((Map<String, Object>) new JsonSlurper().parseText(line));
        return calls;
    }

    @Override
    public void close() throws IOException {
        Scratch.delete(folder);
    }
}
