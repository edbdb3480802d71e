// The one step that runs anything. Written by hand; every other monkeys… step only says what it is and calls this one.
// In this order: the call, its agent, the program, credentials and the command, the result, what the build shows,
// approvals, how it ends, and small things in plain Groovy that the engine need not be able to stop in.
import com.cloudbees.groovy.cps.NonCPS
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import groovy.transform.Field
import java.time.Instant
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException

/** Options of a call that are the runner's own; all others are the step's parameters and go to the program. */
@Field final List<String> ownOptions = ['nodejs', 'label', 'checkout', 'credentials']

/** The version of result.json that this library reads; src/core/result.ts has the same. */
@Field final int resultVersion = 1

/** More approvals than any sane policy asks for in one step; a step that asks on and on ends here. */
@Field final int mostApprovals = 20

@Field final String programResource = 'codemonkeys/codemonkeys.mjs'

/** Tells one built program from another; found out once per build. */
@Field String programIdentity = null

/** How many questions this build has asked; each `input` of a build needs an id of its own. */
@Field int asked = 0

/** Notes on what this Jenkins lacks, each given once per build. */
@Field List<String> notesGiven = []

/**
 * Runs a step of the program on an agent and ends as its result says: returns on success, marks the build unstable,
 * asks for approval without holding an agent and goes on, or fails with one categorised error.
 *
 * @param step what the generated var says of itself: step, needs, retryOnAgentLoss, credentials
 * @param given the caller's parameters and options
 * @return result.json as plain maps and lists
 */
Map call(Map step, Map given = [:]) {
    Map options = only(given, true)
    Map params = only(given, false)
    List approvals = []
    Map result = onAgent(step, options, params)
    while (result.verdict == 'waiting' && result.approval && approvals.size() < mostApprovals) {
        approvals.addAll(answersTo(step, result))
        Map answered = params + [approvals: approvals]
        result = locked("codemonkeys-${result.product ?: step.step}".toString()) {
            onAgent(step, options, answered)
        }
    }
    handOver(step, result)
    conclude(result)
    return result
}

// ---- the agent

/** Runs the step on the agent that the caller holds, else on one taken for it; what runs twice is the step's to say. */
private Map onAgent(Map step, Map options, Map params) {
    if (env.NODE_NAME) {
        return runHere(step, options, params)
    }
    List conditions = step.retryOnAgentLoss ? agentLoss() : []
    if (conditions.isEmpty()) {
        return onOwnNode(step, options, params)
    }
    Map result = null
    retry(count: 2, conditions: conditions) {
        result = onOwnNode(step, options, params)
    }
    return result
}

private Map onOwnNode(Map step, Map options, Map params) {
    Map result = null
    node(options.label ?: '') {
        if (step.needs == 'product' && options.checkout != false) {
            checkout(options.checkout ?: scm)
        }
        result = runHere(step, options, params)
    }
    return result
}

/** Conditions under which Jenkins itself runs a block again because its agent went away; none where it cannot. */
private List agentLoss() {
    try {
        return [agent(), nonresumable()]
    } catch (NoSuchMethodError missing) {
        if (!names(missing, 'agent') && !names(missing, 'nonresumable')) {
            throw missing
        }
        note('this Jenkins cannot retry a step whose agent was lost (Pipeline: Basic Steps is older than 2022)')
        return []
    }
}

