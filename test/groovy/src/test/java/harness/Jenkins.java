package harness;

import com.cloudbees.groovy.cps.Outcome;
import groovy.lang.Closure;
import hudson.AbortException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;

/**
 * The world around a build: a controller with plugins, credentials and people, and its agents. It is what a restart
 * does not touch, and what tests set up beforehand and look at afterwards.
 */
public final class Jenkins implements AutoCloseable {
    private static final ThreadLocal<Jenkins> CURRENT = new ThreadLocal<>();

    /** Steps of plugins that every Pipeline installation has. */
    private static final Set<String> CORE_STEPS = Set.of(
        "archiveArtifacts", "bat", "build", "catchError", "checkout", "deleteDir", "dir", "echo", "error", "fileExists", "input",
        "isUnix", "junit", "libraryResource", "node", "parallel", "properties", "pwd", "readFile", "retry", "script", "sh",
        "sleep", "stage", "timeout", "tool", "unstable", "withCredentials", "withEnv", "writeFile");
    private static final Set<String> CORE_SYMBOLS = Set.of(
        "agent", "choice", "cron", "file", "nonresumable", "pollSCM", "string", "usernamePassword", "booleanParam", "text",
        "credentials", "buildDiscarder", "quietPeriod", "logRotator", "disableConcurrentBuilds", "parameters", "pipelineTriggers");

    public final List<String> log = new ArrayList<>();
    public String description;
    public String result;
    /** `step arguments` of every step that was asked for, in order. */
    public final List<String> asked = new ArrayList<>();
    /** What reporting steps were given: `junit: …`, `archived: path`. */
    public final List<String> published = new ArrayList<>();
    public final Map<String, Agent> agents = new LinkedHashMap<>();
    /** Agents on which an executor is held now, in order of taking. */
    public final List<String> held = new ArrayList<>();
    public final Map<String, Credential> credentials = new HashMap<>();
    public final Map<String, String> tools = new HashMap<>();
    /** `getBuildCauses()`. */
    public final List<Map<String, String>> causes = new ArrayList<>();
    public final Deque<Person> people = new ArrayDeque<>();
    /** Executors held while a question was open; must stay empty. */
    public final List<String> heldWhileAsking = new ArrayList<>();
    /** Steps that fail, and what they say. */
    public final Map<String, String> broken = new HashMap<>();
    /** How builds of other jobs end, by the job; all else succeeds. */
    public final Map<String, String> ends = new HashMap<>();
    /** Stops the build when a step it accepts is asked for. */
    public Predicate<String> stopAt = asked -> false;
    public Path resources;
    /** Jenkins Location; null: nobody set it, and builds have no BUILD_URL. */
    public String url = "http://jenkins.invalid/";
    /** Copied into a workspace by checkout; null: checkout does nothing. */
    public Path repository;

    private final Set<String> plugins = new TreeSet<>(Set.of("milestone", "lock", "recordIssues", "recordCoverage", "addBadge"));
    private final Set<String> pluginSymbols = new TreeSet<>(Set.of("sarif"));
    private final Set<String> withoutSymbols = new TreeSet<>();
    private final Map<String, String> buildVariables = new LinkedHashMap<>();
    private final Scripts scripts;
    private final Steps steps = new Steps(this);
    private ClassLoader loader;
    private Context context = Context.OUTSIDE;
    private Build build;

    /** @param unix false: its steps are `bat`, answered by {@link #shell} */
    public record Agent(Path home, boolean unix, Set<String> labels, Shell shell, String path) {}

    /** Runs a script on an agent and answers its exit status. */
    public interface Shell {
        int run(Agent agent, Path folder, Map<String, String> variables, String script, java.util.function.Consumer<String> line)
            throws IOException, InterruptedException;
    }

    public record Credential(String kind, String secret, String user) {}

    /** How the next question is answered: by whom, with which reason; `refused`, or left open until its time is over. */
    public record Person(String name, String reason, String answer) {
        public static Person approves(String name, String reason) {
            return new Person(name, reason, "approve");
        }

        /** Answers, and the answer is no. */
        public static Person saysNo(String name, String reason) {
            return new Person(name, reason, "no");
        }

        /** Presses Abort. */
        public static Person refuses(String name) {
            return new Person(name, "", "refuse");
        }

        public static Person staysAway() {
            return new Person("", "", "never");
        }
    }

    record Body(String name, Closure<?> closure, Context context) {}

    public Jenkins(Scripts scripts) {
        this.scripts = scripts;
    }

    /** Takes plugins' steps or symbols away from this controller. */
    public Jenkins without(String... names) {
        plugins.removeAll(List.of(names));
        pluginSymbols.removeAll(List.of(names));
        withoutSymbols.addAll(List.of(names));
        return this;
    }

    /** Whether `without` took it away. */
    boolean lacks(String name) {
        return withoutSymbols.contains(name);
    }

    /** Runs a Jenkinsfile, in the sandbox, to its end. */
    public Build run(String jenkinsfile, Map<String, ?> parameters) throws Exception {
        scripts.add(Build.MAIN, jenkinsfile, true);
        Build started = new Build(this);
        result = started.run(parameters);
        return started;
    }

    public Build run(String jenkinsfile) throws Exception {
        return run(jenkinsfile, Map.of());
    }

    public String logText() {
        return String.join("\n", log);
    }

    static Jenkins current() {
        Jenkins jenkins = CURRENT.get();
        if (jenkins == null) throw new IllegalStateException("no build is running");
        return jenkins;
    }

    void enter(Build started) {
        build = started;
        forgetClasses();
        CURRENT.set(this);
    }

