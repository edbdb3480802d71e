package harness;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** The harness itself: what would break in a Jenkins must break here. */
public class HarnessTest {
    private Stage stage;

    @Before
    public void set() throws Exception {
        stage = new Stage();
    }

    @After
    public void clear() throws Exception {
        stage.close();
    }

    private void dies(String script, String... parts) {
        AssertionError died = assertThrows(AssertionError.class, () -> stage.run(script));
        for (String part : parts) assertTrue(part + " in " + died.getMessage(), died.getMessage().contains(part));
    }

    private void refused(String script, String part) throws Exception {
        stage.run(script);
        assertEquals("FAILURE", stage.jenkins.result);
        assertTrue(stage.jenkins.logText(), stage.jenkins.logText().contains("Scripts not permitted to use " + part));
    }

    @Test
    public void aMatcherKeptOverAStepDoesNotSurviveARestart() {
        dies("def m = ('a1' =~ /a(.)/)\necho 'x'\necho m.group(1)", "would not survive a restart", "java.util.regex.Matcher", "Jenkinsfile");
    }

    @Test
    public void whatTheJsonParserHandsOutDoesNotSurviveARestart() {
        dies("def parsed = new groovy.json.JsonSlurper().parseText('{\"a\":1}')\necho 'x'\necho \"${parsed.a}\"", "LazyMap");
    }

    @Test
    public void sortingWithAClosureIsAMismatch() throws Exception {
        dies("def l = [2, 1]\nl.sort { a, b -> a <=> b }", "a CPS closure was called by");
    }

    @Test
    public void aStepInNonCpsCodeIsRefused() {
        dies("@NonCPS\ndef bad() { echo 'x' }\nbad()", "the step echo was called from @NonCPS code: Jenkinsfile.bad");
    }

    @Test
    public void theSandboxRefusesWhatJenkinsRefuses() throws Exception {
        refused("new groovy.json.JsonSlurperClassic()", "new groovy.json.JsonSlurperClassic");
    }

    @Test
    public void theSandboxRefusesTheSystem() throws Exception {
        refused("echo System.getProperty('user.home')", "staticMethod java.lang.System getProperty");
    }

    @Test
    public void theSandboxRefusesTheControllersObjects() throws Exception {
        refused("echo \"${currentBuild.rawBuild}\"", "field");
    }

    @Test
    public void theSandboxHoldsInNonCpsCodeToo() throws Exception {
        refused("@NonCPS\ndef home() { return System.getenv('HOME') }\necho home()", "staticMethod java.lang.System getenv");
    }

    @Test
    public void localsChangedInsideBodiesSurvive() throws Exception {
        Build build = stage.run("int n = 0\nList seen = []\nfor (x in ['a', 'b']) {\n  stage(x) { n += 1; echo x; seen.add(x + n) }\n}\necho \"${seen} ${n}\"");
        assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
        assertTrue(stage.jenkins.logText(), stage.jenkins.log.contains("[a1, b2] 2"));
        assertEquals("one restart for each of five steps, none of which answers anything", 5, build.restarts);
    }

    @Test
    public void branchesInterleaveAndTheirProblemsComeOut() throws Exception {
        stage.run("try { parallel(a: { echo 'a1'; echo 'a2' }, b: { echo 'b1'; error('b broke') }) } catch (e) { echo \"caught ${e.message}\" }");
        assertEquals(stage.jenkins.logText(), "SUCCESS", stage.jenkins.result);
        assertEquals(List.of("a1", "b1", "a2", "caught b broke"), stage.jenkins.log);
    }

    @Test
    public void anUnknownStepSaysSoAsJenkinsDoes() throws Exception {
        stage.run("try { recordIssue() } catch (NoSuchMethodError e) { echo e.message.substring(0, 40) }");
        assertTrue(stage.jenkins.logText(), stage.jenkins.log.contains("No such DSL method 'recordIssue' found a"));
    }

    @Test
    public void commandsAreRealAndSeeTheirVariablesOnly() throws Exception {
        stage.run("node('linux') { withEnv(['WHO=world']) { int s = sh(returnStatus: true, script: 'echo \"hello $WHO $NODE_NAME [$USER]\"; exit 3'); echo \"status ${s}\" } }");
        assertTrue(stage.jenkins.logText(), stage.jenkins.log.contains("hello world linux-1 []"));
        assertTrue(stage.jenkins.logText(), stage.jenkins.log.contains("status 3"));
    }

    @Test
    public void anInterpolatedCommandIsRefused() {
        dies("node { def x = 'a'; sh \"echo ${x}\" }", "an interpolated script");
    }

    @Test
    public void declarativeStagesRunInOrderWithTheirConditionsAndPost() throws Exception {
        stage.jenkins.setBuildVariable("BRANCH_NAME", "main");
        stage.run(String.join("\n",
            "pipeline {", "  agent none", "  environment { A = 'one' }", "  stages {",
            "    stage('first') {", "      agent { label 'linux' }", "      steps { sh 'echo \"A is $A\"' }", "      post { always { echo 'after first' } }", "    }",
            "    stage('not here') {", "      when { branch 'other' }", "      steps { error('ran') }", "    }",
            "    stage('both') {", "      parallel {", "        stage('l') { steps { echo 'l' } }", "        stage('r') { steps { unstable('r') } }", "      }", "    }",
            "    stage('matrix') {", "      matrix {", "        axes {", "          axis {", "            name 'OS'", "            values 'a', 'b'", "          }", "        }",
            "        stages { stage('cell') { steps { echo \"os ${env.OS}\" } } }", "      }", "    }", "  }",
            "  post {", "    unstable { echo 'post unstable' }", "    failure { echo 'post failure' }", "  }", "}"));
        assertEquals(stage.jenkins.logText(), "UNSTABLE", stage.jenkins.result);
        String log = stage.jenkins.logText();
        for (String part : List.of("A is one", "after first", "Stage \"not here\" skipped due to when conditional", "os a", "os b", "post unstable")) {
            assertTrue(part + " in " + log, log.contains(part));
        }
        assertTrue(log, !log.contains("post failure"));
        assertEquals(List.of(), stage.jenkins.held);
    }

    @Test
    public void declarativePostRunsAfterAFailureAndTheFailureStays() throws Exception {
        stage.run(String.join("\n",
            "pipeline {", "  agent any", "  stages {", "    stage('a') { steps { error('a broke') } }", "    stage('b') { steps { echo 'b ran' } }", "  }",
            "  post { failure { echo 'healing' } }", "}"));
        assertEquals("FAILURE", stage.jenkins.result);
        assertTrue(stage.jenkins.log.contains("healing"));
        assertTrue(stage.jenkins.log.contains("ERROR: a broke"));
        assertTrue(!stage.jenkins.log.contains("b ran"));
    }
}
