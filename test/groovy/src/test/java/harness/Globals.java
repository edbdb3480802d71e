package harness;

import java.io.Serializable;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** What every script of a build can name: `env`, `currentBuild`, `params`, `scm`, and the library's vars. */
final class Globals implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, StepScript> instances = new HashMap<>();

    Globals(Map<String, ?> parameters) {
        values.put("env", new BuildEnvironment());
        values.put("currentBuild", new CurrentBuild());
        values.put("params", new LinkedHashMap<>(parameters));
        values.put("scm", new Symbol(new StepCall("scmGit", new Object[0])));
    }

    boolean has(String name) {
        return values.containsKey(name) || Jenkins.current().scripts().has(name);
    }

    Object get(String name) {
        return values.containsKey(name) ? values.get(name) : var(name);
    }

    /** The one instance of a var in this build; its fields live as long as the build does. */
    StepScript var(String name) {
        if (!Jenkins.current().scripts().has(name) || name.equals(Build.MAIN)) return null;
        return instances.computeIfAbsent(name, key -> Jenkins.current().instantiate(key, this));
    }
}