/** The way from Jenkins to Node and back, in the current workspace. */
private Map runHere(Map step, Map options, Map params) {
    boolean unix = isUnix()
    String separator = unix ? '/' : '\\'
    String home = (pwd(tmp: true) + separator + 'codemonkeys').toString()
    String unique = UUID.randomUUID().toString()
    String call = (home + separator + unique).toString()
    List<String> variables = programVariables(home + separator, unique)
    variables.add("CODEMONKEYS_STEP=${step.step}".toString())
    variables.add("CODEMONKEYS_PARAMS=${call}${separator}params.json".toString())
    variables.add("CODEMONKEYS_RESULT=${call}${separator}result.json".toString())
    variables.add("CODEMONKEYS_REPORT=${call}${separator}report".toString())
    variables.addAll(nodeVariables(options, unix))
    variables.addAll(whoStartedIt())
    writeFile(file: "${call}${separator}params.json", text: JsonOutput.toJson(params), encoding: 'UTF-8')
    int status = launch(step, options, variables, unix)
    Map result = resultOf(step, "${call}${separator}result.json".toString(), status)
    publish(result, "${call}${separator}report".toString())
    dir(call) {
        deleteDir()
    }
    return result
}

// ---- the program

/**
 * Variables that say where the program lies. It is written once per workspace's temporary folder and version: under a
 * name of its own first, and moved into place by the command itself, so that no branch beside this one ever reads a
 * half-written file.
 */
private List<String> programVariables(String home, String unique) {
    if (programIdentity == null) {
        programIdentity = identify(program())
    }
    String path = "${home}codemonkeys-${programIdentity}.mjs".toString()
    if (fileExists(path)) {
        return ["CODEMONKEYS_PROGRAM=${path}".toString(), 'CODEMONKEYS_NEW=']
    }
    String fresh = "${home}codemonkeys-${unique}.mjs".toString()
    writeFile(file: fresh, text: program(), encoding: 'UTF-8')
    return ["CODEMONKEYS_PROGRAM=${path}".toString(), "CODEMONKEYS_NEW=${fresh}".toString()]
}

private String program() {
    try {
        return libraryResource(resource: programResource, encoding: 'UTF-8')
    } catch (FlowInterruptedException stopped) {
        throw stopped
    } catch (Exception missing) {
        error('[config] library.not_built: this version of the library does not contain the built program ' +
            "(resources/${programResource}: ${missing.message}). Load a tag library-…, or make one in the library: " +
            '`npm ci && npx node scripts/library-tag.ts VERSION`, then push it')
    }
}

/** PATH for a NodeJS tool installation; nothing when the agent's own PATH is to be used. */
private List<String> nodeVariables(Map options, boolean unix) {
    if (!options.nodejs) {
        return []
    }
    String installed
    try {
        installed = tool(name: options.nodejs, type: 'nodejs')
    } catch (FlowInterruptedException stopped) {
        throw stopped
    } catch (Exception missing) {
        error("[config] node.tool: ${missing.message}. Name a NodeJS installation of Manage Jenkins → Tools, or leave " +
            'out nodejs to use the node on the agent\'s PATH')
    }
    return ["PATH+CODEMONKEYS=${installed}${unix ? '/bin' : ''}".toString()]
}

/**
 * Who started the build, for the program to take as who asks: nobody agrees to what they asked for. The controller's own
 * record is asked again when an approval is verified; what stands here decides nothing alone.
 */
private List<String> whoStartedIt() {
    List<String> variables = []
    for (cause in currentBuild.getBuildCauses()) {
        if (cause.userId) {
            variables.add("CODEMONKEYS_REQUESTER=${cause.userId}".toString())
            variables.add('CODEMONKEYS_TRIGGER=person')
            return variables
        }
        if (cause._class?.contains('TimerTrigger')) {
            variables.add('CODEMONKEYS_TRIGGER=cron')
            return variables
        }
    }
    return variables
}

// ---- credentials and the command

