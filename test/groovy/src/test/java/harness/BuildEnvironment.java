package harness;

import groovy.lang.GroovyObjectSupport;
import java.io.Serializable;

/** `env`: the variables of where the program stands now. */
public final class BuildEnvironment extends GroovyObjectSupport implements Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public Object getProperty(String name) {
        return Jenkins.current().variable(name);
    }

    @Override
    public void setProperty(String name, Object value) {
        Jenkins.current().setBuildVariable(name, String.valueOf(value));
    }
}
