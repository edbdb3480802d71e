package harness;

import java.util.Optional;

/** Calls from code that is not transformed into code that is: Jenkins answers them with nonsense, the harness refuses. */
final class Mismatch {
    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private Mismatch() {}

    /** For closures: between them and the engine there may be Groovy's own dispatch, but no collection method. */
    static void refuseForeignCaller() {
        Optional<String> foreign = firstBeforeEngine(frame -> {
            String type = frame.getClassName();
            return type.startsWith("java.util.")
                || type.startsWith("org.codehaus.groovy.runtime.DefaultGroovyMethods")
                || type.startsWith("org.codehaus.groovy.runtime.StringGroovyMethods")
                || isNonCps(frame);
        });
        if (foreign.isPresent()) throw new AssertionError("a CPS closure was called by " + foreign.get());
    }

    /** For steps: no method of a script may be on the stack, since a transformed one never is. */
    static void refuseNonCpsCaller(String step) {
        Optional<String> caller = firstBeforeEngine(Mismatch::isNonCps);
        if (caller.isPresent()) throw new AssertionError("the step " + step + " was called from @NonCPS code: " + caller.get());
    }

    private static boolean isNonCps(StackWalker.StackFrame frame) {
        return Scripts.isScriptClass(frame.getDeclaringClass())
            && !frame.getMethodName().startsWith("___cps___")
            && !frame.getMethodName().startsWith("super$")
            && !frame.getMethodName().equals("invokeMethod");
    }

    private static Optional<String> firstBeforeEngine(java.util.function.Predicate<StackWalker.StackFrame> wanted) {
        return WALKER.walk(frames -> frames
            .takeWhile(frame -> !frame.getClassName().startsWith("com.cloudbees.groovy.cps.impl.ContinuationGroup")
                && !frame.getClassName().startsWith("com.cloudbees.groovy.cps.Next"))
            .filter(wanted)
            .map(frame -> frame.getClassName() + "." + frame.getMethodName())
            .findFirst());
    }
}
