package harness;

import com.cloudbees.groovy.cps.Block;
import com.cloudbees.groovy.cps.Env;
import com.cloudbees.groovy.cps.impl.CpsClosure;
import java.util.List;

/**
 * A closure of a transformed script. Java code that calls one (list.sort { … }) gets nonsense from the engine instead of
 * an answer; here that is an error.
 */
public final class BodyClosure extends CpsClosure {
    private static final long serialVersionUID = 1L;

    public BodyClosure(Object owner, Object thisObject, List<String> parameters, Block body, Env capture) {
        super(owner, thisObject, parameters, body, capture);
    }

    @Override
    public Object call() {
        Mismatch.refuseForeignCaller();
        return super.call();
    }

    @Override
    public Object call(Object... arguments) {
        Mismatch.refuseForeignCaller();
        return super.call(arguments);
    }

    @Override
    public Object call(Object argument) {
        Mismatch.refuseForeignCaller();
        return super.call(argument);
    }

    @Override
    public Object doCall(Object... arguments) {
        Mismatch.refuseForeignCaller();
        return super.doCall(arguments);
    }
}
