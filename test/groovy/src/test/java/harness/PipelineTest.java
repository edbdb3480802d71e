package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import groovy.json.JsonSlurper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.junit.runners.Parameterized;

/** One plan, twice: as the Jenkinsfile that is committed and as `monkeysPipeline()` interprets it. Both must do the same. */
@RunWith(Parameterized.class)
public class PipelineTest {
    private static final Path PLAN = Library.ROOT.resolve("test/groovy/src/test/resources/plans/payments.json");

    @Parameterized.Parameters(name = "{0}")
    public static List<String> forms() {
        return List.of("Jenkinsfile", "monkeysPipeline");
    }

    @Parameterized.Parameter
    public String form;

    private Stage stage;

    @Before
    @SuppressWarnings("unchecked")
    public void set() throws Exception {
        stage = new Stage();
        stage.jenkins.setBuildVariable("BRANCH_NAME", "main");
        stage.answers("plan", Map.of("data", (Map<String, ?>) new JsonSlurper().parse(PLAN.toFile())));
    }

    @After
    public void clear() throws Exception {
        stage.close();
    }

    private String pipeline() throws Exception {
        if (form.equals("monkeysPipeline")) return "@Library('codemonkeys@v1') _\nmonkeysPipeline()";
        List<String> text = new ArrayList<>();
        ProcessBuilder render = new ProcessBuilder(Library.node(), "test/groovy/render.mjs", PLAN.toString()).directory(Library.ROOT.toFile());
        assertEquals(String.join("\n", text), 0, Shells.follow(render.redirectError(ProcessBuilder.Redirect.INHERIT), text::add));
        return String.join("\n", text);
    }

    private void run() throws Exception {
        stage.run(pipeline());
        assertEquals("executors are given back", List.of(), stage.jenkins.held);
    }

    /** Which steps the program was asked for, without the plan itself: `run build`, `heal`. */
    private List<String> done() throws Exception {
        return stage.calls().stream().filter(call -> !call.get("step").equals("plan"))
            .map(call -> call.get("step") + " " + ((Map<?, ?>) call.get("params")).entrySet().stream()
                .filter(one -> !one.getKey().equals("approvals")).map(one -> String.valueOf(one.getValue())).toList())
            .map(text -> text.replace(" []", "").replace("[", "").replace("]", "")).toList();
    }

    private void assertResult(String expected) {
        assertEquals(stage.jenkins.logText(), expected, stage.jenkins.result == null ? "SUCCESS" : stage.jenkins.result);
    }

    private static Map<String, Object> failed(String code) {
        return Map.of("verdict", "failure", "kind", "product", "diagnostics",
            List.of(Map.of("code", code, "kind", "product", "severity", "error", "message", "it failed")));
    }

    private static Map<String, Object> asks(long seconds) {
        return Map.of("verdict", "waiting", "approval", Map.of("id", "a-1", "group", "release-managers", "count", 1,
            "until", Instant.now().plusSeconds(seconds).toString(), "reason", "tier 0"));
    }

    @Test
    public void allGoesWell() throws Exception {
        run();
        assertResult("SUCCESS");
        assertEquals(List.of("run build", "run test-unit", "run test-e2e", "docs", "release", "announce"), sortedBranches(done()));
    }

    @Test
    public void theJobGetsItsPlaceInTheQueue() throws Exception {
        run();
        if (form.equals("monkeysPipeline")) {
            String properties = stage.jenkins.asked.stream().filter(step -> step.startsWith("properties")).findFirst().orElseThrow();
            assertTrue(properties, properties.contains("buildDiscarder{") && properties.contains("disableConcurrentBuilds"));
            assertTrue(properties, properties.contains("PriorityJobProperty") && properties.contains("priority=2"));
        } else {
            assertTrue(pipeline(), pipeline().contains("quietPeriod("));
        }
    }