/** Runs the program with the step's credentials bound around that one command and nothing else; answers its status. */
private int launch(Map step, Map options, List<String> variables, boolean unix) {
    List needs = needsOf(step.credentials, options.credentials ?: [:])
    int status = -1
    while (status == -1) {
        boolean bound = false
        try {
            if (needs.isEmpty()) {
                bound = true
                status = execute(step, variables, unix)
            } else {
                withCredentials(bindings(needs)) {
                    bound = true
                    status = execute(step, variables, unix)
                }
            }
        } catch (FlowInterruptedException stopped) {
            throw stopped
        } catch (Exception problem) {
            Map absent = bound ? null : missingFrom(needs, problem.message)
            if (absent == null) {
                throw problem
            }
            if (!absent.optional) {
                error("[secret] credentials.missing: Jenkins has no ${absent.kind} credential '${absent.id}' here, which " +
                    "the step ${step.step} reads as ${absent.variable}. Add it to the job's folder, or name another with " +
                    "credentials: [${absent.variable}: 'id']")
            }
            note("the optional credential '${absent.id}' (${absent.variable}) is not there; ${step.step} goes on without it")
            needs.remove(absent)
        }
    }
    return status
}

private List bindings(List needs) {
    List made = []
    for (need in needs) {
        if (need.kind == 'file') {
            made.add(file(credentialsId: need.id, variable: need.variable))
        } else if (need.kind == 'usernamePassword') {
            made.add(usernamePassword(credentialsId: need.id, usernameVariable: need.variable + '_USER',
                passwordVariable: need.variable))
        } else {
            made.add(string(credentialsId: need.id, variable: need.variable))
        }
    }
    return made
}

/** The command. 127: no node. 120: node too old. Everything else is the program's own, see docs/reference/exit-codes.md. */
private int execute(Map step, List<String> variables, boolean unix) {
    int status = -2
    withEnv(variables) {
        if (unix) {
            status = sh(label: "codemonkeys ${step.step}", returnStatus: true, script: '''#!/bin/sh -e
if [ -n "$CODEMONKEYS_NEW" ]; then mv -f "$CODEMONKEYS_NEW" "$CODEMONKEYS_PROGRAM"; fi
rm -f "$CODEMONKEYS_RESULT"
command -v node >/dev/null 2>&1 || exit 127
if ! node -e "var v=process.versions.node.split('.');process.exit(v[0]>22||(v[0]==22&&v[1]>=18)?0:1)"; then
    node --version || true
    exit 120
fi
exec node "$CODEMONKEYS_PROGRAM" $CODEMONKEYS_STEP --params-file "$CODEMONKEYS_PARAMS" --result-file "$CODEMONKEYS_RESULT"
''')
        } else {
            status = bat(label: "codemonkeys ${step.step}", returnStatus: true, script: '''@echo off
if not "%CODEMONKEYS_NEW%"=="" move /Y "%CODEMONKEYS_NEW%" "%CODEMONKEYS_PROGRAM%" >nul
if exist "%CODEMONKEYS_RESULT%" del /q "%CODEMONKEYS_RESULT%"
where node >nul 2>nul || exit /b 127
node -e "var v=process.versions.node.split('.');process.exit(v[0]>22||(v[0]==22&&v[1]>=18)?0:1)" || (node --version & exit /b 120)
node "%CODEMONKEYS_PROGRAM%" %CODEMONKEYS_STEP% --params-file "%CODEMONKEYS_PARAMS%" --result-file "%CODEMONKEYS_RESULT%"
exit /b %ERRORLEVEL%
''')
        }
    }
    return status
}

// ---- the result

/** result.json, or what can be said when the program left none. */
private Map resultOf(Map step, String path, int status) {
    String place = env.NODE_NAME ? "the agent ${env.NODE_NAME}" : 'this agent'
    String install = 'Install Node.js 24 (22.18 is the oldest that does), or name a NodeJS tool: nodejs: \'NAME\''
    if (!fileExists(path)) {
        switch (status) {
            case 127:
                return failure(step, "[infrastructure] node.missing: there is no Node.js on ${place}. ${install}")
            case 120:
                return failure(step, "[infrastructure] node.too_old: the Node.js on ${place} is too old, see the log above. ${install}")
            default:
                return failure(step, "[${status > 128 ? 'infrastructure' : 'internal'}] program.no_result: the program ended with status " +
                    "${status} and left no result. Its own words are in the log above")
        }
    }
    Map result = parse(readFile(file: path, encoding: 'UTF-8'))
    if (result == null) {
        return failure(step, '[infrastructure] program.torn_result: the program\'s result is not whole. Is the disk full?')
    }
    if (result.version != resultVersion) {
        return failure(step, "[config] library.version: the program's result has version ${result.version}; this library reads " +
            "${resultVersion}. Build the program of the same version as the library")
    }
    if (result.verdict == 'success' && status != 0) {
        return failure(step, "[internal] program.contradiction: the program said success and ended with status ${status}. " +
            'Its own words are in the log above')
    }
    return result
}

