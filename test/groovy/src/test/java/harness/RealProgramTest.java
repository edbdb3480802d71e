package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** The runner with the program that is really built: both sides keep the same contract. */
public class RealProgramTest {
    private Stage stage;

    /** The built program, made when it is not there. */
    static void build() throws Exception {
        Path program = Library.ROOT.resolve("resources/codemonkeys/codemonkeys.mjs");
        if (!Files.exists(program)) {
            List<String> said = new ArrayList<>();
            ProcessBuilder build = new ProcessBuilder(Library.node(), "scripts/build.ts").directory(Library.ROOT.toFile());
            assertEquals(said.toString(), 0, Shells.follow(build.redirectErrorStream(true), said::add));
        }
    }

    @Before
    public void set() throws Exception {
        build();
        stage = new Stage();
        stage.jenkins.resources = Library.ROOT.resolve("resources");
    }

    @After
    public void clear() throws Exception {
        stage.close();
    }

    private static String step(String name, String params) {
        return "node { def r = monkeysRunner([step: '" + name + "', needs: 'nothing', retryOnAgentLoss: false, credentials: []], ["
            + params + "]); echo \"${r.step}: ${r.verdict}\" }";
    }

    private void assertLogged(String part) {
        assertTrue("not in the log: " + part + "\n" + stage.jenkins.logText(), stage.jenkins.logText().contains(part));
    }

    @Test
    public void aStepThatSucceeds() throws Exception {
        stage.run(step("config schema", ":"));
        assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
        assertLogged("config schema: success");
    }

    @Test
    public void aParameterThatThereIsNot() throws Exception {
        stage.run(step("config schema", "colour: 'red'"));
        assertEquals("FAILURE", stage.jenkins.result);
        assertLogged("ERROR: [config] params.unknown: config schema has no parameter colour");
    }

    @Test
    public void aFileThatIsNotThere() throws Exception {
        stage.run(step("constitution check", "file: 'nowhere.yaml'"));
        assertEquals("FAILURE", stage.jenkins.result);
        assertLogged("ERROR: [config] ");
    }
}
