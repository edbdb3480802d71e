package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import groovy.json.JsonSlurper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.Test;

/** What the pages tell people to write does run. */
public class DocumentsTest {
    @Test
    @SuppressWarnings("unchecked")
    public void everyGroovySnippetOfTheJenkinsPagesRuns() throws Exception {
        int found = 0;
        List<Path> pages;
        try (Stream<Path> files = Files.list(Library.ROOT.resolve("docs/jenkins"))) {
            pages = files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
        }
        Path plan = Library.ROOT.resolve("test/groovy/src/test/resources/plans/payments.json");
        for (Path page : pages) {
            for (MatchResult snippet : Pattern.compile("(?s)```groovy\\n(.*?)```").matcher(Files.readString(page)).results().toList()) {
                found += 1;
                try (Stage stage = new Stage()) {
                    stage.jenkins.tools.put("Node 24", Library.ROOT.resolve("node_modules/node").toString());
                    stage.answers("plan", Map.of("data", (Map<String, ?>) new JsonSlurper().parse(plan.toFile())));
                    stage.jenkins.credentials.put("aws-reads", new Jenkins.Credential("string", "aws-s3cret", null));
                    stage.run(snippet.group(1));
                    assertEquals(page + "\n" + snippet.group(1) + stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
                }
            }
        }
        assertTrue("snippets found: " + found, found >= 2);
    }
}
