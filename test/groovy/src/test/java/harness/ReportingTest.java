package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** What a build shows of a result, with every plugin and with none. */
public class ReportingTest {
    private static final String TEST_STAGE =
        "node { monkeysRunner([step: 'run', needs: 'product', retryOnAgentLoss: false, credentials: []], [stage: 'unit tests']) }";

    private Stage stage;

    @Before
    public void set() throws Exception {
        stage = new Stage();
        Path workspace = Files.createDirectories(stage.folder.resolve("linux-1/workspace/product/dist"));
        Files.writeString(workspace.resolve("a.tgz"), "bytes");
        stage.answers("run", Map.of("product", "payments", "summary", "## 12 tests passed\n\nAll of them.",
            "junit", List.of("reports/unit.xml", "reports/more.xml"), "coverage", List.of("coverage/cobertura.xml"),
            "sarif", List.of("lint.sarif"), "artifacts", List.of(Map.of("path", "dist/a.tgz", "name", "a", "digest", "0"), Map.of("name", "b", "digest", "1")),
            "links", List.of(Map.of("title", "site", "url", "https://example.invalid/")), "metrics", Map.of("tests", 12)));
    }

    @After
    public void clear() throws Exception {
        stage.close();
    }

    @Test
    public void everythingListedIsShownByThePluginForIt() throws Exception {
        stage.run(TEST_STAGE);
        assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
        List<String> published = stage.jenkins.published;
        for (String expected : List.of("junit: reports/unit.xml,reports/more.xml", "recordCoverage: coverage/cobertura.xml",
            "recordIssues: lint.sarif", "archived: dist/a.tgz", "archived: codemonkeys/run-unit-tests.md",
            "archived: codemonkeys/run-unit-tests.json")) {
            assertTrue(expected + " in " + published, published.contains(expected));
        }
        assertTrue(published.toString(), published.contains(
            "content of codemonkeys/run-unit-tests.md: ## 12 tests passed\n\nAll of them.\n\n- [site](https://example.invalid/)\n- tests: 12\n"));
        assertEquals("payments run-unit-tests: 12 tests passed", stage.jenkins.description);
        assertTrue(published.stream().anyMatch(one -> one.startsWith("addBadge") && one.contains("link=https://example.invalid/")));
    }

    @Test
    public void aBareJenkinsShowsLessAndSaysWhatIsMissingOnce() throws Exception {
        stage.jenkins.without("recordIssues", "sarif", "recordCoverage", "addBadge", "lock", "milestone");
        stage.run(TEST_STAGE + "\n" + TEST_STAGE);
        assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
        List<String> notes = stage.jenkins.log.stream().filter(line -> line.contains("note:")).toList();
        assertEquals(List.of(
            "codemonkeys: note: not shown in Jenkins: No such DSL method 'recordCoverage' (the plugin behind recordCoverage is not installed)",
            "codemonkeys: note: not shown in Jenkins: No such DSL method 'sarif' (the plugin behind recordIssues is not installed)",
            "codemonkeys: note: not shown in Jenkins: No such DSL method 'addBadge' (the plugin behind addBadge is not installed)"), notes);
        assertTrue(stage.jenkins.published.contains("junit: reports/unit.xml,reports/more.xml"));
        assertEquals("payments run-unit-tests: 12 tests passed\npayments run-unit-tests: 12 tests passed", stage.jenkins.description);
    }

    @Test
    public void aReportThatCannotBeShownDoesNotHideTheFailure() throws Exception {
        stage.answers("run", Map.of("verdict", "failure", "kind", "product", "junit", List.of("broken.xml"),
            "diagnostics", List.of(Map.of("code", "stage.failed", "kind", "product", "severity", "error", "message", "npm test failed"))));
        stage.jenkins.broken.put("junit", "broken.xml is no report");
        stage.run(TEST_STAGE);
        assertEquals("FAILURE", stage.jenkins.result);
        assertTrue(stage.jenkins.logText(), stage.jenkins.log.contains("codemonkeys: note: not shown in Jenkins: junit said: broken.xml is no report"));
        assertTrue(stage.jenkins.logText(), stage.jenkins.log.contains("ERROR: [product] stage.failed: npm test failed"));
    }
}
