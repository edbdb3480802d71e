// What CodeNarc looks at in vars/ and jenkinsfiles/. Left out: rules that a Jenkins script cannot keep (a script has no
// package and ends in `_`), and rules of taste that would make sandboxed code longer without making it safer.
ruleset {
    ruleset('rulesets/basic.xml')
    ruleset('rulesets/braces.xml')
    ruleset('rulesets/concurrency.xml')
    ruleset('rulesets/convention.xml') {
        // Explicit types cost nothing in the engine and say more than `def`; these ask for the opposite or for static typing.
        exclude 'CompileStatic'
        exclude 'ImplicitClosureParameter'
        exclude 'NoDef'
        exclude 'VariableTypeRequired'
        exclude 'MethodReturnTypeRequired'
        exclude 'TrailingComma'
    }
    ruleset('rulesets/dry.xml') {
        exclude 'DuplicateStringLiteral'
        exclude 'DuplicateMapLiteral'
        exclude 'DuplicateListLiteral'
        exclude 'DuplicateNumberLiteral'
    }
    ruleset('rulesets/exceptions.xml') {
        // A step's problem is any Exception: the sandbox knows no finer types.
        exclude 'CatchException'
        CatchThrowable {
            // The interpreter of declarative pipelines hands every problem on.
            doNotApplyToFileNames = 'pipeline.groovy'
        }
    }
    ruleset('rulesets/formatting.xml') {
        exclude 'ClassJavadoc'
        exclude 'SpaceAroundMapEntryColon'
        LineLength {
            length = 140
        }
    }
    ruleset('rulesets/groovyism.xml')
    ruleset('rulesets/imports.xml') {
        exclude 'MisorderedStaticImports'
    }
    ruleset('rulesets/naming.xml') {
        exclude 'FactoryMethodName'
        VariableName {
            ignoreVariableNames = '_'
        }
    }
    ruleset('rulesets/security.xml') {
        exclude 'JavaIoPackageAccess'
    }
    ruleset('rulesets/serialization.xml')
    ruleset('rulesets/unnecessary.xml') {
        // toString() makes a GString a String, which is what survives a restart; return says what a step answers.
        exclude 'UnnecessaryGString'
        exclude 'UnnecessaryToString'
        // getAt with a range is one more thing that the sandbox would have to know.
        exclude 'UnnecessarySubstring'
        exclude 'UnnecessaryReturnKeyword'
        exclude 'UnnecessaryGetter'
        exclude 'UnnecessaryObjectReferences'
    }
    ruleset('rulesets/unused.xml') {
        // What @Library stands on.
        UnusedVariable {
            ignoreVariableNames = '_'
        }
    }
}
