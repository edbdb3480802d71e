package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** The pipelines that make Jenkins the scheduler. */
public class SystemPipelinesTest {
    private Stage stage;

    @Before
    public void set() throws Exception {
        stage = new Stage();
        stage.agent("act-1", java.util.Set.of("codemonkeys-act"), Shells.REAL, Library.path());
    }

    @After
    public void clear() throws Exception {
        stage.close();
    }

    private void run(String name, Map<String, ?> parameters) throws Exception {
        stage.run(Files.readString(Library.ROOT.resolve("jenkinsfiles/" + name + ".Jenkinsfile")), parameters);
        assertEquals(List.of(), stage.jenkins.held);
    }

    private void assertResult(String expected) {
        assertEquals(stage.jenkins.logText(), expected, stage.jenkins.result == null ? "SUCCESS" : stage.jenkins.result);
    }

    @Test
    public void healWorksOnTheBuildThatFailed() throws Exception {
        run("heal", Map.of("PRODUCT", "payments", "REPOSITORY", "https://git.invalid/payments", "COMMIT", "abc", "STAGE", "test"));
        assertResult("SUCCESS");
        assertEquals(Map.of("product", "payments", "branch", "main", "commit", "abc", "stage", "test", "dry_run", false),
            stage.calls().get(0).get("params"));
        String checkout = stage.jenkins.asked.stream().filter(step -> step.startsWith("checkout")).findFirst().orElseThrow();
        assertTrue(checkout, checkout.contains("https://git.invalid/payments") && checkout.contains("LocalBranch"));
    }

    @Test
    public void whatIsLeftEmptyIsNotGiven() throws Exception {
        run("heal", Map.of("PRODUCT", "payments"));
        assertEquals(Map.of("product", "payments", "branch", "main", "dry_run", false), stage.calls().get(0).get("params"));
    }

    @Test
    public void thisProjectsOwnPipelineRuns() throws Exception {
        stage.jenkins.setBuildVariable("BRANCH_NAME", "main");
        stage.run(Files.readString(Library.ROOT.resolve("Jenkinsfile")));
        assertResult("SUCCESS");
        assertTrue(stage.calls().toString(), stage.calls().stream().anyMatch(call -> call.get("step").equals("run")));
    }

    @Test
    public void theActHalvesTakeRunAndDigestsOnTheirOwnAgentsAndCheckNothingOut() throws Exception {
        String digests = "a".repeat(64) + " " + "b".repeat(64);
        Map<String, String> given = Map.of("PRODUCT", "payments", "RUN", "r-1", "DIGESTS", digests);
        for (String name : List.of("land", "publish", "deploy", "apply")) run(name, given);
        assertResult("SUCCESS");
        Map<String, String> taken = Map.of("product", "payments", "half", "act", "take", "r-1", "digests", digests);
        assertEquals(List.of("heal", "release", "deploy", "infra apply"), stage.calls().stream().map(call -> call.get("step")).toList());
        for (Map<String, ?> call : stage.calls()) {
            assertEquals(taken, call.get("params"));
            assertEquals("act-1", call.get("node"));
        }
        assertTrue(stage.jenkins.asked.toString(), stage.jenkins.asked.stream().noneMatch(step -> step.startsWith("checkout")));
    }

    @Test
    public void watchLooksAtTheProductsOfItsFoldersCompany() throws Exception {
        run("watch", Map.of());
        stage.jenkins.setBuildVariable("JOB_NAME", "acme/_system/watch");
        run("watch", Map.of());
        run("watch", Map.of("COMPANY", "initech"));
        assertEquals(List.of(Map.of("dry_run", false), Map.of("company", "acme", "dry_run", false), Map.of("company", "initech", "dry_run", false)),
            stage.calls().stream().map(call -> call.get("params")).toList());
    }

    @Test
    public void watchOfTheActHalfRunsWhereTheKeysAre() throws Exception {
        stage.jenkins.setBuildVariable("JOB_NAME", "acme/_act/watch");
        run("watch-act", Map.of());
        assertResult("SUCCESS");
        assertEquals(Map.of("company", "acme", "half", "act", "dry_run", false), stage.calls().get(0).get("params"));
        assertEquals("act-1", stage.calls().get(0).get("node"));
    }

    @Test
    public void anApplicationThatPeopleAreAskedAboutHoldsNoAgentMeanwhile() throws Exception {
        stage.answers("infra apply", Map.of("verdict", "waiting", "approval", Map.of("id", "a-1", "group", "release-managers", "count", 1,
            "until", Instant.now().plusSeconds(3600).toString(), "reason", "production")), Map.of("summary", "applied"));
        stage.jenkins.people.add(Jenkins.Person.approves("ada", "seen"));
        run("apply", Map.of("PRODUCT", "payments", "RUN", "r-1", "DIGESTS", "a".repeat(64)));
        assertResult("SUCCESS");
        assertEquals(List.of(), stage.jenkins.heldWhileAsking);
        assertEquals(2, stage.calls().size());
    }

