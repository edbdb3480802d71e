package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** Secrets: bound by Jenkins around the one command, never seen by Groovy. */
public class CredentialsTest {
    private static final String TOKEN = "[variable: 'TEST_TOKEN', id: 'publish-token', kind: 'string', optional: false]";
    private static final String LOGIN = "[variable: 'TEST_LOGIN', id: 'registry-login', kind: 'usernamePassword', optional: true]";
    private static final String KEY = "[variable: 'TEST_KEY', id: 'age-key', kind: 'file', optional: true]";

    private Stage stage;

    @Before
    public void set() throws Exception {
        stage = new Stage();
        stage.jenkins.credentials.put("publish-token", new Jenkins.Credential("string", "s3cr3t-t0ken", null));
        stage.jenkins.credentials.put("registry-login", new Jenkins.Credential("usernamePassword", "p4ssw0rd", "robot"));
        stage.jenkins.credentials.put("age-key", new Jenkins.Credential("file", "AGE-SECRET-KEY", null));
    }

    @After
    public void clear() throws Exception {
        stage.close();
    }

    private static String publish(String params) {
        return "node { monkeysRunner([step: 'publish', needs: 'product', retryOnAgentLoss: false, credentials: ["
            + String.join(", ", TOKEN, LOGIN, KEY) + "]], [" + params + "]); sh 'echo \"afterwards <$TEST_TOKEN>\"' }";
    }

    private Map<?, ?> seen() throws Exception {
        return (Map<?, ?>) stage.calls().get(0).get("seen");
    }

    private void assertLogged(String part) {
        assertTrue("not in the log: " + part + "\n" + stage.jenkins.logText(), stage.jenkins.logText().contains(part));
    }

    @Test
    public void areInTheProgramsEnvironmentAndNowhereElse() throws Exception {
        stage.run(publish(":"));
        assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
        assertEquals("s3cr3t-t0ken", seen().get("TEST_TOKEN"));
        assertEquals("robot", seen().get("TEST_LOGIN_USER"));
        assertEquals("p4ssw0rd", seen().get("TEST_LOGIN"));
        assertTrue(String.valueOf(seen().get("TEST_KEY")).endsWith("secretFiles/age-key"));
        assertLogged("afterwards <>");
        assertLogged("TEST_TOKEN is ****");
        List<String> everything = List.of(stage.jenkins.logText(), stage.jenkins.asked.toString(), stage.jenkins.published.toString());
        for (String text : everything) {
            for (String secret : List.of("s3cr3t-t0ken", "p4ssw0rd", "AGE-SECRET-KEY")) assertFalse(text, text.contains(secret));
        }
        long bound = stage.jenkins.asked.stream().filter(step -> step.startsWith("withCredentials")).count();
        assertEquals(1, bound);
    }

    @Test
    public void onlyTheCommandRunsWhileTheyAreBound() throws Exception {
        stage.run(publish(":"));
        List<String> names = stage.jenkins.asked.stream().map(step -> step.replaceAll("[^A-Za-z].*", "")).toList();
        int at = names.indexOf("withCredentials");
        assertEquals(List.of("withCredentials", "withEnv", "sh", "fileExists"), names.subList(at, at + 4));
    }

    @Test
    public void optionalOnesMayBeMissing() throws Exception {
        stage.jenkins.credentials.remove("registry-login");
        stage.jenkins.credentials.remove("age-key");
        stage.run(publish(":"));
        assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
        assertEquals(Map.of("TEST_TOKEN", "s3cr3t-t0ken"), seen());
        assertLogged("note: the optional credential 'registry-login' (TEST_LOGIN) is not there; publish goes on without it");
    }

    @Test
    public void aRequiredOneThatIsMissingIsOneClearError() throws Exception {
        stage.jenkins.credentials.remove("publish-token");
        stage.run(publish(":"));
        assertEquals("FAILURE", stage.jenkins.result);
        assertLogged("ERROR: [secret] credentials.missing: Jenkins has no string credential 'publish-token' here, which the step publish "
            + "reads as TEST_TOKEN. Add it to the job's folder, or name another with credentials: [TEST_TOKEN: 'id']");
        assertEquals(List.of(), stage.calls());
    }

    @Test
    public void theCallerMayNameOthersOrNone() throws Exception {
        stage.jenkins.credentials.put("acme-token", new Jenkins.Credential("string", "acme-s3cret", null));
        stage.run(publish("credentials: [TEST_TOKEN: 'acme-token', TEST_LOGIN: '', TEST_KEY: null]"));
        assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
        assertEquals(Map.of("TEST_TOKEN", "acme-s3cret"), seen());
        assertEquals(Map.of(), stage.calls().get(0).get("params"));
    }

    @Test
    public void theCallerMayBindFurtherSecretTexts() throws Exception {
        stage.jenkins.credentials.put("aws-reads", new Jenkins.Credential("string", "aws-s3cret", null));
        stage.run(publish("credentials: [TEST_LOGIN: '', TEST_KEY: null, TEST_MORE: 'aws-reads']"));
        assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
        assertEquals("aws-s3cret", seen().get("TEST_MORE"));
        stage.jenkins.credentials.remove("aws-reads");
        stage.run(publish("credentials: [TEST_LOGIN: '', TEST_KEY: null, TEST_MORE: 'aws-reads']"));
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("credentials.missing: Jenkins has no string credential 'aws-reads' here"));
    }
}
