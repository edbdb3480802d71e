package harness;

import com.cloudbees.groovy.cps.Continuable;
import com.cloudbees.groovy.cps.SerializableScript;
import org.codehaus.groovy.runtime.InvokerHelper;

/** Base class of every script: unknown methods are other vars, then symbols, then steps, as in Jenkins' CpsScript. */
public abstract class StepScript extends SerializableScript {
    private static final long serialVersionUID = 1L;

    Globals globals;

    @Override
    public final Object invokeMethod(String name, Object arguments) {
        Object[] given = arguments instanceof Object[] array ? array : new Object[] {arguments};
        Object other = globals.var(name);
        if (other != null) return InvokerHelper.getMetaClass(other).invokeMethod(other, "call", given);
        StepCall call = new StepCall(name, given);
        Jenkins jenkins = Jenkins.current();
        if (jenkins.hasSymbol(name, call)) return new Symbol(call);
        if (!jenkins.hasStep(name)) {
            throw new NoSuchMethodError("No such DSL method '" + name + "' found among steps " + jenkins.stepNames()
                + " or symbols [all, any] or globals [currentBuild, env, params, scm]");
        }
        Mismatch.refuseNonCpsCaller(name);
        return Continuable.suspend(call);
    }

    @Override
    public final Object getProperty(String name) {
        if (globals != null && globals.has(name)) return globals.get(name);
        return super.getProperty(name);
    }
}