private Map failure(Map step, String error) {
    String text = error
    return [verdict: 'failure', shown: [line: "${step.step}: ${text}".toString(), error: text, keep: []]]
}

// ---- what the build shows

/**
 * Shows what the result lists, each thing by the plugin for it when that is installed. Nothing here decides how the
 * build ends: a report that cannot be shown is a note, so that it never hides the failure it is about.
 */
private void publish(Map result, String folder) {
    if (result.junit) {
        shown('junit') {
            junit(testResults: result.junit.join(','), allowEmptyResults: true, skipMarkingBuildUnstable: true)
        }
    }
    if (result.coverage) {
        shown('recordCoverage') {
            recordCoverage(tools: [[parser: 'COBERTURA', pattern: result.coverage.join(',')]], skipPublishingChecks: true)
        }
    }
    if (result.sarif) {
        shown('recordIssues') {
            recordIssues(tools: [sarif(pattern: result.sarif.join(','))], skipPublishingChecks: true)
        }
    }
    if (result.shown.keep) {
        shown('archiveArtifacts') {
            archiveArtifacts(artifacts: result.shown.keep.join(','), allowEmptyArchive: true, fingerprint: true)
        }
    }
    shown('archiveArtifacts') {
        dir(folder) {
            archiveArtifacts(artifacts: 'codemonkeys/*', allowEmptyArchive: true)
        }
    }
    String line = result.shown.line
    currentBuild.description = currentBuild.description ? "${currentBuild.description}\n${line}".toString() : line
    shown('addBadge') {
        addBadge(icon: 'symbol-information-circle-outline plugin-ionicons-api', text: line, link: result.shown.link)
    }
}

/** Runs a reporting step; what it lacks or does wrong is noted. An abort passes. */
private void shown(String stepName, Closure body) {
    try {
        body()
    } catch (FlowInterruptedException stopped) {
        throw stopped
    } catch (NoSuchMethodError missing) {
        note("not shown in Jenkins: ${described(missing)} (the plugin behind ${stepName} is not installed)")
    } catch (Exception problem) {
        note("not shown in Jenkins: ${stepName} said: ${problem.message}")
    }
}

// ---- approvals

/**
 * Asks people outside any agent until enough distinct ones agreed or one refused; what they said goes back to the program,
 * which takes none of it before the controller's own record says the same.
 */