    @Test
    public void aQueueWithoutPrioritiesIsANote() throws Exception {
        stage.jenkins.without("PriorityJobProperty");
        run();
        assertResult("SUCCESS");
        if (form.equals("Jenkinsfile")) return;
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("note: the queue does not know that this product's priority is high"));
        List<String> set = stage.jenkins.published.stream().filter(one -> one.startsWith("properties")).toList();
        assertTrue(set.toString(), set.size() == 1 && !set.get(0).contains("PriorityJobProperty") && set.get(0).contains("buildDiscarder"));
    }

    @Test
    public void aBranchThatIsNotTheMainOneIsNotReleased() throws Exception {
        stage.jenkins.setBuildVariable("BRANCH_NAME", "nightly/today");
        stage.jenkins.setBuildVariable("SOAK", "yes");
        run();
        assertResult("SUCCESS");
        assertEquals(List.of("run build", "run test-unit", "run test-e2e", "run nightly", "docs"), sortedBranches(done()));
    }

    @Test
    public void aFailingStageIsHealedAndTheBuildStaysFailed() throws Exception {
        stage.answers("run", failed("stage.failed"));
        stage.answers("heal", Map.of("verdict", "waiting", "summary", "pushed heal/refund; waits for CI"));
        run();
        assertResult("FAILURE");
        assertEquals(List.of("run build", "heal"), done());
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("[product] stage.failed: it failed"));
        assertTrue(stage.jenkins.description, stage.jenkins.description.contains("heal-build-and-test: pushed heal/refund; waits for CI"));
    }

    @Test
    public void aHealThatFailsDoesNotHideWhatItWasFor() throws Exception {
        stage.answers("run", failed("stage.failed"));
        stage.answers("heal", failed("heal.no_fix"));
        run();
        assertResult("FAILURE");
        assertEquals("ERROR: [product] stage.failed: it failed", stage.jenkins.log.get(stage.jenkins.log.size() - 1));
    }

    @Test
    public void unstableGoesOn() throws Exception {
        stage.answers("run", Map.of(), Map.of("verdict", "unstable", "summary", "flaky"));
        run();
        assertResult("UNSTABLE");
        assertTrue(done().toString(), done().contains("release"));
    }

    @Test
    public void anApprovalIsAskedForWithoutAnAgentAndGoesOn() throws Exception {
        stage.answers("release", asks(3600), Map.of("summary", "released"));
        stage.jenkins.people.add(Jenkins.Person.approves("ada", "yes"));
        run();
        assertResult("SUCCESS");
        assertEquals(List.of(), stage.jenkins.heldWhileAsking);
        assertEquals(2, done().stream().filter("release"::equals).count());
        assertTrue(done().toString(), done().contains("announce"));
    }

    @Test
    public void aRefusedApprovalStopsThePipeline() throws Exception {
        stage.answers("release", asks(3600));
        stage.jenkins.people.add(Jenkins.Person.refuses("ada"));
        run();
        assertResult("ABORTED");
        assertTrue(done().toString(), !done().contains("announce"));
    }

    @Test
    public void anApprovalThatNobodyGivesInTimeFailsThePipeline() throws Exception {
        stage.answers("release", asks(2));
        stage.jenkins.people.add(Jenkins.Person.staysAway());
        run();
        assertResult("FAILURE");
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("[policy] approval.timed_out"));
        assertTrue(done().toString(), !done().contains("announce"));
    }

    @Test
    public void anAbortIsNotHealed() throws Exception {
        stage.jenkins.stopAt = step -> step.startsWith("sh") && step.contains("codemonkeys run");
        run();
        assertResult("ABORTED");
        assertEquals(List.of(), done());
    }

    @Test
    public void aLostAgentFailsTheBuild() throws Exception {
        int planFirst = form.equals("monkeysPipeline") ? 1 : 0;
        stage.agent("linux-1", Shells.losingAgentAt(2 + planFirst), Library.path());
        stage.answers("heal", Map.of("summary", "nothing to heal"));
        run();
        assertResult("FAILURE");
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("Agent linux-1 was deleted"));
        assertTrue(done().toString(), !done().contains("release"));
    }

    @Test
    public void aMissingNodeIsTheFirstThingSaid() throws Exception {
        Path bin = Files.createDirectories(stage.folder.resolve("bin"));
        for (String name : List.of("mv", "rm", "sh")) Files.createSymbolicLink(bin.resolve(name), Path.of("/bin", name));
        stage.agent("linux-1", Shells.REAL, bin.toString());
        run();
        assertResult("FAILURE");
        String last = stage.jenkins.log.get(stage.jenkins.log.size() - 1);
        assertTrue(last, last.startsWith("ERROR: [infrastructure] node.missing"));
    }

    /** Branches of a parallel stage may end in any order. */
    private static List<String> sortedBranches(List<String> steps) {
        List<String> sorted = new ArrayList<>(steps);
        int e2e = sorted.indexOf("run test-e2e");
        int unit = sorted.indexOf("run test-unit");
        if (e2e >= 0 && unit > e2e) java.util.Collections.swap(sorted, e2e, unit);
        return sorted;
    }
}
