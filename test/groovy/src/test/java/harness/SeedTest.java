package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import groovy.json.JsonSlurper;
import groovy.lang.Binding;
import groovy.lang.Closure;
import groovy.lang.GroovyObjectSupport;
import groovy.lang.GroovyShell;
import groovy.util.DelegatingScript;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.junit.Test;

/** The scripts that make a controller's folders and jobs, run by the Groovy that Job DSL runs them in, and written down. */
public class SeedTest {
    private final List<String> said = new ArrayList<>();
    private boolean plugins = true;

    /** Takes every word of the DSL for one: notes it with where it stands, and runs its block. */
    private final class Noted extends GroovyObjectSupport {
        private final String place;

        Noted(String place) {
            this.place = place;
        }

        @Override
        public Object invokeMethod(String name, Object given) {
            Object[] arguments = (Object[]) given;
            List<Object> plain = new ArrayList<>();
            Closure<?> block = null;
            for (Object argument : arguments) {
                if (argument instanceof Closure<?> closure) block = closure;
                else plain.add(argument);
            }
            String here = place + "/" + name + (plain.isEmpty() ? "" : plain.toString());
            said.add(here);
            Noted inner = new Noted(here);
            if (block != null) {
                block.setDelegate(inner);
                block.setResolveStrategy(Closure.DELEGATE_FIRST);
                if (block.getMaximumNumberOfParameters() > 0) block.call(inner);
                else block.call();
            }
            return inner;
        }

        /** Names of XML elements are written without quotes. */
        @Override
        public Object getProperty(String name) {
            return name;
        }

        @Override
        public String toString() {
            return place.substring(place.lastIndexOf('/') + 1);
        }
    }

    /** What a script asks of the controller. */
    public final class Management {
        public boolean isMinimumPluginVersionInstalled(String name, String version) {
            return plugins && name.equals("generic-webhook-trigger");
        }
    }

    private void run() throws Exception {
        List<String> printed = new ArrayList<>();
        ProcessBuilder render = new ProcessBuilder(Library.node(), "test/groovy/seed.mjs").directory(Library.ROOT.toFile());
        assertEquals(0, Shells.follow(render.redirectError(ProcessBuilder.Redirect.INHERIT), printed::add));
        CompilerConfiguration configuration = new CompilerConfiguration();
        configuration.setScriptBaseClass(DelegatingScript.class.getName());
        for (Object script : (List<?>) new JsonSlurper().parseText(String.join("\n", printed))) {
            GroovyShell shell = new GroovyShell(SeedTest.class.getClassLoader(), new Binding(Map.of("jm", new Management())), configuration);
            DelegatingScript parsed = (DelegatingScript) shell.parse((String) script);
            parsed.setDelegate(new Noted(""));
            parsed.run();
        }
    }

    private void assertSaid(String... lines) {
        for (String line : lines) assertTrue(line + "\nin\n" + String.join("\n", said), said.contains(line));
    }

    @Test
    public void everySystemJobIsMadeFromTheRepositoryAndRefThatItBelongsTo() throws Exception {
        run();
        String definition = "/definition/cpsScm";
        for (String job : List.of("_system/fleet", "acme/_system/heal", "acme/_system/ship")) {
            String at = "/pipelineJob[" + job + "]" + definition;
            assertSaid(at + "/scm/git/remote/url[https://git.example/codemonkeys.git]", at + "/scm/git/branch[refs/tags/library-1.0.0]",
                at + "/scriptPath[jenkinsfiles/" + job.substring(job.lastIndexOf('/') + 1) + ".Jenkinsfile]");
        }
        for (String job : List.of("acme/_act/land", "acme/_act/publish", "acme/_act/deploy", "acme/_act/apply", "acme/_act/watch")) {
            String at = "/pipelineJob[" + job + "]" + definition;
            assertSaid(at + "/scm/git/remote/url[https://git.example/organisation.git]", at + "/scm/git/branch[refs/heads/policy]");
        }
    }

    @Test
    public void jobsDeclareTheirParametersBeforeTheirFirstRun() throws Exception {
        run();
        assertSaid("/pipelineJob[acme/_act/land]/parameters/stringParam[DIGESTS, ]",
            "/pipelineJob[acme/_system/heal]/parameters/stringParam[BRANCH, main]",
            "/pipelineJob[acme/_system/ship]/parameters/booleanParam[DRY_RUN, true]");
    }

    @Test
    public void keysAreInTheActHalfsFolderAndAWordFromOutsideStaysAWord() throws Exception {
        run();
        assertSaid("/folder[acme]/displayName[Acme's ${HOME}]");
        String secrets = String.join("\n", said.stream().filter(line -> line.contains("secret of")).toList());
        assertTrue(secrets, secrets.contains("secret of acme_checkout_token") && secrets.contains("secret of acme_crates_io_token"));
        for (String line : secrets.split("\n")) {
            assertEquals(line, !line.contains("checkout"), line.startsWith("/folder[acme/_act]"));
        }
    }

    @Test
    public void watchHasAWebhookWhereThePluginIsAndElseNone() throws Exception {
        String token = "/pipelineJob[acme/_act/watch]/properties/pipelineTriggers/triggers/genericTrigger/tokenCredentialId[codemonkeys-webhook-token]";
        run();
        assertSaid(token);
        assertEquals(1, said.stream().filter(line -> line.contains("tokenCredentialId")).count());
        said.clear();
        plugins = false;
        run();
        assertTrue(said.toString(), said.stream().noneMatch(line -> line.contains("genericTrigger")));
    }
}
