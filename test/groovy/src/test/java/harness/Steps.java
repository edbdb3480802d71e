package harness;

import groovy.lang.GString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;

/** What each Jenkins step does in this world. */
final class Steps {
    /** Groups of the security realm; everybody is in them. */
    private static final List<String> GROUPS = List.of("release-managers", "g");

    /** Everything that `properties` takes here. */
    private static final Set<String> JOB_PROPERTIES = Set.of("PriorityJobProperty", "buildDiscarder", "disableConcurrentBuilds",
        "parameters", "pipelineTriggers");

    private final Jenkins jenkins;

    Steps(Jenkins jenkins) {
        this.jenkins = jenkins;
    }

    /** A step without a block. */
    Object run(StepCall call, Context where) throws Exception {
        switch (call.name) {
            case "echo":
                jenkins.log(call.text("message"));
                return null;
            case "error":
                throw Jenkins.abort(call.text("message"));
            case "unstable":
                jenkins.worsen("UNSTABLE");
                jenkins.log("WARNING: " + call.text("message"));
                return null;
            case "isUnix":
                return agent(call, where).unix();
            case "pwd":
                return shown(where, call.flag("tmp") ? where.workspace + "@tmp" : folder(call, where).toString());
            case "writeFile": {
                Path file = file(call, where);
                Files.createDirectories(file.getParent());
                Files.writeString(file, call.text("text"));
                return null;
            }
            case "readFile": {
                Path file = file(call, where);
                if (!Files.exists(file)) throw new java.nio.file.NoSuchFileException(file.toString());
                return Files.readString(file);
            }
            case "fileExists":
                return Files.exists(file(call, where));
            case "deleteDir":
                Scratch.delete(folder(call, where));
                return null;
            case "libraryResource": {
                Path resource = jenkins.resources.resolve(call.text("resource"));
                if (!Files.exists(resource)) throw Jenkins.abort("No such library resource " + call.text("resource") + " could be found.");
                return Files.readString(resource);
            }
            case "sh", "bat":
                return command(call, where);
            case "checkout":
                if (jenkins.repository != null) Scratch.copy(jenkins.repository, folder(call, where));
                return new HashMap<String, String>();
            case "tool": {
                String home = jenkins.tools.get(call.text("name"));
                if (home == null) throw Jenkins.abort("No " + call.text("type") + " named " + call.text("name") + " found");
                return home;
            }
            case "input":
                return ask(call, where);
            case "properties":
                for (Object property : call.list("properties")) jobProperty(property);
                jenkins.published.add(call.toString());
                return null;
            case "milestone", "addBadge":
                jenkins.published.add(call.name + ": " + call.named);
                return null;
            case "build":
                jenkins.published.add(call.name + ": " + call.named);
                return started(call);
            case "sleep":
                return null;
            case "junit":
                jenkins.published.add("junit: " + call.text("testResults"));
                return null;
            case "recordIssues", "recordCoverage": {
                Object tool = call.list("tools").get(0);
                Object pattern = tool instanceof Symbol symbol ? symbol.text("pattern") : ((Map<?, ?>) tool).get("pattern");
                jenkins.published.add(call.name + ": " + pattern);
                return null;
            }
            case "archiveArtifacts":
                for (String pattern : call.text("artifacts").split(",")) archive(folder(call, where), pattern.trim());
                return null;
            default:
                throw new AssertionError("the harness does not know the step " + call);
        }
    }

    /** The other build, when it is waited for. One that does not succeed interrupts this one, with its own result. */
    private Object started(StepCall call) throws FlowInterruptedException {
        if (Boolean.FALSE.equals(call.named.get("wait"))) return null;
        String result = jenkins.ends.getOrDefault(call.text("job"), "SUCCESS");
        if (!result.equals("SUCCESS") && !Boolean.FALSE.equals(call.named.get("propagate"))) {
            throw new FlowInterruptedException(result, call.text("job") + " #7 completed with status " + result);
        }
        return new HashMap<>(Map.of("result", result));
    }

    /** What is no property of a job ends the build: options of a declarative Jenkinsfile, such as the quiet period, are not. */
    private void jobProperty(Object property) {
        String name = property instanceof Symbol symbol ? symbol.name : String.valueOf(((Map<?, ?>) property).get("$class"));
        if (jenkins.lacks(name) || !JOB_PROPERTIES.contains(name)) {
            throw new IllegalArgumentException("Could not instantiate {properties=[@" + name + "]} for " +
                "org.jenkinsci.plugins.workflow.multibranch.JobPropertyStep", new UnsupportedOperationException(
                    "no known implementation of class hudson.model.JobProperty is using symbol ‘" + name + "’"));
        }
    }

    /** Where the body of a block step runs; takes what the block takes. */
    Context inside(StepCall call, Context where) throws Exception {
        switch (call.name) {
            case "node":
                return take(call.text("label"), where);
            case "dir": {
                Path folder = resolve(where, call.text("path"));
                Files.createDirectories(folder);
                return where.in(folder.toString());
            }
            case "withEnv": {
                Map<String, String> variables = new LinkedHashMap<>();
                for (Object pair : call.list("overrides")) {
                    String text = pair.toString();
                    variables.put(text.substring(0, text.indexOf('=')), text.substring(text.indexOf('=') + 1));
                }
                return where.with(variables);
            }
            case "withCredentials":
                return bind(call, where);
            case "timeout": {
                long seconds = ((Number) call.argument("time")).longValue();
                String unit = call.named.containsKey("unit") ? call.text("unit") : "MINUTES";
                return where.until(System.currentTimeMillis() + java.util.concurrent.TimeUnit.valueOf(unit).toMillis(seconds));
            }
            case "stage":
                jenkins.log("[Pipeline] stage (" + call.text("name") + ")");
                return where.with(Map.of("STAGE_NAME", call.text("name")));
            case "lock", "retry", "catchError", "script":
                return where;
            default:
                throw new AssertionError("the harness does not know the block step " + call);
        }
    }