    @Test
    public void anApplicationThatPeopleRefuseFails() throws Exception {
        stage.answers("infra apply", Map.of("verdict", "waiting", "approval", Map.of("id", "a-1", "group", "release-managers", "count", 1,
            "until", Instant.now().plusSeconds(3600).toString(), "reason", "production")), Map.of("verdict", "failure", "kind", "policy", "diagnostics",
            List.of(Map.of("code", "gate.refused", "kind", "policy", "severity", "error", "message", "ada refused"))));
        stage.jenkins.people.add(Jenkins.Person.saysNo("ada", "not today"));
        run("apply", Map.of("PRODUCT", "payments", "RUN", "r-1", "DIGESTS", "a".repeat(64)));
        assertResult("FAILURE");
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("[policy] gate.refused"));
    }

    @Test
    public void aPlanThatTheStateHasMovedPastFails() throws Exception {
        stage.answers("infra apply", Map.of("verdict", "failure", "kind", "policy", "diagnostics",
            List.of(Map.of("code", "tofu.stale_plan", "kind", "policy", "severity", "error", "message", "the state has moved past this plan"))));
        run("apply", Map.of("PRODUCT", "payments", "RUN", "r-1", "DIGESTS", "a".repeat(64)));
        assertResult("FAILURE");
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("[policy] tofu.stale_plan"));
    }

    @Test
    public void shipOnlyShowsUnlessToldOtherwise() throws Exception {
        run("ship", Map.of("PRODUCT", "payments"));
        assertResult("SUCCESS");
        assertEquals(Map.of("product", "payments", "dry_run", true), stage.calls().get(0).get("params"));
    }

    @Test
    public void shipAsksWithoutHoldingAnAgentAndGoesOn() throws Exception {
        stage.answers("release", Map.of("verdict", "waiting", "approval", Map.of("id", "a-1", "group", "release-managers", "count", 1,
            "until", Instant.now().plusSeconds(3600).toString(), "reason", "tier 0")), Map.of("summary", "released"));
        stage.jenkins.people.add(Jenkins.Person.approves("ada", "yes"));
        run("ship", Map.of("PRODUCT", "payments", "DRY_RUN", false));
        assertResult("SUCCESS");
        assertEquals(List.of(), stage.jenkins.heldWhileAsking);
        assertEquals(2, stage.calls().size());
    }

    @Test
    public void shipThatFailsFailsTheBuild() throws Exception {
        stage.answers("release", Map.of("verdict", "failure", "kind", "infrastructure", "diagnostics",
            List.of(Map.of("code", "publish.not_shown", "kind", "infrastructure", "severity", "error", "message", "the index does not show 1.5.0"))));
        run("ship", Map.of("PRODUCT", "payments", "DRY_RUN", false));
        assertResult("FAILURE");
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("[infrastructure] publish.not_shown"));
    }

    private void fleetOf(int products) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (int i = 1; i <= products; i++) all.add(Map.of("name", "p" + i, "company", i % 2 == 0 ? "acme" : "initech"));
        all.add(Map.of("name", "held", "company", "acme", "paused", "incident 42"));
        stage.answers("status", Map.of("data", Map.of("products", all)));
    }

    private List<String> built() {
        return stage.jenkins.published.stream().filter(one -> one.startsWith("build: ")).map(one -> one.replaceAll(".*job=([^,}]*).*", "$1")).sorted().toList();
    }

    @Test
    public void fleetBuildsEveryProductThatIsNotPausedABoundedNumberAtATime() throws Exception {
        fleetOf(5);
        run("fleet", Map.of("AT_ONCE", "2"));
        assertResult("SUCCESS");
        assertEquals(List.of("acme/p2/main", "acme/p4/main", "initech/p1/main", "initech/p3/main", "initech/p5/main"), built());
        assertTrue(stage.jenkins.asked.toString(), stage.jenkins.asked.stream().anyMatch(step -> step.startsWith("parallel{worker 1=") && step.contains("worker 2=") && !step.contains("worker 3=")));
    }

    @Test
    public void fleetCanBeOneCompany() throws Exception {
        fleetOf(4);
        run("fleet", Map.of("COMPANY", "acme", "JOB", "{company}/{product}"));
        assertEquals(List.of("acme/p2", "acme/p4"), built());
    }

    @Test
    public void oneProductThatFailsDoesNotStopTheOthers() throws Exception {
        fleetOf(3);
        stage.jenkins.ends.put("initech/p1/main", "FAILURE");
        run("fleet", Map.of());
        assertResult("UNSTABLE");
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("initech/p1/main ended as FAILURE"));
        assertEquals(3, stage.jenkins.asked.stream().filter(step -> step.startsWith("build{")).count());
    }
}