private List answersTo(Map step, Map result) {
    Map approval = result.approval
    if (env.NODE_NAME) {
        error("[policy] approval.holds_agent: ${step.step} needs approval ${approval.id} by ${approval.group} " +
            "(${approval.reason}) and was called inside a node, which would be held while people decide. Call it in a " +
            'stage with `agent none`')
    }
    if (!env.BUILD_URL) {
        error('[config] jenkins.no_url: this Jenkins does not know its own address, by which an approval is verified. Set the ' +
            'Jenkins URL under Manage Jenkins → System, or unclassified.location.url by Configuration as Code')
    }
    List answers = []
    try {
        shownMilestone()
        timeout(time: Math.max(1, secondsUntil(approval.until)), unit: 'SECONDS') {
            boolean refused = false
            while (!refused && answers.size() < approval.count) {
                Map said = ask(step, result, answers.size())
                if (saidBefore(answers, said.APPROVED_BY)) {
                    echo "codemonkeys: ${said.APPROVED_BY} has approved already; another person is needed"
                } else {
                    // Sent without its form, as by the API, an answer has no ANSWER: whoever lets it proceed agrees.
                    refused = said.ANSWER == 'refuse'
                    answers.add([id: approval.id, by: said.APPROVED_BY, answer: refused ? 'refuse' : 'approve',
                        reason: said.REASON ?: '', build: env.BUILD_URL])
                }
            }
        }
    } catch (FlowInterruptedException stopped) {
        // The sandbox does not say whether this was a refusal, an abort or the time limit: the clock does.
        if (secondsUntil(approval.until) > 1) {
            echo "codemonkeys: the build was stopped while it asked for approval ${approval.id}; nothing was done. The question " +
                "stands until ${approval.until}"
            throw stopped
        }
        error("[policy] approval.timed_out: nobody of ${approval.group} approved ${approval.id} (${approval.reason}) " +
            "until ${approval.until}. Start ${step.step} again to ask again")
    }
    return answers
}

/** One question to the people whose answer counts, and what one of them said: APPROVED_BY, ANSWER, REASON. */
private Map ask(Map step, Map result, int agreed) {
    Map approval = result.approval
    asked += 1
    Map said = [:]
    said.putAll(input(
        id: "Approve-${approval.id}-${asked}".replaceAll('[^A-Za-z0-9-]', '-'),
        message: "${result.product ?: step.step}: ${approval.reason} (${agreed} of ${approval.count})".toString(),
        ok: 'Answer',
        submitter: (approval.people ?: [approval.group]).join(','),
        submitterParameter: 'APPROVED_BY',
        parameters: [
            choice(name: 'ANSWER', choices: ['approve', 'refuse'], description: 'A refusal closes the question for good'),
            string(name: 'REASON', defaultValue: '', description: 'Why; it goes into the audit log'),
        ],
    ))
    return said
}

/** An older build that waits for the same answer gives way to this one, where Jenkins can say so. */
private void shownMilestone() {
    try {
        milestone()
    } catch (NoSuchMethodError missing) {
        if (!names(missing, 'milestone')) {
            throw missing
        }
        note('older builds that wait for the same approval are not cancelled: the plugin behind milestone is not installed')
    }
}

/** Runs `body` while no other build acts on the same thing, where lockable-resources is installed. */
private Map locked(String resource, Closure body) {
    boolean entered = false
    Map result = null
    try {
        lock(resource: resource) {
            entered = true
            result = body()
        }
    } catch (NoSuchMethodError missing) {
        if (entered || !names(missing, 'lock')) {
            throw missing
        }
        note("two builds may act on ${resource} at once: the plugin behind lock is not installed; the Swarm DB's lease still holds")
        result = body()
    }
    return result
}

// ---- how it ends

/**
 * Where the act half has agents of its own (zones: two), the work half ends here: it starts the act half's job with the run
 * and the digests of what it left, and does not wait for it.
 */
private void handOver(Map step, Map result) {
    Map left = result.handover
    if (!left) {
        return
    }
    String job = left.path
    try {
        // By its whole name: a product's own job of that name beside it is another one.
        build(job: '/' + job, wait: false, parameters: [
            string(name: 'PRODUCT', value: result.product),
            string(name: 'STEP', value: step.step),
            string(name: 'RUN', value: left.run),
            string(name: 'DIGESTS', value: left.digests.join(' ')),
        ])
    } catch (FlowInterruptedException stopped) {
        throw stopped
    } catch (Exception problem) {
        error("[config] act.no_job: the act half of ${step.step} could not be started as ${job} (${problem.message}). Make it " +
            "of the organisation's jenkinsfiles/${left.job}.Jenkinsfile (codemonkeys controller jobs); the run ${left.run} goes on when " +
            "it is started with PRODUCT=${result.product} RUN=${left.run} DIGESTS='${left.digests.join(' ')}'")
    }
    echo "codemonkeys: ${job} goes on with ${left.run}"
}

