package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** The library as Jenkins loads it: vars/ and resources/ as they lie in a git ref, and nothing beside them. */
public class LibraryTagTest {
    private static final String STEP = "node { def r = monkeysRunner([step: 'config schema', needs: 'nothing', "
        + "retryOnAgentLoss: false, credentials: []], [:]); echo \"${r.step}: ${r.verdict}\" }";

    private Path scratch;
    private Path clone;

    @Before
    public void set() throws Exception {
        RealProgramTest.build();
        scratch = Scratch.make();
        clone = scratch.resolve("clone");
        command(Library.ROOT, "git", "clone", "-q", ".", clone.toString());
        Path built = Files.createDirectories(clone.resolve("resources/codemonkeys"));
        for (String name : List.of("codemonkeys.mjs", "THIRD-PARTY-NOTICES.txt")) {
            Files.copy(Library.ROOT.resolve("resources/codemonkeys").resolve(name), built.resolve(name));
        }
    }

    @After
    public void clear() throws Exception {
        Scratch.delete(scratch);
    }

    private static String command(Path folder, String... words) throws Exception {
        List<String> said = new ArrayList<>();
        ProcessBuilder process = new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true);
        for (String who : List.of("AUTHOR", "COMMITTER")) {
            process.environment().put("GIT_" + who + "_NAME", "Tester");
            process.environment().put("GIT_" + who + "_EMAIL", "t@localhost");
        }
        assertEquals(String.join("\n", said), 0, Shells.follow(process, said::add));
        return String.join("\n", said);
    }

    private Stage loadedFrom(String ref) throws Exception {
        Path library = Files.createDirectories(scratch.resolve(ref));
        Path archive = scratch.resolve(ref + ".tar");
        command(clone, "git", "archive", "--output=" + archive, ref, "vars", "resources");
        command(library, "tar", "-xf", archive.toString());
        return new Stage(library);
    }

    @Test
    public void aTagHasTheProgramAndRunsIt() throws Exception {
        String said = command(clone, Library.node(), Library.ROOT.resolve("scripts/library-tag.ts").toString(), "9.9.9", "--built",
            "--repository", clone.toString());
        assertTrue(said, said.contains("git push origin library-9.9.9"));
        assertEquals("no branch has the built files", "", command(clone, "git", "branch", "--contains", "library-9.9.9"));
        try (Stage stage = loadedFrom("library-9.9.9")) {
            stage.run(STEP);
            assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
            assertTrue(stage.jenkins.logText(), stage.jenkins.log.contains("config schema: success"));
        }
    }

    @Test
    public void aBranchHasNoneAndSaysWhatMakesIt() throws Exception {
        try (Stage stage = loadedFrom("HEAD")) {
            stage.run(STEP);
            assertEquals("FAILURE", stage.jenkins.result);
            String log = stage.jenkins.logText();
            assertTrue(log, log.contains("ERROR: [config] library.not_built: this version of the library does not contain the built program"));
            assertTrue(log, log.contains("node scripts/library-tag.ts VERSION"));
            assertFalse(log, log.contains("Exception"));
        }
    }
}
