// A product's whole pipeline in one line. Written by hand; it interprets the plan that the committed Jenkinsfile renders.
import com.cloudbees.groovy.cps.NonCPS
import groovy.transform.Field
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException

/** The version of the plan that is read here; src/pipeline/plan.ts has the same. */
@Field final int planVersion = 1

/** As in src/pipeline/jenkinsfile.ts: by how much Jenkins' own limits outlast the program's. */
@Field final int graceMinutes = 5

/** As in src/pipeline/seed-priority.ts: how the plugin Priority Sorter counts, where it is installed. */
@Field final Map<String, Integer> sortedAs = [critical: 1, high: 2, medium: 3, low: 4]

/**
 * Runs every stage of the product's plan: product code on one agent that is held until it is done or healed, then docs,
 * release and announce, which take an agent only while they work.
 *
 * @param options what monkeysPipeline.txt lists
 * @return the plan, as plain maps and lists
 */
Map call(Map options = [:]) {
    Map plan = monkeysRunner([step: 'plan', needs: 'product', retryOnAgentLoss: true, credentials: []], options).data
    if (plan.version != planVersion) {
        error("[config] plan.version: the program's plan has version ${plan.version}; this library reads ${planVersion}")
    }
    Map passed = passedOn(options, plan)
    describeJob(plan)
    timeout(time: plan.options.timeout_minutes, unit: 'MINUTES') {
        List work = stagesOf(plan, true)
        if (!work.isEmpty()) {
            stage('build and test') {
                workStage(plan, work, passed)
            }
        }
        for (one in stagesOf(plan, false)) {
            actStage(one, passed)
        }
    }
    return plan
}

/** All product code on one agent; a failure is healed there, where the kept logs lie, and stays the build's failure. */
private void workStage(Map plan, List work, Map passed) {
    node(plan.agent ?: '') {
        checkout(scm)
        timeout(time: minutesOf(work) + graceMinutes, unit: 'MINUTES') {
            try {
                for (one in work) {
                    if (one.kind == 'parallel') {
                        group(one, passed)
                    } else {
                        command(one, passed)
                    }
                }
            } catch (FlowInterruptedException stopped) {
                throw stopped
            } catch (Exception problem) {
                healAfter(plan, passed)
                throw problem
            }
        }
    }
}

private void healAfter(Map plan, Map passed) {
    currentBuild.result = 'FAILURE'
    if (!plan.post.failure.contains('heal')) {
        return
    }
    try {
        monkeysHeal(passed)
    } catch (FlowInterruptedException stopped) {
        throw stopped
    } catch (Exception problem) {
        echo "codemonkeys: heal did not succeed: ${problem.message}"
    }
}

private void group(Map one, Map passed) {
    stage(one.name) {
        if (holds(one)) {
            Map branches = [:]
            for (branch in one.branches) {
                branches.put(branch.name, branchBody(branch, passed))
            }
            parallel(branches)
        }
    }
}

/** A closure that keeps its own branch: the loop's variable is shared. */
private Closure branchBody(Map branch, Map passed) {
    return { command(branch, passed) }
}

private void command(Map one, Map passed) {
    stage(one.name) {
        if (holds(one)) {
            timeout(time: one.timeout_minutes + graceMinutes, unit: 'MINUTES') {
                monkeysStage(only(passed, ['label', 'checkout']) + [stage: one.name])
            }
        }
    }
}

/** Only steps that this library knows by name: a plan comes from a product and calls nothing else. */
private void actStage(Map one, Map passed) {
    stage(one.name) {
        if (!holds(one)) {
            return
        }
        switch (one.step) {
            case 'docs':
                monkeysDocs(passed)
                break
            case 'scan':
                monkeysScan(passed)
                break
            case 'release':
                monkeysShip(passed)
                break
            case 'announce':
                monkeysAnnounce(passed)
                break
            default:
                error("[config] plan.unknown_step: this library does not know the step ${one.step}")
        }
    }
}

/** The stage's conditions, as the declarative rendering has them; `changed` is the program's to look at. */
private boolean holds(Map one) {
    Map conditions = one.when
    if (conditions == null) {
        return true
    }
    boolean met = matches(conditions.branch, env.BRANCH_NAME) && matches(conditions.tag, env.TAG_NAME)
    for (entry in (conditions.environment ?: [:]).entrySet()) {
        met = met && env."${entry.key}" == entry.value
    }
    if (!met) {
        echo "Stage \"${one.name}\" skipped due to when conditional"
    }
    return met
}

/** The job's properties; with its place in the queue, where the plugin for that is there. */
private void describeJob(Map plan) {
    List wanted = jobProperties(plan)
    if (plan.priority != 'medium') {
        wanted.add([$class: 'PriorityJobProperty', useJobPriority: true, priority: sortedAs[plan.priority]])
    }
    try {
        properties(wanted)
    } catch (FlowInterruptedException stopped) {
        throw stopped
    } catch (Exception missing) {
        if (!missing.message?.contains('PriorityJobProperty')) {
            throw missing
        }
        echo 'codemonkeys: note: the queue does not know that this product\'s priority is ' + plan.priority +
            ': the plugin Priority Sorter is not installed'
        properties(jobProperties(plan))
    }
}

private List jobProperties(Map plan) {
    // Not the quiet period: it is no property of a job, and only a declarative Jenkinsfile's options can set it.
    List wanted = [buildDiscarder(logRotator(numToKeepStr: plan.options.keep_builds.toString()))]
    if (plan.options.disable_concurrent_builds) {
        wanted.add(disableConcurrentBuilds())
    }
    if (plan.triggers.cron) {
        wanted.add(pipelineTriggers([cron(plan.triggers.cron)]))
    }
    return wanted
}

@NonCPS
private List stagesOf(Map plan, boolean work) {
    List found = []
    for (one in plan.stages) {
        if ((one.kind != 'step') == work) {
            found.add(one)
        }
    }
    return found
}

@NonCPS
private int minutesOf(List work) {
    int sum = 0
    for (one in work) {
        int longest = 0
        for (branch in (one.branches ?: [one])) {
            longest = Math.max(longest, (int) branch.timeout_minutes)
        }
        sum += longest
    }
    return sum
}

/** What the caller gave goes on to every step; what the plan says comes before it. */
@NonCPS
private Map passedOn(Map options, Map plan) {
    Map passed = [:]
    passed.putAll(options)
    if (plan.node_tool) {
        passed.put('nodejs', plan.node_tool)
    }
    if (plan.agent) {
        passed.put('label', plan.agent)
    }
    return passed
}

@NonCPS
private Map only(Map given, List<String> without) {
    Map kept = [:]
    for (entry in given.entrySet()) {
        if (!without.contains(entry.key)) {
            kept.put(entry.key, entry.value)
        }
    }
    return kept
}

/** Ant's globs, as declarative's `branch` and `tag` read them; no pattern at all matches everything. */
@NonCPS
private boolean matches(List patterns, String name) {
    if (patterns == null) {
        return true
    }
    for (pattern in patterns) {
        String expression = ''
        for (int i = 0; i < pattern.length(); i++) {
            String letter = pattern.substring(i, i + 1)
            if (pattern.startsWith('**', i)) {
                expression += '.*'
                i += pattern.startsWith('**/', i) ? 2 : 1
            } else if (letter == '*') {
                expression += '[^/]*'
            } else if (letter == '?') {
                expression += '[^/]'
            } else {
                expression += '\\Q' + letter + '\\E'
            }
        }
        if (name?.matches(expression)) {
            return true
        }
    }
    return false
}
