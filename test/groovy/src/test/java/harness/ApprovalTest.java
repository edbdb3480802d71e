package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** A gate's `ask` in Jenkins: who is asked, what is held meanwhile, and how it ends. */
public class ApprovalTest {
    private static final String SHIP =
        "monkeysRunner([step: 'release', needs: 'product', retryOnAgentLoss: false, credentials: []], [:])";

    private Stage stage;

    @Before
    public void set() throws Exception {
        stage = new Stage();
    }

    @After
    public void clear() throws Exception {
        stage.close();
    }

    private void asks(int count, long seconds) {
        stage.answers("release",
            Map.of("verdict", "waiting", "product", "payments", "summary", "waits for approval", "approval", Map.of("id", "a-1",
                "group", "release-managers", "count", count, "until", Instant.now().plusSeconds(seconds).toString(), "reason", "tier 0")),
            Map.of("product", "payments", "summary", "released 1.5.0"));
    }

    private void assertResult(String expected) {
        assertEquals(stage.jenkins.logText(), expected, stage.jenkins.result);
    }

    private void assertLogged(String part) {
        assertTrue("not in the log: " + part + "\n" + stage.jenkins.logText(), stage.jenkins.logText().contains(part));
    }

    @Test
    public void aJenkinsWithoutAnAddressAsksNobody() throws Exception {
        asks(1, 60);
        stage.jenkins.url = null;
        stage.run(SHIP);
        assertResult("FAILURE");
        assertLogged("[config] jenkins.no_url");
        assertFalse(stage.jenkins.asked.toString(), stage.jenkins.asked.stream().anyMatch(step -> step.startsWith("input")));
    }

    @Test
    public void givenGoesOnWithTheRecordedApproval() throws Exception {
        asks(1, 3600);
        stage.jenkins.people.add(Jenkins.Person.approves("ada", "looks good"));
        stage.run(SHIP);
        assertResult("SUCCESS");
        assertEquals(List.of(), stage.jenkins.heldWhileAsking);
        assertEquals(2, stage.calls().size());
        assertEquals(null, ((Map<?, ?>) stage.calls().get(0).get("params")).get("approvals"));
        assertEquals(List.of(Map.of("id", "a-1", "by", "ada", "answer", "approve", "reason", "looks good", "build", "http://jenkins.invalid/job/product/7/")),
            ((Map<?, ?>) stage.calls().get(1).get("params")).get("approvals"));
        String asked = stage.jenkins.asked.stream().filter(step -> step.startsWith("input")).findFirst().orElseThrow();
        assertTrue(asked, asked.contains("submitter=release-managers"));
        assertTrue(stage.jenkins.asked.toString(), stage.jenkins.asked.contains("lock{resource=codemonkeys-payments}[]"));
        assertTrue(stage.jenkins.published.toString(), stage.jenkins.published.contains("milestone: {}"));
    }

    @Test
    public void twoPeopleMeansTwoDistinctPeople() throws Exception {
        asks(2, 3600);
        stage.jenkins.people.addAll(List.of(Jenkins.Person.approves("ada", "yes"), Jenkins.Person.approves("ada", "again"),
            Jenkins.Person.approves("bob", "yes")));
        stage.run(SHIP);
        assertResult("SUCCESS");
        assertLogged("ada has approved already; another person is needed");
        List<?> approvals = (List<?>) ((Map<?, ?>) stage.calls().get(1).get("params")).get("approvals");
        assertEquals(List.of("ada", "bob"), approvals.stream().map(one -> ((Map<?, ?>) one).get("by")).toList());
    }

    @Test
    public void refusedStopsTheBuildAndNothingIsDone() throws Exception {
        asks(1, 3600);
        stage.jenkins.people.add(Jenkins.Person.refuses("ada"));
        stage.run(SHIP);
        assertResult("ABORTED");
        assertEquals(1, stage.calls().size());
        assertLogged("the build was stopped while it asked for approval a-1; nothing was done. The question stands until ");
    }

