package harness;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where a step runs: which agent, which folder, which variables. Immutable; blocks make new ones. */
final class Context implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The agent's name; null outside any node. */
    final String node;
    final String workspace;
    final String folder;
    final LinkedHashMap<String, String> variables;
    /** The deadline of the nearest enclosing timeout in milliseconds since the epoch; 0 without one. */
    final long deadline;

    static final Context OUTSIDE = new Context(null, null, null, new LinkedHashMap<>(), 0);

    private Context(String node, String workspace, String folder, LinkedHashMap<String, String> variables, long deadline) {
        this.node = node;
        this.workspace = workspace;
        this.folder = folder;
        this.variables = variables;
        this.deadline = deadline;
    }

    Context on(String agent, String itsWorkspace) {
        return with(Map.of("NODE_NAME", agent, "WORKSPACE", itsWorkspace)).at(agent, itsWorkspace);
    }

    private Context at(String agent, String itsWorkspace) {
        return new Context(agent, itsWorkspace, itsWorkspace, variables, deadline);
    }

    Context in(String otherFolder) {
        return new Context(node, workspace, otherFolder, variables, deadline);
    }

    Context until(long time) {
        return new Context(node, workspace, folder, variables, deadline == 0 ? time : Math.min(deadline, time));
    }

    /** `PATH+ANY=…` is put in front of PATH, as Jenkins does it. */
    Context with(Map<String, String> more) {
        LinkedHashMap<String, String> all = new LinkedHashMap<>(variables);
        more.forEach((name, value) -> {
            if (name.startsWith("PATH+")) {
                all.merge("PATH", value, (old, added) -> added + java.io.File.pathSeparator + old);
            } else {
                all.put(name, value);
            }
        });
        return new Context(node, workspace, folder, all, deadline);
    }
}