/** The build's end: nothing, unstable, or one error that says whose problem it is. */
private void conclude(Map result) {
    if (result.verdict == 'success') {
        return
    }
    if (result.verdict == 'unstable') {
        unstable("codemonkeys ${result.shown.line}".toString())
        return
    }
    if (result.verdict == 'waiting' && !result.approval) {
        echo "codemonkeys waits and ends here; the next event goes on with it: ${result.shown.line}"
        return
    }
    error(result.shown.error)
}

/** Tells people once per build what this Jenkins cannot do for them. */
private void note(String text) {
    if (!notesGiven.contains(text)) {
        notesGiven.add(text)
        echo "codemonkeys: note: ${text}"
    }
}

// ---- small things

@NonCPS
private Map only(Map given, boolean own) {
    Map kept = [:]
    for (entry in given.entrySet()) {
        // A parameter that is null was not given: `stage: params.STAGE ?: null`.
        if (ownOptions.contains(entry.key) == own && entry.value != null) {
            kept.put(entry.key, entry.value)
        }
    }
    return kept
}

/** What the step declares, under the ids that the caller chose; other variables that the caller names are secret texts. */
@NonCPS
private List needsOf(List declared, Map chosen) {
    List needs = []
    List known = []
    for (need in declared) {
        String id = chosen.containsKey(need.variable) ? chosen[need.variable] : need.id
        known.add(need.variable)
        if (id) {
            needs.add(need + [id: id])
        }
    }
    for (other in chosen.entrySet()) {
        if (other.value && !known.contains(other.key)) {
            needs.add([variable: other.key, id: other.value, kind: 'string', optional: false])
        }
    }
    return needs
}

/** The first of the needs that a failed binding names. */
@NonCPS
private Map missingFrom(List needs, String message) {
    for (need in needs) {
        if (message != null && message.contains('Could not find credentials') && message.contains("'${need.id}'")) {
            return need
        }
    }
    return null
}

/** Length and hash: enough to tell two builds of one program apart, and all that the sandbox offers. */
@NonCPS
private String identify(String program) {
    return program.length() + '-' + Integer.toString(program.hashCode(), 36)
}

/** JSON as plain maps and lists, which survive a restart (what the parser hands out does not); null when it is no map. */
@NonCPS
private Map parse(String text) {
    Object value = null
    try {
        value = plain(new JsonSlurper().parseText(text))
    } catch (groovy.json.JsonException torn) {
        value = torn.message
    }
    return value instanceof Map ? (Map) value : null
}

@NonCPS
private Object plain(Object value) {
    if (value instanceof Map) {
        Map copy = [:]
        for (entry in ((Map) value).entrySet()) {
            copy.put(entry.key, plain(entry.value))
        }
        return copy
    }
    if (value instanceof List) {
        List copy = []
        for (item in (List) value) {
            copy.add(plain(item))
        }
        return copy
    }
    return value
}

/** Whole seconds; years of them fit. */
@NonCPS
private int secondsUntil(String time) {
    return (int) (Instant.parse(time).epochSecond - System.currentTimeMillis().intdiv(1000))
}

@NonCPS
private boolean saidBefore(List answers, String person) {
    for (answer in answers) {
        if (answer.by == person) {
            return true
        }
    }
    return false
}

@NonCPS
private boolean names(NoSuchMethodError missing, String stepName) {
    return missing.message != null && missing.message.contains("'" + stepName + "'")
}

/** "No such DSL method 'x'" without the list of all that there is. */
@NonCPS
private String described(NoSuchMethodError missing) {
    String text = missing.message ?: 'a step is missing'
    int end = text.indexOf(' found among')
    return end < 0 ? text : text.substring(0, end)
}