    @Test
    public void aNoGoesToTheProgramAndNobodyElseIsAsked() throws Exception {
        stage.answers("release", asking("a-1", 2), Map.of("verdict", "failure", "kind", "policy", "diagnostics", List.of(Map.of(
            "code", "gate.refused", "kind", "policy", "severity", "error", "message", "release.tag is denied: ada said no."))));
        stage.jenkins.people.add(Jenkins.Person.saysNo("ada", "not on a Friday"));
        stage.run(SHIP);
        assertResult("FAILURE");
        assertLogged("ERROR: [policy] gate.refused: release.tag is denied: ada said no.");
        assertEquals(List.of(Map.of("id", "a-1", "by", "ada", "answer", "refuse", "reason", "not on a Friday",
            "build", "http://jenkins.invalid/job/product/7/")), ((Map<?, ?>) stage.calls().get(1).get("params")).get("approvals"));
    }

    @Test
    public void onlyThoseWhoseAnswerCountsMaySubmitAndAnAnswerThatDoesNotCountIsAskedForAgain() throws Exception {
        stage.answers("release", asking("a-1", 1), asking("a-1", 1), Map.of("summary", "released"));
        // An administrator can answer whatever the list says; the program does not count it and asks again.
        stage.jenkins.people.add(Jenkins.Person.approves("admin", ""));
        stage.jenkins.people.add(Jenkins.Person.approves("bob", "yes"));
        stage.run(SHIP);
        assertResult("SUCCESS");
        List<String> questions = stage.jenkins.asked.stream().filter(step -> step.startsWith("input")).toList();
        assertEquals(2, questions.size());
        assertTrue(questions.get(0), questions.get(0).contains("submitter=ada,bob") && questions.get(0).contains("id=Approve-a-1-1"));
        assertTrue(questions.get(1), questions.get(1).contains("id=Approve-a-1-2"));
        List<?> approvals = (List<?>) ((Map<?, ?>) stage.calls().get(2).get("params")).get("approvals");
        assertEquals(List.of("admin", "bob"), approvals.stream().map(one -> ((Map<?, ?>) one).get("by")).toList());
    }

    private static Map<String, Object> asking(String id, int count) {
        return Map.of("verdict", "waiting", "product", "payments", "summary", "waits for approval", "approval", Map.of("id", id,
            "group", "maintainers", "people", List.of("ada", "bob"), "count", count, "until", Instant.now().plusSeconds(3600).toString(),
            "reason", "tier 0"));
    }

    @Test
    public void notAnsweredInTimeIsAPolicyError() throws Exception {
        asks(1, 2);
        stage.jenkins.people.add(Jenkins.Person.staysAway());
        stage.run(SHIP);
        assertResult("FAILURE");
        assertEquals(1, stage.calls().size());
        assertLogged("ERROR: [policy] approval.timed_out: nobody of release-managers approved a-1 (tier 0)");
    }

    @Test
    public void insideANodeItIsRefusedBecauseTheAgentWouldBeHeld() throws Exception {
        asks(1, 3600);
        stage.run("node { " + SHIP + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [policy] approval.holds_agent: release needs approval a-1 by release-managers (tier 0)");
        assertLogged("`agent none`");
    }

    @Test
    public void aJenkinsWithoutMilestonesAndLocksGoesOnAndSaysSo() throws Exception {
        asks(1, 3600);
        stage.jenkins.without("lock", "milestone");
        stage.jenkins.people.add(Jenkins.Person.approves("ada", ""));
        stage.run(SHIP);
        assertResult("SUCCESS");
        assertLogged("note: two builds may act on codemonkeys-payments at once: the plugin behind lock is not installed");
        assertLogged("note: older builds that wait for the same approval are not cancelled: the plugin behind milestone is not installed");
        assertEquals(2, stage.calls().size());
    }

    @Test
    public void aStepThatAsksOnAndOnEnds() throws Exception {
        stage.answers("release", Map.of("verdict", "waiting", "approval", Map.of("id", "a-1", "group", "g", "count", 10,
            "until", Instant.now().plusSeconds(3600).toString(), "reason", "again")));
        for (int i = 0; i < 20; i++) stage.jenkins.people.add(Jenkins.Person.approves("person " + i, ""));
        stage.run(SHIP);
        assertResult("FAILURE");
        assertEquals(3, stage.calls().size());
        assertFalse(stage.jenkins.logText(), stage.jenkins.logText().contains("nobody was expected"));
    }
}
