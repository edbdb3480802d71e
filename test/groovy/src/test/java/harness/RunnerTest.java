package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** The way from Jenkins to Node and back, and every way in which it ends. */
public class RunnerTest {
    private Stage stage;

    @Before
    public void set() throws Exception {
        stage = new Stage();
    }

    @After
    public void clear() throws Exception {
        stage.close();
    }

    private static String mend(String more, String params) {
        return "monkeysRunner([step: 'mend', needs: 'product', " + more + "], [" + (params.isEmpty() ? ":" : params) + "])";
    }

    private static String mend(String params) {
        return mend("retryOnAgentLoss: false, credentials: []", params);
    }

    private void assertResult(String expected) {
        assertEquals(stage.jenkins.logText(), expected, stage.jenkins.result);
    }

    private void assertLogged(String part) {
        assertTrue("not in the log: " + part + "\n" + stage.jenkins.logText(), stage.jenkins.logText().contains(part));
    }

    private void assertNotLogged(String part) {
        assertFalse("in the log: " + part + "\n" + stage.jenkins.logText(), stage.jenkins.logText().contains(part));
    }

    private long askedFor(String start) {
        return stage.jenkins.asked.stream().filter(step -> step.startsWith(start)).count();
    }

    @Test
    public void paramsGoInAndTheResultComesBack() throws Exception {
        stage.answers("mend", Map.of("summary", "# Mended\nmore", "data", Map.of("fixed", true)));
        stage.run("node { def r = " + mend("log: 'a.log', max: 2, deep: [x: ['ü']], nodejs: null") + "; echo \"fixed ${r.data.fixed}\" }");
        assertResult("SUCCESS");
        assertLogged("fixed true");
        assertEquals(Map.of("log", "a.log", "max", 2, "deep", Map.of("x", List.of("ü"))), stage.calls().get(0).get("params"));
        assertEquals(false, stage.calls().get(0).get("stale"));
    }

    @Test
    public void theProgramIsWrittenOncePerWorkspaceAndVersion() throws Exception {
        stage.run("node { " + mend("log: 'a'") + "; " + mend("log: 'b'") + " }");
        assertResult("SUCCESS");
        Object first = stage.calls().get(0).get("program");
        assertEquals(first, stage.calls().get(1).get("program"));
        assertEquals(1, stage.jenkins.asked.stream().filter(step -> step.startsWith("writeFile") && step.contains(".mjs")).count());

        Path program = stage.jenkins.resources.resolve("codemonkeys/codemonkeys.mjs");
        Files.writeString(program, Files.readString(program) + "// another version\n");
        stage.run("node { " + mend("log: 'c'") + " }");
        assertFalse(first.equals(stage.calls().get(2).get("program")));
    }

    @Test
    public void nothingOfACallIsLeftBehindInTheTemporaryFolder() throws Exception {
        stage.run("node { " + mend("log: 'a'") + " }");
        Path temporary = stage.folder.resolve("linux-1/workspace/product@tmp/codemonkeys");
        try (var left = Files.list(temporary)) {
            assertEquals(List.of(true), left.map(file -> file.getFileName().toString().matches("codemonkeys-.*\\.mjs")).toList());
        }
        try (var left = Files.list(stage.folder.resolve("linux-1/workspace/product"))) {
            assertEquals("the work tree stays clean", 0, left.count());
        }
    }

    @Test
    public void branchesBesideEachOtherInOneWorkspaceDoNotDisturbEachOther() throws Exception {
        stage.answers("mend", Map.of("summary", "done"));
        stage.run("node { parallel(a: { " + mend("log: 'a'") + " }, b: { " + mend("log: 'b'") + " }, c: { " + mend("log: 'c'") + " }) }");
        assertResult("SUCCESS");
        assertEquals(3, stage.calls().size());
    }

    @Test
    public void unstableMarksTheBuildAndGoesOn() throws Exception {
        stage.answers("mend", Map.of("verdict", "unstable", "summary", "2 tests are flaky"));
        stage.run("node { " + mend("log: 'a'") + "; echo 'went on' }");
        assertResult("UNSTABLE");
        assertLogged("WARNING: codemonkeys mend-a: 2 tests are flaky");
        assertLogged("went on");
    }

