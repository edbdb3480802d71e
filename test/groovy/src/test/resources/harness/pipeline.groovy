// Declarative Pipeline as far as this project uses it, interpreted in CPS as Jenkins' own model interpreter is.
import harness.Section

/** Runs `pipeline { … }`: parameters and options first, then the stages, then post. */
void call(Closure body) {
    Section top = declared(body)
    requireKnown(top, ['agent', 'options', 'parameters', 'triggers', 'environment', 'tools', 'stages', 'post'])
    if (top.only('agent') == null) {
        error('pipeline: agent is missing')
    }
    Map described = parametersOf(top)
    for (entry in described.entrySet()) {
        if (!params.containsKey(entry.key)) {
            params.put(entry.key, entry.value)
        }
    }
    Section options = section(top, 'options')
    guarded(options) {
        onAgent(top.only('agent')) {
            withVariables(top) {
                surrounded(top) {
                    stages(top.only('stages').body, 'pipeline')
                }
            }
        }
    }
}

private void stages(Closure body, String where) {
    for (entry in declared(body).calls) {
        if (entry.name != 'stage') {
            error("${where}: ${entry.name} is no stage")
        }
        oneStage(entry.values[0].toString(), entry.body)
    }
}

private void oneStage(String name, Closure body) {
    Section model = declared(body)
    requireKnown(model, ['agent', 'options', 'environment', 'tools', 'when', 'input', 'steps', 'stages', 'parallel', 'matrix', 'post',
        'failFast'])
    List bodies = []
    for (kind in ['steps', 'stages', 'parallel', 'matrix']) {
        if (model.only(kind) != null) {
            bodies.add(kind)
        }
    }
    if (bodies.size() != 1) {
        error("stage ${name}: exactly one of steps, stages, parallel and matrix, found ${bodies}")
    }
    stage(name) {
        if (env.PIPELINE_STOPPED != null) {
            echo "Stage \"${name}\" skipped due to earlier failure(s)"
        } else {
            guarded(section(model, 'options')) {
                asked(model)
                if (model.only('when') != null && before(model) && !holds(model)) {
                    echo "Stage \"${name}\" skipped due to when conditional"
                } else {
                    onAgent(model.only('agent')) {
                        if (model.only('when') != null && !before(model) && !holds(model)) {
                            echo "Stage \"${name}\" skipped due to when conditional"
                        } else {
                            withVariables(model) {
                                surrounded(model) {
                                    inner(model, name)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

private void inner(Section model, String name) {
    if (model.only('steps') != null) {
        perform(model.only('steps').body)
    } else if (model.only('stages') != null) {
        stages(model.only('stages').body, name)
    } else if (model.only('parallel') != null) {
        Map branches = [:]
        for (entry in declared(model.only('parallel').body).calls) {
            String branch = entry.values[0].toString()
            Closure branchBody = entry.body
            branches.put(branch) { oneStage(branch, branchBody) }
        }
        parallel(branches)
    } else {
        parallel(cells(model.only('matrix').body))
    }
}

private Map cells(Closure body) {
    Section matrix = declared(body)
    List combinations = [[:]]
    for (axis in declared(matrix.only('axes').body).calls) {
        Section of = declared(axis.body)
        String axisName = of.only('name').values[0].toString()
        List grown = []
        for (value in of.only('values').values) {
            for (combination in combinations) {
                grown.add(combination + [(axisName): value.toString()])
            }
        }
        combinations = grown
    }
    Map branches = [:]
    for (combination in combinations) {
        List variables = []
        for (entry in combination.entrySet()) {
            variables.add("${entry.key}=${entry.value}".toString())
        }
        branches.put('Matrix - ' + variables.join(', ')) {
            withEnv(variables) {
                onAgent(matrix.only('agent')) {
                    stages(matrix.only('stages').body, 'matrix')
                }
            }
        }
    }
    return branches
}

/** Runs `body` and then its section's post conditions, which see how it ended; the first problem is thrown on. */
private void surrounded(Section model, Closure body) {
    Throwable problem = null
    try {
        body()
    } catch (Throwable caught) {
        problem = caught
        currentBuild.result = caught instanceof org.jenkinsci.plugins.workflow.steps.FlowInterruptedException ? caught.result : 'FAILURE'
    }
    if (model.only('post') != null) {
        Section post = declared(model.only('post').body)
        requireKnown(post, ['always', 'aborted', 'failure', 'success', 'unstable', 'unsuccessful', 'cleanup'])
        String ended = currentBuild.currentResult
        Map applies = [always: true, failure: ended == 'FAILURE', success: ended == 'SUCCESS', unstable: ended == 'UNSTABLE',
            aborted: ended == 'ABORTED', unsuccessful: ended != 'SUCCESS', cleanup: true]
        for (condition in ['always', 'aborted', 'failure', 'success', 'unstable', 'unsuccessful', 'cleanup']) {
            if (post.only(condition) != null && applies[condition]) {
                try {
                    perform(post.only(condition).body)
                } catch (Throwable caught) {
                    echo "Error when executing ${condition} post condition: ${caught.message}"
                    currentBuild.result = 'FAILURE'
                    problem = problem ?: caught
                }
            }
        }
    }
    if (problem != null) {
        throw problem
    }
}

private boolean before(Section model) {
    for (entry in declared(model.only('when').body).calls) {
        if (entry.name == 'beforeAgent' && entry.values[0]) {
            return true
        }
    }
    return false
}

private boolean holds(Section model) {
    return all(declared(model.only('when').body).calls)
}

private boolean all(List conditions) {
    for (condition in conditions) {
        if (!one(condition)) {
            return false
        }
    }
    return true
}

private boolean one(Map condition) {
    switch (condition.name) {
        case 'beforeAgent':
        case 'beforeInput':
            return true
        case 'branch':
            return Section.glob(condition.values[0], env.BRANCH_NAME)
        case 'tag':
            return Section.glob(condition.values[0], env.TAG_NAME)
        case 'buildingTag':
            return env.TAG_NAME != null
        case 'changeRequest':
            return env.CHANGE_ID != null
        case 'environment':
            return env[condition.named.name] == condition.named.value
        case 'equals':
            return condition.named.expected == condition.named.actual
        case 'expression':
            Closure question = condition.body
            question.delegate = this
            question.resolveStrategy = Closure.DELEGATE_FIRST
            return question() as boolean
        case 'not':
            return !all(declared(condition.body).calls)
        case 'allOf':
            return all(declared(condition.body).calls)
        case 'anyOf':
            for (inner in declared(condition.body).calls) {
                if (one(inner)) {
                    return true
                }
            }
            return false
        default:
            error("when: ${condition.name} is not known here")
    }
}

private void asked(Section model) {
    if (model.only('input') == null) {
        return
    }
    Section question = declared(model.only('input').body)
    Map arguments = [:]
    for (entry in question.calls) {
        if (entry.name == 'parameters') {
            arguments.put('parameters', [])
        } else {
            arguments.put(entry.name, entry.values[0])
        }
    }
    input(arguments)
}

private void onAgent(Map agent, Closure body) {
    if (agent == null || agent.values == ['none']) {
        body()
        return
    }
    String label = ''
    if (agent.body != null) {
        for (entry in declared(agent.body).calls) {
            if (entry.name == 'label') {
                label = entry.values[0]
            }
        }
    } else if (agent.named.label != null) {
        label = agent.named.label
    }
    node(label) {
        checkout(scm)
        body()
    }
}

/** `timeout(…)` and `retry(…)` hold the block; the other options are looked at and kept. */
private void guarded(Section options, Closure body) {
    Map limit = options == null ? null : options.only('timeout')
    if (limit != null) {
        timeout(limit.named) {
            body()
        }
    } else {
        body()
    }
}

private void withVariables(Section model, Closure body) {
    if (model.only('environment') == null) {
        body()
        return
    }
    List variables = []
    for (entry in declared(model.only('environment').body).assignments.entrySet()) {
        variables.add("${entry.key}=${entry.value}".toString())
    }
    withEnv(variables) {
        body()
    }
}

private Map parametersOf(Section top) {
    Map found = [:]
    if (top.only('parameters') != null) {
        for (entry in declared(top.only('parameters').body).calls) {
            if (!entry.named.description) {
                error("parameter ${entry.named.name} has no description")
            }
            found.put(entry.named.name, entry.named.choices != null ? entry.named.choices[0] : entry.named.defaultValue)
        }
    }
    return found
}

private Section section(Section model, String name) {
    return model.only(name) == null ? null : declared(model.only(name).body)
}

private Section declared(Closure body) {
    Section taken = new Section()
    body.delegate = taken
    body.resolveStrategy = Closure.DELEGATE_FIRST
    body()
    return taken
}

private void perform(Closure body) {
    body.delegate = this
    body.resolveStrategy = Closure.DELEGATE_FIRST
    body()
}

private void requireKnown(Section model, List<String> known) {
    for (entry in model.calls) {
        if (!known.contains(entry.name)) {
            error("declarative: unknown section ${entry.name}")
        }
    }
}