    private Context take(String label, Context where) throws IOException {
        for (Map.Entry<String, Jenkins.Agent> one : jenkins.agents.entrySet()) {
            Jenkins.Agent agent = one.getValue();
            if (label == null || label.isEmpty() || agent.labels().contains(label) || one.getKey().equals(label)) {
                long inUse = jenkins.held.stream().filter(one.getKey()::equals).count();
                Path workspace = agent.home().resolve("workspace").resolve(inUse == 0 ? "product" : "product@" + (inUse + 1));
                Files.createDirectories(workspace);
                jenkins.held.add(one.getKey());
                return where.on(one.getKey(), workspace.toString()).with(Map.of("PATH", agent.path()));
            }
        }
        throw Jenkins.abort("There are no nodes with the label '" + label + "'");
    }

    private Context bind(StepCall call, Context where) throws Exception {
        Map<String, String> variables = new LinkedHashMap<>();
        for (Object binding : call.list("bindings")) {
            Symbol symbol = (Symbol) binding;
            String id = symbol.text("credentialsId");
            Jenkins.Credential credential = jenkins.credentials.get(id);
            if (credential == null || !credential.kind().equals(symbol.name)) {
                throw Jenkins.abort("Could not find credentials entry with ID '" + id + "'");
            }
            if (symbol.name.equals("usernamePassword")) {
                variables.put(symbol.text("usernameVariable"), credential.user());
                variables.put(symbol.text("passwordVariable"), credential.secret());
            } else if (symbol.name.equals("file")) {
                Path file = Path.of(where.workspace + "@tmp", "secretFiles", id);
                Files.createDirectories(file.getParent());
                Files.writeString(file, credential.secret());
                variables.put(symbol.text("variable"), file.toString());
            } else {
                variables.put(symbol.text("variable"), credential.secret());
            }
        }
        return where.with(variables);
    }

    private Object command(StepCall call, Context where) throws Exception {
        Jenkins.Agent agent = agent(call, where);
        Object script = call.argument("script");
        if (script instanceof GString) throw new AssertionError("an interpolated script: " + script);
        if (agent.unix() != call.name.equals("sh")) throw Jenkins.abort("the agent does not do " + call.name);
        Map<String, String> variables = new LinkedHashMap<>(jenkins.buildVariables());
        for (String name : List.of("BUILD_URL", "BUILD_NUMBER", "JOB_NAME")) {
            Object value = jenkins.variable(name);
            if (value != null) variables.put(name, value.toString());
        }
        variables.putAll(where.variables);
        int status = agent.shell().run(agent, folder(call, where), variables, script.toString(), jenkins::log);
        if (status == Shells.LOST) throw new Jenkins.AgentLost(where.node);
        if (call.flag("returnStatus")) return status;
        if (status != 0) throw Jenkins.abort("script returned exit code " + status);
        return null;
    }

    private Object ask(StepCall call, Context where) throws Exception {
        jenkins.heldWhileAsking.addAll(jenkins.held);
        Jenkins.Person person = jenkins.people.poll();
        if (person == null) throw new AssertionError("nobody was expected to be asked: " + call);
        if (person.answer().equals("never")) {
            if (where.deadline == 0) throw new AssertionError("a question without a time limit: " + call);
            Thread.sleep(Math.max(0, where.deadline - System.currentTimeMillis()));
            throw new FlowInterruptedException("ABORTED", "Timeout has been exceeded");
        }
        if (person.answer().equals("refuse")) throw new FlowInterruptedException("ABORTED", "Rejected by " + person.name());
        // Jenkins lets members of a realm's group answer, and administrators whatever the list says.
        List<String> asked = List.of(call.text("submitter").split(","));
        boolean may = asked.contains(person.name()) || person.name().equals("admin") || asked.stream().anyMatch(GROUPS::contains);
        if (!may) throw new AssertionError(person.name() + " may not answer: " + call);
        LinkedHashMap<String, Object> answer = new LinkedHashMap<>();
        for (Object parameter : call.list("parameters")) {
            boolean choice = ((Symbol) parameter).name.equals("choice");
            answer.put(((Symbol) parameter).text("name"), !choice ? person.reason() : person.answer().equals("no") ? "refuse" : "approve");
        }
        answer.put(call.text("submitterParameter"), person.name());
        return answer;
    }

    private void archive(Path folder, String pattern) throws IOException {
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(Files::isRegularFile).map(folder::relativize).filter(matcher::matches).sorted().forEach(file -> {
                try {
                    jenkins.published.add("archived: " + file);
                    jenkins.published.add("content of " + file + ": " + Files.readString(folder.resolve(file)));
                } catch (IOException problem) {
                    throw new UncheckedIOException(problem);
                }
            });
        }
    }

    private Jenkins.Agent agent(StepCall call, Context where) throws IOException {
        if (where.node == null) throw Jenkins.abort("Required context class hudson.FilePath is missing: " + call.name + " needs a node");
        return jenkins.agents.get(where.node);
    }

    private Path folder(StepCall call, Context where) throws IOException {
        agent(call, where);
        return Path.of(where.folder);
    }

    private Path file(StepCall call, Context where) throws IOException {
        agent(call, where);
        return resolve(where, call.text("file"));
    }

    private Path resolve(Context where, String path) {
        boolean unix = jenkins.agents.get(where.node).unix();
        return Path.of(where.folder).resolve(unix ? path : path.replace('\\', '/'));
    }

    private String shown(Context where, String path) {
        return jenkins.agents.get(where.node).unix() ? path : path.replace('/', '\\');
    }
}
