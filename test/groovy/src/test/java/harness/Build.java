package harness;

import com.cloudbees.groovy.cps.Continuable;
import com.cloudbees.groovy.cps.Continuation;
import com.cloudbees.groovy.cps.Envs;
import com.cloudbees.groovy.cps.Outcome;
import com.cloudbees.groovy.cps.impl.CpsCallableInvocation;
import com.cloudbees.groovy.cps.sandbox.SandboxInvoker;
import groovy.lang.Closure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;

/**
 * One build on the real CPS engine. Whenever the program waits for a step, and again when a step has answered
 * something, the whole of it is written out, thrown away, and read back by a loader that has other classes: a controller's
 * restart at every point where there can be one.
 */
final class Build {
    static final String MAIN = "Jenkinsfile";

    private static final List<Class> CATEGORIES = new ArrayList<>(Continuable.categories);

    static {
        CATEGORIES.add(Iteration.class);
    }

    /** All restarts of all builds in this run of the tests. */
    static int restartsInAll = 0;

    private final Jenkins jenkins;
    private State state;
    /** Restarts that this build has lived through. */
    int restarts = 0;
    /** What the program threw, when nothing caught it. */
    Throwable failure;

    private static final class State implements Serializable {
        private static final long serialVersionUID = 1L;
        Globals globals;
        final ArrayList<Flow> flows = new ArrayList<>();
        int nextId = 1;
    }

    Build(Jenkins jenkins) {
        this.jenkins = jenkins;
    }

    /** Runs the build to its end and answers its result: SUCCESS, UNSTABLE, FAILURE, ABORTED or NOT_BUILT. */
    String run(Map<String, ?> parameters) throws Exception {
        jenkins.enter(this);
        Whitelist sandbox = new Whitelist();
        try {
            state = new State();
            state.globals = new Globals(parameters);
            StepScript main = jenkins.instantiate(MAIN, state.globals);
            state.flows.add(new Flow(state.nextId++, start(sandbox, main::run), Context.OUTSIDE, null, 0));
            while (!state.flows.isEmpty()) advance(sandbox);
        } finally {
            jenkins.leave();
        }
        // The harness's own complaints are no outcome of a build.
        if (failure instanceof AssertionError complaint) throw complaint;
        if (failure instanceof FlowInterruptedException stopped) jenkins.worsen(stopped.result);
        else if (failure != null) jenkins.worsen("FAILURE");
        if (failure != null) jenkins.log("ERROR: " + failure.getMessage());
        return jenkins.result == null ? "SUCCESS" : jenkins.result;
    }

    private void advance(Whitelist sandbox) throws Exception {
        Flow flow = state.flows.stream().filter(candidate -> candidate.next != null).findFirst()
            .orElseThrow(() -> new AssertionError("every flow waits: " + state.flows.stream().map(f -> String.valueOf(f.pending)).toList()));
        Outcome given = flow.next;
        flow.next = null;
        flow.pending = null;
        jenkins.at(flow.context);
        sandbox.register();
        Outcome yielded;
        try {
            yielded = flow.program.run0(given, CATEGORIES);
        } finally {
            sandbox.unregister();
        }
        // Others go on before this one does, so that branches of parallel really interleave.
        state.flows.remove(flow);
        if (!flow.program.isResumable()) {
            end(flow, yielded);
            return;
        }
        state.flows.add(flow);
        if (!(yielded.getNormal() instanceof StepCall call)) throw new AssertionError("suspended with " + yielded);
        flow.pending = call;
        int id = flow.id;
        restart();
        perform(find(id));
        // Where the answer is nothing, the restart at the next step shows the same.
        Outcome answer = find(id).next;
        if (answer != null && (answer.getNormal() != null || answer.isFailure())) restart();
    }

    private Flow find(int id) {
        return state.flows.stream().filter(flow -> flow.id == id).findFirst().orElseThrow();
    }

    private void perform(Flow flow) {
        StepCall call = flow.pending;
        jenkins.at(flow.context);
        jenkins.asked(call);
        try {
            List<Jenkins.Body> bodies = jenkins.bodies(call, flow.context);
            if (bodies == null) {
                flow.next = new Outcome(jenkins.atomic(call, flow.context), null);
                return;
            }
            open(new Flow.Block(flow, call), bodies);
        } catch (AssertionError broken) {
            throw broken;
        } catch (Throwable problem) {
            flow.next = new Outcome(null, problem);
        }
    }

    private void open(Flow.Block block, List<Jenkins.Body> bodies) {
        block.open = bodies.size();
        block.branches.clear();
        block.outcomes.clear();
        if (bodies.isEmpty()) block.caller.next = new Outcome(null, null);
        for (int i = 0; i < bodies.size(); i++) {
            Jenkins.Body body = bodies.get(i);
            block.branches.add(body.name());
            block.outcomes.add(null);
            Continuable program = start(null, () -> body.closure().call());
            state.flows.add(new Flow(state.nextId++, program, body.context(), block, i));
        }
    }

    private void end(Flow flow, Outcome outcome) {
        if (flow.parent == null) {
            failure = outcome.getAbnormal();
            return;
        }
        Flow.Block block = flow.parent;
        jenkins.left(block.call, flow.context);
        block.outcomes.set(flow.index, outcome);
        block.open -= 1;
        if (block.open > 0) return;
        jenkins.at(block.caller.context);
        if (jenkins.again(block)) {
            block.attempt += 1;
            open(block, jenkins.bodiesAgain(block.call, block.caller.context));
            return;
        }
        block.caller.next = jenkins.outcome(block);
    }

    private interface Entry {
        Object enter();
    }

    /** Calls into transformed code, which answers by throwing where to begin. */
    private static Continuable start(Whitelist sandbox, Entry entry) {
        if (sandbox != null) sandbox.register();
        try {
            entry.enter();
            throw new AssertionError("not CPS-transformed");
        } catch (CpsCallableInvocation invocation) {
            return new Continuable(invocation.invoke(Envs.empty(new SandboxInvoker()), null, Continuation.HALT));
        } finally {
            if (sandbox != null) sandbox.unregister();
        }
    }

    private void restart() throws IOException, ClassNotFoundException {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(written)) {
            out.writeObject(state);
        } catch (IOException problem) {
            throw new AssertionError("the program would not survive a restart here: " + whereAll() + "\n" + problem, problem);
        }
        state = null;
        jenkins.forgetClasses();
        try (ObjectInputStream in = new Reader(new ByteArrayInputStream(written.toByteArray()), jenkins.loader())) {
            state = (State) in.readObject();
        }
        restarts += 1;
        restartsInAll += 1;
    }

    private String whereAll() {
        return state.flows.stream()
            .map(flow -> flow.pending + " at " + flow.program.getStackTrace().stream().limit(4).map(String::valueOf).collect(Collectors.joining(" < ")))
            .collect(Collectors.joining("; "));
    }

    private static final class Reader extends ObjectInputStream {
        private final ClassLoader loader;

        Reader(InputStream in, ClassLoader loader) throws IOException {
            super(in);
            this.loader = loader;
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass description) throws IOException, ClassNotFoundException {
            try {
                return Class.forName(description.getName(), false, loader);
            } catch (ClassNotFoundException primitive) {
                return super.resolveClass(description);
            }
        }
    }
}