    void leave() {
        CURRENT.remove();
    }

    void at(Context where) {
        context = where;
    }

    Scripts scripts() {
        return scripts;
    }

    ClassLoader loader() {
        return loader;
    }

    void forgetClasses() {
        loader = scripts.another();
    }

    StepScript instantiate(String name, Globals globals) {
        try {
            StepScript script = (StepScript) loader.loadClass(name).getDeclaredConstructor().newInstance();
            script.globals = globals;
            return script;
        } catch (ReflectiveOperationException problem) {
            throw new AssertionError("cannot make the script " + name, problem);
        }
    }

    boolean hasStep(String name) {
        return CORE_STEPS.contains(name) || plugins.contains(name);
    }

    Set<String> stepNames() {
        Set<String> names = new TreeSet<>(CORE_STEPS);
        names.addAll(plugins);
        return names;
    }

    /** `agent()` is a symbol, `file(credentialsId: …)` is one; a symbol never has a block. */
    boolean hasSymbol(String name, StepCall call) {
        return call.body == null && !withoutSymbols.contains(name) && (CORE_SYMBOLS.contains(name) || pluginSymbols.contains(name));
    }

    Object variable(String name) {
        if (context.variables.containsKey(name)) return context.variables.get(name);
        if (buildVariables.containsKey(name)) return buildVariables.get(name);
        return switch (name) {
            case "BUILD_URL" -> url == null ? null : url + "job/product/7/";
            case "BUILD_NUMBER" -> "7";
            case "JOB_NAME" -> "product";
            default -> null;
        };
    }

    void setBuildVariable(String name, String value) {
        buildVariables.put(name, value);
    }

    Map<String, String> buildVariables() {
        return buildVariables;
    }

    /** A build's result only ever gets worse. */
    void worsen(String to) {
        List<String> order = List.of("SUCCESS", "UNSTABLE", "FAILURE", "NOT_BUILT", "ABORTED");
        if (result == null || order.indexOf(to) > order.indexOf(result)) result = to;
    }

    void log(String line) {
        String shown = line;
        for (Credential credential : credentials.values()) shown = shown.replace(credential.secret(), "****");
        log.add(shown);
    }

    void asked(StepCall call) throws RuntimeException {
        asked.add(call.toString());
    }

    Object atomic(StepCall call, Context where) throws Exception {
        if (stopAt.test(call.toString())) throw new FlowInterruptedException("ABORTED", "stopped by admin");
        if (broken.containsKey(call.name)) throw abort(broken.get(call.name));
        return steps.run(call, where);
    }

    /** The bodies of a block step and where they run; null for a step without a block. */
    List<Body> bodies(StepCall call, Context where) throws Exception {
        if (call.name.equals("parallel")) {
            List<Body> branches = new ArrayList<>();
            call.named.forEach((name, branch) -> {
                if (branch instanceof Closure<?> closure) branches.add(new Body(name, closure, where));
            });
            return branches;
        }
        if (call.body == null) return null;
        if (stopAt.test(call.toString())) throw new FlowInterruptedException("ABORTED", "stopped by admin");
        return List.of(new Body(call.name, call.body, steps.inside(call, where)));
    }

    List<Body> bodiesAgain(StepCall call, Context where) {
        return List.of(new Body(call.name, call.body, where));
    }

    /** Called when a body of a block has ended, however it did. */
    void left(StepCall call, Context inside) {
        if (call.name.equals("node")) held.remove(inside.node);
    }

    boolean again(Flow.Block block) {
        Throwable problem = block.outcomes.get(0) == null ? null : block.outcomes.get(0).getAbnormal();
        if (!block.call.name.equals("retry") || problem == null) return false;
        Object count = block.call.argument("count");
        if (count == null) count = block.call.positional.get(0);
        if (block.attempt >= ((Number) count).intValue()) return false;
        if (!block.call.named.containsKey("conditions")) return !(problem instanceof FlowInterruptedException);
        boolean forAgents = block.call.list("conditions").stream().anyMatch(c -> c instanceof Symbol symbol && symbol.name.equals("agent"));
        return forAgents && problem instanceof AgentLost;
    }

    Outcome outcome(Flow.Block block) {
        if (block.call.name.equals("parallel")) {
            LinkedHashMap<String, Object> values = new LinkedHashMap<>();
            for (int i = 0; i < block.outcomes.size(); i++) {
                Outcome one = block.outcomes.get(i);
                if (one.isFailure()) return one;
                values.put(block.branches.get(i), one.getNormal());
            }
            return new Outcome(values, null);
        }
        Outcome only = block.outcomes.get(0);
        if (block.call.name.equals("catchError") && only.isFailure()) {
            // An interruption's own result wins over the step's, as in Jenkins.
            Object buildResult = only.getAbnormal() instanceof FlowInterruptedException interrupted
                ? interrupted.result : block.call.named.getOrDefault("buildResult", "FAILURE");
            worsen(String.valueOf(buildResult));
            log("ERROR: " + only.getAbnormal().getMessage());
            return new Outcome(null, null);
        }
        return only;
    }

    @Override
    public void close() throws IOException {
        for (Agent agent : agents.values()) Scratch.delete(agent.home());
    }

    /** What a step throws whose agent went away. */
    static final class AgentLost extends FlowInterruptedException {
        private static final long serialVersionUID = 1L;

        AgentLost(String agent) {
            super("FAILURE", "Agent " + agent + " was deleted; cancelling node body");
        }
    }

    static AbortException abort(String message) {
        return new AbortException(message);
    }
}