    @Test
    public void failureIsOneCategorisedError() throws Exception {
        stage.answers("mend", Map.of("verdict", "failure", "kind", "product", "diagnostics", List.of(
            Map.of("code", "x.note", "kind", "product", "severity", "note", "message", "by the way"),
            Map.of("code", "stage.failed", "kind", "product", "severity", "error", "message", "npm test failed",
                "where", Map.of("file", "src/a.ts", "line", 41), "next", "codemonkeys heal"),
            Map.of("code", "second", "kind", "config", "severity", "error", "message", "second"))));
        stage.run("node { " + mend("log: 'a'") + "; echo 'went on' }");
        assertResult("FAILURE");
        assertLogged("ERROR: [product] stage.failed: npm test failed (src/a.ts:41). codemonkeys heal");
        assertNotLogged("second");
        assertNotLogged("went on");
    }

    @Test
    public void waitingForAnEventEndsQuietly() throws Exception {
        stage.answers("mend", Map.of("verdict", "waiting", "summary", "waits for CI"));
        stage.run("node { " + mend("log: 'a'") + "; echo 'went on' }");
        assertResult("SUCCESS");
        assertLogged("codemonkeys waits and ends here; the next event goes on with it: mend-a: waits for CI");
        assertLogged("went on");
    }

    @Test
    public void nodeMissingIsOneClearError() throws Exception {
        stage.agent("linux-1", Shells.REAL, withoutNode());
        stage.run("node { " + mend("log: 'a'") + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [infrastructure] node.missing: there is no Node.js on the agent linux-1. Install Node.js 24 (22.18 is the oldest that does)");
    }

    @Test
    public void nodeTooOldIsOneClearError() throws Exception {
        Path bin = Path.of(withoutNode());
        Path node = bin.resolve("node");
        Files.writeString(node, "#!/bin/sh\n[ \"$1\" = --version ] && echo v18.2.0\nexit 1\n");
        assertTrue(node.toFile().setExecutable(true));
        stage.agent("linux-1", Shells.REAL, bin.toString());
        stage.run("node { " + mend("log: 'a'") + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [infrastructure] node.too_old: the Node.js on the agent linux-1 is too old, see the log above. Install Node.js 24");
        assertLogged("v18.2.0");
    }

    @Test
    public void aNodeToolByNameComesFirstInPath() throws Exception {
        stage.agent("linux-1", Shells.REAL, withoutNode());
        stage.jenkins.tools.put("Node 24", Library.ROOT.resolve("node_modules/node").toString());
        stage.run("node { " + mend("log: 'a', nodejs: 'Node 24'") + " }");
        assertResult("SUCCESS");
        assertEquals(1, stage.calls().size());
        assertEquals(Map.of("log", "a"), stage.calls().get(0).get("params"));
    }

    @Test
    public void aToolNameThatIsNotThereIsAConfigError() throws Exception {
        stage.run("node { " + mend("log: 'a', nodejs: 'Node 99'") + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [config] node.tool: No nodejs named Node 99 found. Name a NodeJS installation");
    }

    @Test
    public void aLibraryWithoutTheProgramSaysWhatBuildsIt() throws Exception {
        Files.delete(stage.jenkins.resources.resolve("codemonkeys/codemonkeys.mjs"));
        stage.run("node { " + mend("log: 'a'") + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [config] library.not_built");
        assertLogged("npm ci && npx node scripts/library-tag.ts VERSION");
    }

    @Test
    public void aProgramThatLeavesNoResultIsToldAsSuch() throws Exception {
        stage.answers("mend", Map.of("verdict", "none", "exit", 70));
        stage.run("node { " + mend("log: 'a'") + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [internal] program.no_result: the program ended with status 70 and left no result");
    }

    @Test
    public void aTornResultIsToldAsSuch() throws Exception {
        stage.answers("mend", Map.of("raw", "{\"version\":1,\"verd", "exit", 0));
        stage.run("node { " + mend("log: 'a'") + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [infrastructure] program.torn_result");
    }

    @Test
    public void aResultOfAnotherVersionIsRefused() throws Exception {
        stage.answers("mend", Map.of("version", 2));
        stage.run("node { " + mend("log: 'a'") + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [config] library.version: the program's result has version 2; this library reads 1");
    }

    @Test
    public void successWithABadStatusIsNoSuccess() throws Exception {
        stage.answers("mend", Map.of("verdict", "success", "exit", 3));
        stage.run("node { " + mend("log: 'a'") + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [internal] program.contradiction");
    }

    @Test
    public void theProgramHearsWhoStartedTheBuild() throws Exception {
        stage.jenkins.causes.add(Map.of("_class", "hudson.model.Cause$UserIdCause", "userId", "ada"));
        stage.run("node { " + mend("log: 'a'") + " }");
        assertEquals(Map.of("CODEMONKEYS_REQUESTER", "ada", "CODEMONKEYS_TRIGGER", "person"), stage.calls().get(0).get("who"));
        stage.jenkins.causes.clear();
        stage.jenkins.causes.add(Map.of("_class", "hudson.triggers.TimerTrigger$TimerTriggerCause"));
        stage.run("node { " + mend("log: 'a'") + " }");
        assertEquals(Map.of("CODEMONKEYS_TRIGGER", "cron"), stage.calls().get(1).get("who"));
    }

    @Test
    public void theActHalfIsStartedWithDigestsAndNotWaitedFor() throws Exception {
        stage.answers("mend", handedOver());
        stage.run("node { " + mend("log: 'a'") + "; echo 'went on' }");
        assertResult("SUCCESS");
        String started = stage.jenkins.asked.stream().filter(step -> step.startsWith("build")).findFirst().orElseThrow();
        for (String part : List.of("job=/acme/_system/land", "wait=false", "value=payments", "value=r-1", "value=aa bb", "value=mend")) {
            assertTrue(part + " in " + started, started.contains(part));
        }
        assertLogged("codemonkeys: acme/_system/land goes on with r-1");
        assertLogged("went on");
    }

    @Test
    public void anActJobThatIsNotThereIsAConfigError() throws Exception {
        stage.answers("mend", handedOver());
        stage.jenkins.broken.put("build", "No item named /acme/_system/land found");
        stage.run("node { " + mend("log: 'a'") + " }");
        assertResult("FAILURE");
        assertLogged("ERROR: [config] act.no_job: the act half of mend could not be started as acme/_system/land (No item named");
        assertLogged("PRODUCT=payments RUN=r-1 DIGESTS='aa bb'");
    }

    private static Map<String, Object> handedOver() {
        return Map.of("verdict", "waiting", "product", "payments", "summary", "waits for the act half", "handover",
            Map.of("job", "land", "path", "acme/_system/land", "run", "r-1", "digests", List.of("aa", "bb")));
    }

    @Test
    public void anAbortPassesThroughAsItIs() throws Exception {
        stage.jenkins.stopAt = step -> step.startsWith("sh");
        stage.run("node { " + mend("log: 'a'") + "; echo 'went on' }");
        assertResult("ABORTED");
        assertLogged("ERROR: stopped by admin");
        assertNotLogged("went on");
    }

    @Test
    public void anAbortWhileReportingPassesThroughAsItIs() throws Exception {
        stage.jenkins.stopAt = step -> step.startsWith("archiveArtifacts");
        stage.run("node { " + mend("log: 'a'") + "; echo 'went on' }");
        assertResult("ABORTED");
        assertNotLogged("not shown in Jenkins");
    }

    @Test
    public void aStepOutsideANodeTakesOneAndChecksTheProductOut() throws Exception {
        stage.jenkins.repository = Files.createDirectories(stage.folder.resolve("repository"));
        Files.writeString(stage.jenkins.repository.resolve("SPEC.md"), "x");
        stage.run(mend("log: 'a', label: 'linux'"));
        assertResult("SUCCESS");
        assertTrue(Files.exists(stage.folder.resolve("linux-1/workspace/product/SPEC.md")));
        assertEquals(List.of(), stage.jenkins.held);
    }

    @Test
    public void checkoutCanBeLeftOut() throws Exception {
        stage.run(mend("log: 'a', checkout: false"));
        assertResult("SUCCESS");
        assertEquals(0, askedFor("checkout"));
    }

    @Test
    public void aLostAgentIsTriedAgainOnlyWhereTheStepAllows() throws Exception {
        stage.agent("linux-1", Shells.losingAgentAt(1), Library.path());
        stage.run(mend("retryOnAgentLoss: true, credentials: []", "log: 'a'"));
        assertResult("SUCCESS");
        assertEquals(2, askedFor("sh"));
        assertEquals(1, stage.calls().size());
    }

    @Test
    public void aLostAgentIsNotTriedAgainByAStepThatMayHaveActed() throws Exception {
        stage.agent("linux-1", Shells.losingAgentAt(1), Library.path());
        stage.run(mend("log: 'a'"));
        assertResult("FAILURE");
        assertEquals(1, askedFor("sh"));
        assertLogged("Agent linux-1 was deleted");
    }

    @Test
    public void anOldJenkinsWithoutRetryConditionsSaysSo() throws Exception {
        stage.jenkins.without("agent");
        stage.run(mend("retryOnAgentLoss: true, credentials: []", "log: 'a'"));
        assertResult("SUCCESS");
        assertLogged("codemonkeys: note: this Jenkins cannot retry a step whose agent was lost");
    }

    @Test
    public void aWindowsAgentTakesTheSameWayByBat() throws Exception {
        java.util.List<String> scripts = new java.util.ArrayList<>();
        Jenkins.Shell bat = (agent, folder, variables, script, line) -> {
            scripts.add(script);
            assertTrue(variables.toString(), variables.get("CODEMONKEYS_PROGRAM").contains("\\codemonkeys\\codemonkeys-"));
            java.util.function.UnaryOperator<String> local = name -> variables.get(name).replace('\\', '/');
            // What the script's lines say, by hand: there is no cmd.exe here.
            if (!variables.get("CODEMONKEYS_NEW").isEmpty()) {
                Files.move(Path.of(local.apply("CODEMONKEYS_NEW")), Path.of(local.apply("CODEMONKEYS_PROGRAM")));
            }
            ProcessBuilder node = new ProcessBuilder(Library.node(), local.apply("CODEMONKEYS_PROGRAM"), variables.get("CODEMONKEYS_STEP"),
                "--params-file", local.apply("CODEMONKEYS_PARAMS"), "--result-file", local.apply("CODEMONKEYS_RESULT"));
            node.environment().putAll(variables);
            return Shells.follow(node.directory(folder.toFile()).redirectErrorStream(true), line);
        };
        stage.jenkins.agents.clear();
        stage.jenkins.agents.put("win-1", new Jenkins.Agent(Files.createDirectories(stage.folder.resolve("win-1")), false,
            java.util.Set.of("windows"), bat, "C:\\Windows"));
        stage.jenkins.tools.put("Node 24", "C:\\node");
        stage.run("node { " + mend("log: 'a', nodejs: 'Node 24'") + "; " + mend("log: 'b'") + " }");
        assertResult("SUCCESS");
        assertEquals(List.of("a", "b"), stage.calls().stream().map(call -> ((Map<?, ?>) call.get("params")).get("log")).toList());
        assertEquals(0, askedFor("sh"));
        assertTrue(stage.jenkins.asked.toString(), stage.jenkins.asked.stream().anyMatch(step -> step.contains("PATH+CODEMONKEYS=C:\\node,")
            || step.contains("PATH+CODEMONKEYS=C:\\node]")));
        for (String needed : List.of("@echo off", "move /Y \"%CODEMONKEYS_NEW%\" \"%CODEMONKEYS_PROGRAM%\"", "where node", "exit /b 127",
            "exit /b 120", "exit /b %ERRORLEVEL%")) {
            assertTrue(needed + " in " + scripts.get(0), scripts.get(0).contains(needed));
        }
    }

    /** A PATH with the few commands that the shell script needs, and no node. */
    private String withoutNode() throws Exception {
        Path bin = Files.createDirectories(stage.folder.resolve("bin"));
        for (String name : List.of("mv", "rm", "sh")) {
            Path link = bin.resolve(name);
            if (!Files.exists(link)) Files.createSymbolicLink(link, Path.of("/bin", name));
        }
        return bin.toString();
    }
}
